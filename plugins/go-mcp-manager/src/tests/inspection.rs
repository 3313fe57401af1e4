//! What an inspection believes, and what it does not.

use serde_json::json;
use wharfinger_plugin_sdk::prelude::*;
use wharfinger_plugin_sdk::testing::{self, get};

use super::{NAME, found, health, inspect, inspect_state, marked, problem, record, unknown};

#[test]
fn a_container_the_manager_does_not_know_is_absent() {
    assert_eq!(inspect_state([unknown()]), WorkloadState::Absent);
}

#[test]
fn a_busy_manager_is_a_failure_and_never_absent() {
    for exchanges in [
        vec![get(format!("/containers/{NAME}")).loses_the_answer()],
        vec![get(format!("/containers/{NAME}")).refuses_the_connection()],
        vec![get(format!("/containers/{NAME}")).answers(500, "oops")],
        vec![found(&record("running")), health().loses_the_answer()],
        vec![found(&record("running")), health().answers(503, "Service Unavailable")],
    ] {
        let failure = inspect(exchanges).unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotApplied);
        assert!(failure.retry_after.is_some());
    }
}

#[test]
fn a_router_that_knows_no_containers_does_not_mean_absent() {
    let failure =
        inspect([get(format!("/containers/{NAME}")).answers(404, "404 page not found")]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unsupported);
}

#[test]
fn the_managers_error_status_is_not_believed() {
    let alive = health().answers_json(200, &json!({ "status": "running", "healthy": true }));
    assert_eq!(inspect_state([found(&record("error")), alive]), WorkloadState::Running);
}

#[test]
fn a_dead_process_is_stopped_whatever_the_record_says() {
    let dead = |status: &str| health().answers_json(503, &json!({ "status": status, "healthy": false }));
    assert_eq!(inspect_state([found(&record("running")), dead("stopped")]), WorkloadState::Stopped);
    assert_eq!(inspect_state([found(&record("running")), dead("error")]), WorkloadState::Stopped);
    assert_eq!(inspect_state([found(&record("running")), dead("starting")]), WorkloadState::Starting);
}

#[test]
fn a_container_that_podman_lost_is_stopped() {
    let lost = health().answers_json(500, &problem("status_check_failed", "exit status 125"));
    assert_eq!(inspect_state([found(&record("running")), lost]), WorkloadState::Stopped);
}

#[test]
fn a_container_that_goes_while_it_is_inspected_is_absent() {
    let gone = health().answers_json(404, &problem("container_not_found", "not found"));
    assert_eq!(inspect_state([found(&record("running")), gone]), WorkloadState::Absent);
}

#[test]
fn without_a_health_route_the_recorded_status_counts_except_error() {
    for (status, state) in [
        ("running", WorkloadState::Running),
        ("error", WorkloadState::Running),
        ("exited", WorkloadState::Stopped),
        ("stopped", WorkloadState::Stopped),
        ("starting", WorkloadState::Starting),
    ] {
        let no_route = health().answers(404, "404 page not found");
        assert_eq!(inspect_state([found(&record(status)), no_route]), state, "{status}");
    }
}

#[test]
fn somebody_elses_container_of_our_name_is_not_ours_so_ours_is_absent() {
    assert_eq!(inspect_state([found(&marked("WHARFINGER_OWNER", "other"))]), WorkloadState::Absent);
}

#[test]
fn an_inspection_fits_into_the_hosts_patience() {
    inspect([found(&record("running")), health().answers_json(200, &json!({}))]).unwrap();
    let total: std::time::Duration = testing::sent().iter().map(|sent| sent.timeout).sum();
    assert!(total < std::time::Duration::from_secs(10));
}
