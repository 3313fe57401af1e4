//! `[[hooks]]`: who reviews requests, in this order.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Context, plugins, sandbox};
use crate::domain::{Decision, HookMode, HookName};
use crate::plugin::HookOptions;
use crate::runtime::document::{Table, choice, count, duration, parsed};

const NO_NETWORK: &str = "a hook has no network and starts no process: its world imports neither";

pub(super) fn read(root: &mut Table<'_>, context: &mut Context) -> Vec<HookOptions> {
    let mut names = BTreeSet::new();
    root.array("hooks", |table| hook(table, context, &mut names))
}

pub(super) fn hook(
    table: &mut Table<'_>,
    context: &mut Context,
    names: &mut BTreeSet<HookName>,
) -> Option<HookOptions> {
    let name = table.required("name", parsed::<HookName>());
    if let Some(name) = name.as_ref().filter(|name| !names.insert((*name).clone())) {
        table.complain("name", format!("there is another hook named {:?}", name.as_str()));
    }
    table.refuse("upstreams", NO_NETWORK);
    table.refuse("grants", NO_NETWORK);
    let plugin = plugins::file(table, context);
    let modes = [HookMode::Enforce, HookMode::Audit, HookMode::Off].map(|mode| (mode.as_str(), mode));
    let mode = table.or("mode", choice(&modes), HookMode::Enforce);
    let decisions = [("deny", Decision::Deny), ("allow", Decision::Allow)];
    let on_error = table.or("on_error", choice(&decisions), Decision::Deny);
    let timeout = Duration::from_millis(1)..=Duration::from_secs(60);
    let timeout = table.or("timeout", duration(timeout), Duration::from_secs(1));
    let max_concurrent = table.or("max_concurrent", count(1..=10_000), 16);
    let settings = plugins::settings(table);
    let limits = sandbox::limits(table);
    Some(HookOptions {
        name: name?,
        plugin: plugin?,
        mode,
        on_error,
        timeout,
        max_concurrent,
        settings,
        limits,
    })
}
