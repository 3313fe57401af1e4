//! The smaller sections, one table each: log, store, bulk, rehearsal, reconcile, recovery, breaker, probe,
//! tools, processes, templates.

use std::path::Path;
use std::time::Duration;

use super::Context;
use crate::domain::{BreakerPolicy, RecoveryPolicy};
use crate::runtime::document::{Table, Value, choice, count, duration, path, size, text};
use crate::runtime::{LogFormat, Telemetry};
use crate::{catalog, probe, process, reconciler, store};

const MILLISECOND: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
const DAY: Duration = Duration::from_secs(86_400);

pub(super) fn log(root: &mut Table<'_>) -> Telemetry {
    root.table("log", |log| {
        let filter = |value: &Value| {
            let filter = text()(value)?;
            Telemetry::check(&filter).map(|()| filter).map_err(|error| {
                format!("is no filter such as \"info\" or \"info,wharfinger=debug\": {error}")
            })
        };
        Telemetry {
            format: log.or(
                "format",
                choice(&[("text", LogFormat::Text), ("json", LogFormat::Json)]),
                LogFormat::Text,
            ),
            filter: log.or("filter", filter, "info".to_owned()),
        }
    })
}

pub(super) fn store(
    root: &mut Table<'_>,
    data_dir: &Path,
    bulk: &Bulk,
    rehearsal: &Rehearsal,
) -> store::Options {
    root.table("store", |store| store::Options {
        data_dir: data_dir.to_path_buf(),
        cache: store.or("cache", size(1 << 20..=64 << 30), 64 << 20),
        queue: store.or("queue", count(1..=1_000_000), 4_096),
        batch: store.or("batch", count(1..=100_000), 512),
        retry: store.or("retry", duration(MILLISECOND..=HOUR), 5 * SECOND),
        // Less, and a workload whose deletion was cut short could be taken for a stranger's.
        tombstones: store.or("tombstones", duration(HOUR..=366 * DAY), DAY),
        events: store.or("events", count::<u64>(1_000..=100_000_000), 100_000),
        events_for: store.or("events_for", duration(HOUR..=3_660 * DAY), 7 * DAY),
        idempotency: store.or("idempotency", duration(MINUTE..=366 * DAY), DAY),
        max_idempotency_keys: store.or("max_idempotency_keys", count::<u64>(1..=100_000_000), 1_000_000),
        bulks: bulk.keep,
        max_unfinished_bulks: bulk.max_unfinished,
        past_requests: rehearsal.keep,
        planted: store::Planted::default(),
    })
}

/// What `[bulk]` says, for three parts.
pub(super) struct Bulk {
    pub(super) max_items: usize,
    pub(super) max_body: usize,
    pub(super) max_concurrent: usize,
    pub(super) max_unfinished: usize,
    pub(super) keep: Duration,
}

pub(super) fn bulk(root: &mut Table<'_>) -> Bulk {
    root.table("bulk", |bulk| Bulk {
        max_items: bulk.or("max_items", count(1..=100_000), 1_000),
        max_body: bulk.or("max_body", size(1_024..=64 << 20), 4 << 20),
        max_concurrent: bulk.or("max_concurrent", count(1..=10_000), 8),
        max_unfinished: bulk.or("max_unfinished", count(1..=1_000), 16),
        keep: bulk.or("keep", duration(MINUTE..=366 * DAY), DAY),
    })
}

/// What `[rehearsal]` says, for two parts.
pub(super) struct Rehearsal {
    pub(super) keep: u64,
    pub(super) timeout: Duration,
}

pub(super) fn rehearsal(root: &mut Table<'_>) -> Rehearsal {
    root.table("rehearsal", |rehearsal| Rehearsal {
        keep: rehearsal.or("keep", count::<u64>(0..=10_000), 200),
        timeout: rehearsal.or("timeout", duration(SECOND..=10 * MINUTE), 30 * SECOND),
    })
}

