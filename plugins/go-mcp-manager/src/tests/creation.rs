//! What a create's answers mean.

use wharfinger_plugin_sdk::prelude::*;
use wharfinger_plugin_sdk::testing::post;

use super::{create, create_failure, problem, record, refused};

#[test]
fn a_created_container_is_told_with_the_managers_url() {
    let creation = create([post("/containers").answers_json(201, &record("running"))]).unwrap();
    assert_eq!(creation.outcome, CreateOutcome::Created);
    let workload = creation.workload.unwrap();
    assert_eq!(workload.url.as_deref(), Some("http://proxy/mcp/wf-0badcafe-1-12345678"));
    assert_eq!((workload.id.as_str(), workload.port), ("c0ffee", Some(8080)));
}

#[test]
fn a_route_that_could_not_be_added_is_a_warning() {
    let answer =
        post("/containers").answers_json(201, &record("running")).with_header("X-Warning", "no route");
    assert!(create([answer]).unwrap().warnings[0].contains("no route"));
}

#[test]
fn a_lost_answer_is_an_unknown_outcome() {
    assert_eq!(create_failure([post("/containers").loses_the_answer()]).kind, FailureKind::OutcomeUnknown);
}

#[test]
fn an_answer_that_cannot_be_read_is_an_unknown_outcome() {
    assert_eq!(create_failure([post("/containers").answers(201, "{")]).kind, FailureKind::OutcomeUnknown);
}

#[test]
fn a_refused_connection_was_not_applied() {
    assert_eq!(create_failure([post("/containers").refuses_the_connection()]).kind, FailureKind::NotApplied);
}

#[test]
fn a_missing_grant_is_denied() {
    let denied = post("/containers").fails(http::Error::Denied("no grant".into()));
    assert_eq!(create_failure([denied]).kind, FailureKind::Denied);
}

#[test]
fn a_bad_request_never_will_be_accepted() {
    let answer =
        post("/containers").answers_json(400, &problem("invalid_request", "Key: 'Image' is required"));
    let failure = create_failure([answer]);
    assert_eq!(failure.kind, FailureKind::Invalid);
    assert!(failure.message.contains("Key: 'Image'"));
}

#[test]
fn an_unknown_template_never_will_be_accepted() {
    let failure = create_failure([refused("template files not found")]);
    assert_eq!(
        (failure.kind, failure.violations[0].code.as_str()),
        (FailureKind::Invalid, "unknown_template")
    );
}

#[test]
fn a_full_manager_made_nothing_and_may_be_asked_later() {
    let failure = create_failure([refused("maximum container limit reached (50)")]);
    assert_eq!(failure.kind, FailureKind::NotApplied);
    assert!(failure.retry_after.is_some());
}

#[test]
fn a_manager_without_containers_is_not_supported() {
    let failure = create_failure([post("/containers").answers(404, "404 page not found")]);
    assert_eq!(failure.kind, FailureKind::Unsupported);
}

#[test]
fn a_failure_nobody_knows_is_an_unknown_outcome() {
    for exchange in [
        refused("something new"),
        refused("failed to create container: exit status 1"),
        post("/containers").answers(502, "bad gateway"),
        post("/containers").answers(503, "{}"),
    ] {
        assert_eq!(create_failure([exchange]).kind, FailureKind::OutcomeUnknown);
    }
}
