//! A name that is taken: whose container it is, and whether it becomes the instance.

use serde_json::Value;
use wharfinger_plugin_sdk::prelude::*;
use wharfinger_plugin_sdk::testing::get;

use super::{
    NAME, create, create_failure, found, marked, orphan_suspected, record, refused, unknown, unmarked,
};

#[test]
fn a_container_of_ours_is_adopted() {
    let exists = || refused("container mcp-wf-0badcafe-1 already exists");
    let conflict = || refused("failed to create container: exit status 125");
    for (refusal, record) in [
        (exists(), record("running")),
        (conflict(), record("running")),
        (exists(), record("error")),
        (exists(), unmarked()),
    ] {
        assert_eq!(create([refusal, found(&record)]).unwrap().outcome, CreateOutcome::Adopted);
    }
}

#[test]
fn marks_in_the_environment_are_enough() {
    let mut record = record("running");
    record["labels"] = Value::Null;
    record["image"] = "renamed:2".into();
    assert_eq!(
        create([refused("x already exists"), found(&record)]).unwrap().outcome,
        CreateOutcome::Adopted
    );
}

#[test]
fn a_container_of_somebody_else_is_foreign() {
    for record in [marked("WHARFINGER_OWNER", "other"), marked("WHARFINGER_INSTANCE", "other")] {
        let failure = create_failure([refused("x already exists"), found(&record)]);
        assert_eq!(failure.kind, FailureKind::Foreign);
    }
}

#[test]
fn images_are_compared_only_when_no_mark_survived() {
    let mut other = unmarked();
    other["image"] = "other:9".into();
    assert_eq!(create_failure([refused("x already exists"), found(&other)]).kind, FailureKind::Foreign);

    let mut renamed = record("running");
    renamed["image"] = "docker.io/library/img:1".into();
    assert_eq!(
        create([refused("x already exists"), found(&renamed)]).unwrap().outcome,
        CreateOutcome::Adopted
    );
}

#[test]
fn a_container_of_an_earlier_attempt_is_not_adopted() {
    let failure = create_failure([refused("x already exists"), found(&marked("WHARFINGER_ATTEMPT", "0"))]);
    assert_eq!(failure.kind, FailureKind::NotApplied);
}

#[test]
fn a_stuck_record_holds_the_name() {
    let failure = create_failure([refused("x already exists"), found(&record("stopping"))]);
    assert_eq!(failure.kind, orphan_suspected());
}

#[test]
fn a_name_held_by_what_the_manager_does_not_know_is_a_suspected_orphan() {
    for message in [
        "failed to create container: exit status 125",
        "failed to create container: exit status 126",
        "failed to create container: exit status 127",
        "container failed to start: container exited unexpectedly",
        "container failed to start: timeout waiting for container to start",
        "container failed to start: context canceled",
    ] {
        let failure = create_failure([refused(message), unknown()]);
        assert_eq!(failure.kind, orphan_suspected(), "{message}");
        assert!(failure.message.contains(NAME), "{message}");
    }
}

#[test]
fn a_record_that_vanishes_between_two_answers_is_an_unknown_outcome() {
    assert_eq!(create_failure([refused("x already exists"), unknown()]).kind, FailureKind::OutcomeUnknown);
}

#[test]
fn a_look_that_fails_after_a_conflict_leaves_the_outcome_unknown() {
    let lost = get(format!("/containers/{NAME}")).loses_the_answer();
    assert_eq!(create_failure([refused("x already exists"), lost]).kind, FailureKind::OutcomeUnknown);
}
