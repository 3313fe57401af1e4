//! The transition table, printed: every phase × every fact.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::domain::{Condition, Status, WorkloadName};

fn cause() -> Cause {
    Cause::new("Because", "it is so")
}

fn error() -> InstanceError {
    InstanceError {
        code: "broken".into(),
        message: "m".into(),
        retryable: true,
        remedy: "r".into(),
        causes: Vec::new(),
    }
}

fn workload() -> Workload {
    Workload { id: "1".into(), name: "wf".into(), url: None, port: None, details: BTreeMap::new() }
}

/// Every phase, in the variants that the table tells apart.
fn phases() -> Vec<(&'static str, Phase)> {
    let at = Timestamp(1);
    let doubt = |interrupted| Doubt { inspect_at: at, settled_at: at, interrupted, cause: cause() };
    let unhealthy =
        |recoverable| Phase::Unhealthy { workload: workload(), since: at, recoverable, cause: cause() };
    let recovering =
        |workload_may_exist| Phase::Recovering { workload_may_exist, not_before: at, cause: cause() };
    vec![
        ("requested", Phase::Requested),
        ("creating (the call is out)", Phase::Creating { deadline: at, doubt: None }),
        ("creating (failed, unknown)", Phase::Creating { deadline: at, doubt: Some(doubt(false)) }),
        ("creating (interrupted)", Phase::Creating { deadline: at, doubt: Some(doubt(true)) }),
        ("created", Phase::Created { workload: workload(), since: at }),
        ("running", Phase::Running { workload: workload(), since: at }),
        ("unhealthy (may be recovered)", unhealthy(true)),
        ("unhealthy (degraded)", unhealthy(false)),
        ("recovering (old workload)", recovering(true)),
        ("recovering (nothing left)", recovering(false)),
        ("failed (workload left)", Phase::Failed { error: error(), workload_may_exist: true }),
        ("failed (nothing left)", Phase::Failed { error: error(), workload_may_exist: false }),
        ("deleting", Phase::Deleting { workload_may_exist: true, not_before: at, tries: 0 }),
        ("gone", Phase::Gone),
    ]
}

fn facts() -> Vec<Fact> {
    facts_at(Timestamp(2))
}

fn facts_at(at: Timestamp) -> Vec<Fact> {
    let to: WorkloadName = "wf-2".parse().unwrap();
    vec![
        Fact::CreateStarted { deadline: at },
        Fact::CreateSucceeded { workload: workload(), adopted: false, warnings: Vec::new() },
        Fact::CreatePending { inspect_at: at, cause: cause() },
        Fact::OutcomeUnknown { inspect_at: at, settled_at: at, interrupted: false, cause: cause() },
        Fact::Renamed { to, not_before: at, cause: cause() },
        Fact::RecoveryScheduled { not_before: at, cause: cause() },
        Fact::GaveUp { error: error(), workload_may_exist: true },
        Fact::BecameHealthy { ladder: Vec::<Condition>::new() },
        Fact::BecameUnhealthy { recoverable: true, cause: cause(), ladder: Vec::new() },
        Fact::WorkloadMoved { workload: workload() },
        Fact::ConditionsChanged { conditions: Vec::new() },
        Fact::Stabilised,
        Fact::OrphanRemoved,
        Fact::DestroyFailed { not_before: at, cause: cause() },
        Fact::RetryRequested,
        Fact::RestartRequested,
        Fact::DeleteRequested,
        Fact::DeleteSucceeded,
        Fact::ForgetRequested,
    ]
}

#[test]
fn the_table_is_what_was_reviewed() {
    let mut table = String::new();
    for (name, phase) in phases() {
        writeln!(table, "{name}").unwrap();
        for fact in facts() {
            let kind = fact.kind().as_str();
            if let Ok(after) = phase.clone().apply(fact, Timestamp(3)) {
                let left = if after.workload_may_exist() { "a workload may exist" } else { "no workload" };
                writeln!(table, "    {kind} -> {} ({left})", after.kind()).unwrap();
            }
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_workload_that_may_exist_is_never_forgotten_on_the_way_to_deleting() {
    for (name, phase) in phases() {
        let may_exist = phase.workload_may_exist();
        if let Ok(after) = phase.apply(Fact::DeleteRequested, Timestamp(3)) {
            assert_eq!(after.workload_may_exist(), may_exist, "{name}");
        }
    }
}

#[test]
fn gone_is_the_end() {
    for fact in facts() {
        assert!(Phase::Gone.apply(fact, Timestamp(3)).is_err());
    }
}

proptest! {
    /// Most of these sequences make no sense: they come from a daemon that is wrong, or from two.
    #[test]
    fn whatever_facts_come_in_whatever_order_nothing_that_counts_goes_back(
        told in vec((any::<Index>(), any::<i64>(), any::<i64>()), 0..100),
    ) {
        let mut status = Status::requested("wf-1".parse().unwrap(), Timestamp(0));
        for (which, at, now) in told {
            let fact = which.get(&facts_at(Timestamp(at))).clone();
            let before = status.clone();
            let Ok(after) = status.clone().apply(&fact, Timestamp(now)) else { continue };
            status = after;
            prop_assert_ne!(before.phase.kind(), PhaseKind::Gone, "gone is the end");
            prop_assert!(status.creations >= before.creations);
            prop_assert!(status.proven >= before.proven);
            let forgiven = matches!(fact, Fact::Stabilised | Fact::RestartRequested | Fact::RetryRequested);
            prop_assert!(status.attempt >= before.attempt || forgiven);
            prop_assert!(status.attempt <= before.attempt + 1);
            prop_assert!(status.phase.workload().is_none() || status.phase.workload_may_exist());
            // Only who was told that nothing is there may believe it.
            let told_so = matches!(fact, Fact::OrphanRemoved | Fact::Renamed { .. } | Fact::GaveUp { .. });
            let gone = status.phase.kind() == PhaseKind::Gone;
            let believes = before.phase.workload_may_exist() && !status.phase.workload_may_exist();
            prop_assert!(!believes || told_so || gone, "{before:?} after {fact:?} is {status:?}");
        }
    }
}
