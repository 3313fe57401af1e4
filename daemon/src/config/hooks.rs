//! `[[hooks]]`: who reviews requests, in this order.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Context, plugins, sandbox};
use crate::domain::{Decision, HookMode, HookName, Scope, TemplateName};
use crate::plugin::HookOptions;
use crate::runtime::document::{Table, Value, boolean, choice, count, duration, parsed, text};

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
    let text = table.text();
    let plugin = plugins::file(table, context);
    let modes = [HookMode::Enforce, HookMode::Audit, HookMode::Off].map(|mode| (mode.as_str(), mode));
    let mode = table.or("mode", choice(&modes), HookMode::Enforce);
    let enabled = table.or("enabled", boolean(), true);
    let mode = if enabled { mode } else { HookMode::Off };
    let decisions = [("deny", Decision::Deny), ("allow", Decision::Allow)];
    let on_error = table.or("on_error", choice(&decisions), Decision::Deny);
    let scope = scope(table);
    let timeout = Duration::from_millis(1)..=Duration::from_secs(60);
    let timeout = table.or("timeout", duration(timeout), Duration::from_secs(1));
    let max_concurrent = table.or("max_concurrent", count(1..=10_000), 16);
    let settings = plugins::settings(table);
    let limits = sandbox::limits(table);
    Some(HookOptions {
        name: name?,
        table: text,
        plugin: plugin?,
        mode,
        on_error,
        scope,
        timeout,
        max_concurrent,
        settings,
        limits,
    })
}

/// The `when` key.
fn scope(table: &mut Table<'_>) -> Scope {
    table.table("when", |when| Scope {
        templates: when.or("template", one_or_more(parsed::<TemplateName>()), Vec::new()),
        labels: when.or("label", one_or_more(label), Vec::new()),
    })
}

/// One value of a kind, or a list of them.
fn one_or_more<T>(kind: impl Fn(&Value) -> Result<T, String>) -> impl Fn(&Value) -> Result<Vec<T>, String> {
    move |value| match value {
        Value::Array(items) => items.iter().map(|item| kind(&item.value)).collect(),
        one => kind(one).map(|one| vec![one]),
    }
}

fn label(value: &Value) -> Result<(String, String), String> {
    let label = text()(value)?;
    match label.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("{label:?} is no label: write it as \"key=value\"")),
    }
}
