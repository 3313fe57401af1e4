//! `[provisioners.NAME]`: who makes workloads.

use std::time::Duration;

use super::{Context, endpoints, plugins, sandbox, upstreams};
use crate::domain::ProvisionerName;
use crate::plugin::{ProvisionerOptions, Timeouts};
use crate::runtime::document::{Table, boolean, choice, count, duration};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3_600);

pub(super) fn read(root: &mut Table<'_>, context: &mut Context) -> Vec<ProvisionerOptions> {
    root.tables("provisioners", |name, table| provisioner(name, table, context))
}

pub(super) fn provisioner(
    name: &str,
    table: &mut Table<'_>,
    context: &mut Context,
) -> Option<ProvisionerOptions> {
    let name: Option<ProvisionerName> =
        name.parse().map_err(|error| table.complain_here(format!("{error}"))).ok();
    let text = table.text();
    let enabled = table.or("enabled", boolean(), true);
    let moved = table.or("moved", boolean(), false);
    let plugin = plugins::file(table, context);
    let max_concurrent = table.or("max_concurrent", count(1..=10_000), 4);
    let max_inspects = table.or("max_inspects", count(1..=10_000), 16);
    let timeouts = timeouts(table);
    let upstreams = upstreams::read(table, context);
    let process = grants(table);
    let settings = plugins::settings(table);
    let endpoints = table.list("endpoints", endpoints::rule).unwrap_or_default();
    let limits = sandbox::limits(table);
    Some(ProvisionerOptions {
        name: name?,
        table: text,
        enabled,
        moved,
        plugin: plugin?,
        max_concurrent,
        max_inspects,
        timeouts,
        upstreams,
        process,
        settings,
        endpoints,
        limits,
    })
}

fn timeouts(table: &mut Table<'_>) -> Timeouts {
    let range = || duration(Duration::from_millis(1)..=HOUR);
    table.table("timeouts", |timeouts| Timeouts {
        create: timeouts.or("create", range(), 180 * SECOND),
        inspect: timeouts.or("inspect", range(), 10 * SECOND),
        destroy: timeouts.or("destroy", range(), 60 * SECOND),
    })
}

/// Whether `process` is granted, which is all that can be.
fn grants(table: &mut Table<'_>) -> bool {
    let grants = table.list("grants", choice(&[("process", ())])).unwrap_or_default();
    !grants.is_empty()
}
