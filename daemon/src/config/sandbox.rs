//! `limits`: what one call of a plugin may use. `[quarantine]`: when a plugin is left alone.

use std::time::Duration;

use crate::domain::BreakerPolicy;
use crate::plugin::Limits;
use crate::runtime::document::{Table, count, duration, size};

pub(super) fn limits(table: &mut Table<'_>) -> Limits {
    let (default, most) = (Limits::default(), Limits::MOST);
    let bytes = |limit: usize| u64::try_from(limit).unwrap_or(u64::MAX);
    table.table("limits", |limits| Limits {
        memory: limits.or("memory", size(1 << 20..=bytes(most.memory)), default.memory),
        memories: limits.or("memories", count(1..=most.memories), default.memories),
        tables: limits.or("tables", count(1..=most.tables), default.tables),
        table_elements: limits.or("table_elements", count(1..=most.table_elements), default.table_elements),
        instances: limits.or("instances", count(1..=most.instances), default.instances),
        host_bytes: limits.or("host_bytes", size(64 << 10..=bytes(most.host_bytes)), default.host_bytes),
        handles: limits.or("handles", count(16..=most.handles), default.handles),
    })
}

pub(super) fn quarantine(root: &mut Table<'_>) -> BreakerPolicy {
    const HOUR: Duration = Duration::from_secs(3_600);
    let pauses = || duration(Duration::from_millis(1)..=HOUR);
    root.table("quarantine", |quarantine| {
        let policy = BreakerPolicy {
            failures: quarantine.or("failures", count(1..=1_000_000), 5),
            pause: quarantine.or("pause", pauses(), Duration::from_secs(10)),
            max_pause: quarantine.or("max_pause", pauses(), Duration::from_secs(300)),
        };
        if policy.pause > policy.max_pause {
            quarantine.complain("pause", "is longer than max_pause; at most that is allowed");
        }
        policy
    })
}