pub(super) fn reconciler(root: &mut Table<'_>) -> reconciler::Options {
    let (recovery, freeze_period) = recovery(root);
    let breaker = breaker(root);
    root.table("reconcile", |reconcile| reconciler::Options {
        settle: reconcile.or("settle", duration(Duration::ZERO..=10 * MINUTE), 3 * SECOND),
        full_pass: reconcile.or("full_pass", duration(SECOND..=DAY), MINUTE),
        sweep: reconcile.or("sweep", duration(SECOND..=DAY), 5 * MINUTE),
        max_steps: reconcile.or("max_steps", count(1..=100_000), 64),
        create_deadline: reconcile.or("create_deadline", duration(SECOND..=DAY), 10 * MINUTE),
        inspect_interval: reconcile.or("inspect_interval", duration(SECOND..=DAY), 30 * SECOND),
        recovery,
        freeze_period,
        breaker,
        planted: reconciler::Planted::default(),
    })
}

fn recovery(root: &mut Table<'_>) -> (RecoveryPolicy, Duration) {
    let default = RecoveryPolicy::default();
    root.table("recovery", |recovery| {
        let policy = RecoveryPolicy {
            base: recovery.or("base", duration(MILLISECOND..=HOUR), default.base),
            cap: recovery.or("cap", duration(MILLISECOND..=DAY), default.cap),
            max_attempts: recovery.or("max_attempts", count(0..=1_000_000), default.max_attempts),
            stable_after: recovery.or("stable_after", duration(SECOND..=30 * DAY), default.stable_after),
        };
        if policy.base > policy.cap {
            recovery.complain("base", "is longer than cap; at most that is allowed");
        }
        (policy, recovery.or("freeze_period", duration(SECOND..=HOUR), 30 * SECOND))
    })
}

fn breaker(root: &mut Table<'_>) -> BreakerPolicy {
    let default = BreakerPolicy::default();
    root.table("breaker", |breaker| {
        let policy = BreakerPolicy {
            failures: breaker.or("failures", count(1..=1_000_000), default.failures),
            pause: breaker.or("pause", duration(MILLISECOND..=HOUR), default.pause),
            max_pause: breaker.or("max_pause", duration(MILLISECOND..=HOUR), default.max_pause),
        };
        if policy.pause > policy.max_pause {
            breaker.complain("pause", "is longer than max_pause; at most that is allowed");
        }
        policy
    })
}

pub(super) fn probe(root: &mut Table<'_>) -> probe::Options {
    let calls = tools(root);
    root.table("probe", |probe| probe::Options {
        max_concurrent: probe.or("max_concurrent", count(1..=10_000), 64),
        max_answer: probe.or("max_answer", size(4_096..=64 << 20), 1 << 20),
        max_tools: probe.or("max_tools", count(1..=100_000), 512),
        calls,
    })
}

fn tools(root: &mut Table<'_>) -> probe::CallOptions {
    root.table("tools", |tools| probe::CallOptions {
        timeout: tools.or("timeout", duration(SECOND..=HOUR), MINUTE),
        max_concurrent: tools.or("max_concurrent", count(1..=10_000), 16),
        max_answer: tools.or("max_answer", size(4_096..=64 << 20), 1 << 20),
    })
}

pub(super) fn processes(root: &mut Table<'_>, data_dir: &Path) -> Option<process::Options> {
    root.table("processes", |processes| {
        let max_output = processes.or("max_output", size(4_096..=1 << 30), 1 << 20);
        let max_children = processes.or("max_children", count(1..=100_000), 256);
        match std::env::current_exe() {
            Ok(program) => {
                Some(process::Options { dir: data_dir.join("processes"), program, max_output, max_children })
            }
            Err(error) => {
                processes.complain_here(format!("this program's own file cannot be found: {error}"));
                None
            }
        }
    })
}

pub(super) fn templates(root: &mut Table<'_>, context: &Context) -> catalog::Options {
    root.table("templates", |templates| {
        let options = catalog::Options {
            dir: templates.or("dir", path(&context.base), context.base.join("templates")),
            refresh: templates.or("refresh", duration(SECOND..=DAY), MINUTE),
            max_file: templates.or("max_file", size(256..=16 << 20), 64 << 10),
            max_templates: templates.or("max_templates", count(1..=100_000), 1_000),
        };
        if !options.dir.is_dir() {
            templates.complain("dir", format!("{} is not a folder", options.dir.display()));
        }
        options
    })
}
