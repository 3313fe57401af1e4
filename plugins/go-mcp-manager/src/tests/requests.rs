//! What is sent for a create, and what is refused before anything is sent.

use wharfinger_plugin_sdk::prelude::*;
use wharfinger_plugin_sdk::testing::{self, post};

use super::{NAME, SECRET, call, create, plugin, record};

#[test]
fn marks_travel_as_labels_and_as_environment() {
    create([post("/containers").answers_json(201, &record("running"))]).unwrap();
    let body = &testing::sent()[0].json;
    for place in ["labels", "environment"] {
        assert_eq!(body[place]["WHARFINGER_OWNER"], "0badcafe", "{place}");
        assert_eq!(body[place]["WHARFINGER_INSTANCE"], "instance-1", "{place}");
        assert_eq!(body[place]["WHARFINGER_ATTEMPT"], "1", "{place}");
    }
    assert_eq!(body["labels"]["team"], "a");
}

#[test]
fn the_environment_holds_what_was_asked_the_secrets_and_what_the_manager_forgets() {
    create([post("/containers").answers_json(201, &record("running"))]).unwrap();
    let body = &testing::sent()[0].json;
    assert_eq!(body["service_name"], NAME);
    assert_eq!(body["environment"]["MODE"], "fast");
    assert_eq!(body["environment"]["TOKEN"], SECRET);
    assert_eq!(body["environment"]["MCP_SERVICE_NAME"], NAME);
    assert_eq!(body["environment"]["MCP_CONTAINER_PORT"], "8080");
}

#[test]
fn a_create_waits_as_long_as_the_host_does() {
    create([post("/containers").answers_json(201, &record("running"))]).unwrap();
    assert_eq!(testing::sent()[0].timeout, call().deadline, "hanging up early makes orphans");
}

#[test]
fn a_name_that_the_manager_would_change_is_refused() {
    for name in ["", "Upper", "a--b", "-a", "a-", "a_b", "a b", "ü", "health", "validate", &"a".repeat(61)] {
        testing::script([]);
        let mut call = call();
        call.target.workload_name = name.into();
        assert_eq!(plugin("image").create(call).unwrap_err().kind, FailureKind::Invalid, "{name}");
    }
}

#[test]
fn an_image_that_podman_would_take_for_a_flag_is_refused() {
    for image in [None, Some(""), Some("--privileged"), Some("a b"), Some("a\nb")] {
        testing::script([]);
        let mut call = call();
        call.request.template.image = image.map(str::to_owned);
        let failure = plugin("image").create(call).unwrap_err();
        assert_eq!((failure.kind, failure.violations.len()), (FailureKind::Invalid, 1), "{image:?}");
    }
}

#[test]
fn an_impossible_variable_name_is_refused_before_anything_is_sent() {
    testing::script([]);
    let mut call = call();
    call.request.environment.insert("A=B".into(), "x".into());
    let failure = plugin("image").create(call).unwrap_err();
    assert_eq!(failure.violations[0].pointer, "/environment/A=B");
}

#[test]
fn what_the_image_dialect_ignores_is_warned_of() {
    let mut asked = call();
    asked.request.template.command = vec!["server".into()];
    asked.request.template.resources = Pairs::from([("cpu".into(), "1".into())]);
    testing::script([post("/containers").answers_json(201, &record("running"))]);
    assert_eq!(plugin("image").create(asked.clone()).unwrap().warnings.len(), 2);
    testing::script([post("/containers").answers_json(201, &record("running"))]);
    assert!(plugin("templates").create(asked).unwrap().warnings.is_empty());
}
