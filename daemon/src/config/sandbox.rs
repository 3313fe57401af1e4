//! `limits`: what one call of a plugin may use.

use crate::plugin::Limits;
use crate::runtime::document::{Table, size};

pub(super) fn limits(table: &mut Table<'_>) -> Limits {
    let default = Limits::default();
    table.table("limits", |limits| Limits {
        memory: limits.or("memory", size(1 << 20..=4 << 30), default.memory),
        host_bytes: limits.or("host_bytes", size(64 << 10..=1 << 30), default.host_bytes),
    })
}
