//! When a container is gone, and what is never removed.

use serde_json::json;
use wharfinger_plugin_sdk::prelude::*;
use wharfinger_plugin_sdk::testing::get;

use super::{NAME, deletion, destroy, found, marked, problem, record, unknown};

#[test]
fn a_removed_container_is_gone() {
    assert!(destroy([found(&record("running")), deletion().answers_json(200, &json!({}))]).unwrap().gone);
}

#[test]
fn a_container_that_is_gone_already_is_gone() {
    assert!(destroy([unknown()]).unwrap().gone);
    let late = deletion().answers_json(500, &problem("container_deletion_failed", "container X not found"));
    assert!(destroy([found(&record("running")), late]).unwrap().gone);
}

#[test]
fn somebody_elses_container_is_never_removed() {
    assert!(destroy([found(&marked("WHARFINGER_OWNER", "other"))]).unwrap().gone);
}

#[test]
fn a_stuck_record_is_named_as_such() {
    let stuck = deletion().answers_json(
        500,
        &problem("container_deletion_failed", "failed to remove container: exit status 1"),
    );
    let failure = destroy([found(&record("stopping")), stuck]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Other("stuck-record".into()));
    assert!(failure.message.contains("restart of the manager"));
}

#[test]
fn a_removal_without_an_answer_has_an_unknown_outcome() {
    for exchange in [deletion().loses_the_answer(), deletion().answers(502, "bad gateway")] {
        assert_eq!(
            destroy([found(&record("running")), exchange]).unwrap_err().kind,
            FailureKind::OutcomeUnknown
        );
    }
}

#[test]
fn a_busy_manager_is_not_told_to_remove_anything() {
    let busy = get(format!("/containers/{NAME}")).loses_the_answer();
    assert_eq!(destroy([busy]).unwrap_err().kind, FailureKind::NotApplied);
}
