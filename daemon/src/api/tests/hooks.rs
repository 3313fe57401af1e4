//! POST /mcp/hooks/{name}/rehearse.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::Wharf;
use super::fakes::Fakes;
use crate::domain::{Decision, Failure, FailureKind, Verdict, Violation};

const PATH: &str = "/mcp/hooks/naming/rehearse";

fn open() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(Semaphore::MAX_PERMITS))
}

fn deny() -> Result<Verdict, Failure> {
    let violation = Violation {
        pointer: "/name".to_owned(),
        code: "bad_prefix".to_owned(),
        message: "must start with a team".to_owned(),
    };
    Ok(Verdict { decision: Decision::Deny, violations: vec![violation], warnings: Vec::new() })
}

fn allow() -> Result<Verdict, Failure> {
    Ok(Verdict { decision: Decision::Allow, violations: Vec::new(), warnings: Vec::new() })
}

fn tally(reviewed: usize, would_refuse: usize, failed: usize) -> Value {
    json!({"reviewed": reviewed, "would_refuse": would_refuse, "failed": failed, "skipped": 0})
}

#[tokio::test]
async fn a_rehearsal_tells_what_would_be_refused_and_refuses_nothing() {
    let wharf = Wharf::with(Fakes::with_candidate(deny(), open()), 8);
    let one = wharf.create("one").await;
    wharf.create("two").await;
    let answer = wharf.post(PATH, &json!({"settings": {"pattern": "^team-"}, "limit": 3})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let body = &answer.json;
    assert_eq!(body["hook"], "naming");
    assert_eq!(
        body["candidate"],
        json!({"digest": "sha256:02", "settings_hash": "{\"pattern\":\"^team-\"}"})
    );
    assert_eq!((&body["instances"], &body["requests"]), (&tally(2, 2, 0), &tally(2, 2, 0)));
    assert_eq!(body["summary"], "would refuse 2 of 2 instances and 2 of 2 recorded requests");
    assert_eq!((&body["truncated"], &body["cut"]), (&json!(true), &Value::Null));
    assert_eq!(body["refusals"].as_array().unwrap().len(), 3);
    assert_eq!(
        body["refusals"][0],
        json!({
            "kind": "instance", "id": one["id"], "name": "one", "code": "hook_denied",
            "reason": "must start with a team", "admitted_before": true,
            "violations": [{
                "pointer": "/name", "code": "bad_prefix", "message": "must start with a team",
            }],
        })
    );
    assert_eq!((&body["refusals"][2]["kind"], &body["refusals"][2]["id"]), (&json!("request"), &one["id"]));
    assert_eq!(wharf.create("three").await["admission"][0]["verdict"], "allow");
}

#[tokio::test]
async fn a_rehearsal_of_what_is_configured_needs_no_body() {
    let wharf = Wharf::with(Fakes::with_candidate(allow(), open()), 8);
    wharf.create("one").await;
    let answer = wharf.ask(PATH).await;
    assert_eq!(answer.json["instances"], tally(1, 0, 0));
    assert_eq!(answer.json["refusals"], json!([]));
    assert_eq!(answer.json["summary"], "would refuse 0 of 1 instances and 0 of 1 recorded requests");
}

#[tokio::test]
async fn an_unknown_hook_is_answered_with_the_names_there_are() {
    let wharf = Wharf::with(Fakes::with_candidate(allow(), open()), 8);
    for name in ["nameing", "No%20Name"] {
        let answer = wharf.ask(&format!("/mcp/hooks/{name}/rehearse")).await;
        assert_eq!(answer.code(), (404, "hook_not_found"));
        assert!(answer.json["detail"].as_str().unwrap().ends_with("there are naming"), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_candidate_that_cannot_be_loaded_is_refused_with_the_place() {
    let wharf = Wharf::with(Fakes::with_candidate(allow(), open()), 8);
    let answer = wharf.post(PATH, &json!({"plugin": "other.wasm"})).await;
    assert_eq!(answer.code(), (422, "invalid_request"));
    assert_eq!(answer.errors(), [("/plugin", "not_a_component")]);
    for (body, code, pointer) in [
        (json!({"plugin": 1}), "wrong_type", "/plugin"),
        (json!({"settings": "x"}), "wrong_type", "/settings"),
        (json!({"settings": [1]}), "wrong_type", "/settings"),
        (json!({"limit": 1_001}), "wrong_type", "/limit"),
        (json!({"limit": -1}), "wrong_type", "/limit"),
        (json!({"plugins": "x"}), "unknown_member", "/plugins"),
    ] {
        let answer = wharf.post(PATH, &body).await;
        assert_eq!(answer.code(), (400, code), "{body}");
        assert_eq!(answer.errors(), [(pointer, code)], "{body}");
    }
}

#[tokio::test]
async fn a_candidate_that_keeps_failing_is_not_asked_to_the_end() {
    let trapped = Failure::new(FailureKind::OutcomeUnknown, "it trapped").with_code("plugin_trapped");
    let wharf = Wharf::with(Fakes::with_candidate(Err(trapped), open()), 8);
    for number in 1..=7 {
        wharf.create(&format!("instance-{number}")).await;
    }
    let body = wharf.ask(PATH).await.json;
    assert_eq!((&body["instances"], &body["requests"]), (&tally(5, 0, 5), &tally(0, 0, 0)));
    assert_eq!(body["cut"], "kept_failing");
    assert_eq!(
        (&body["refusals"][4]["code"], &body["refusals"][4]["reason"]),
        (&json!("hook_failed"), &json!("plugin_trapped: it trapped"))
    );
}

#[tokio::test]
async fn a_rehearsal_ends_by_its_time_and_another_is_not_begun_meanwhile() {
    // One review ends, and no other.
    let wharf = Wharf::with(Fakes::with_candidate(allow(), Arc::new(Semaphore::new(1))), 8);
    wharf.create("one").await;
    wharf.create("two").await;
    let (first, second) = tokio::join!(wharf.ask(PATH), wharf.ask(PATH));
    assert_eq!((&first.json["instances"], &first.json["cut"]), (&tally(1, 0, 0), &json!("timed_out")));
    assert_eq!(second.code(), (503, "busy"));
    assert!(wharf.ask(PATH).await.json["cut"] == "timed_out", "the turn is free again");
}

#[tokio::test]
async fn a_hook_with_much_to_say_is_told_as_far_as_an_answer_goes() {
    let mut says = deny().unwrap();
    says.violations[0].message = "x".repeat(300_000);
    let wharf = Wharf::with(Fakes::with_candidate(Ok(says), open()), 8);
    wharf.create("one").await;
    wharf.create("two").await;
    let body = wharf.ask(PATH).await.json;
    assert_eq!((&body["instances"], &body["requests"]), (&tally(2, 2, 0), &tally(2, 2, 0)));
    assert_eq!((body["refusals"].as_array().unwrap().len(), &body["truncated"]), (1, &json!(true)));
}

#[tokio::test]
async fn a_daemon_that_ends_does_not_wait_for_a_rehearsal() {
    let gate = Arc::new(Semaphore::new(0));
    let wharf = Wharf::with(Fakes::with_candidate(allow(), gate), 8);
    wharf.create("one").await;
    wharf.stop.cancel();
    let body = wharf.ask(PATH).await.json;
    assert_eq!((&body["instances"], &body["cut"]), (&tally(0, 0, 0), &json!("stopped")));
}
