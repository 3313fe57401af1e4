//! One instance: read, delete, retry, restart, history, log.

use std::time::Duration;

use axum::body::Body;
use http::header;
use serde_json::json;

use super::{Wharf, became_running, request};
use crate::domain::{Cause, Fact, Failure, FailureKind, InstanceError};

const GONE: &str = "01990000-0000-7000-8000-0000000000ff";

#[tokio::test]
async fn an_instance_is_found_by_id_and_by_name() {
    let wharf = Wharf::new();
    let instance = wharf.create("weather").await;
    let by_name = wharf.get("/mcp/instances/weather").await;
    assert_eq!((by_name.status, &by_name.json), (200, &instance));
    let by_id = wharf.get(&format!("/mcp/instances/{}", instance["id"].as_str().unwrap())).await;
    assert_eq!((by_id.status, &by_id.json), (200, &instance));
    assert_eq!(by_id.header("etag"), format!("\"{}\"", instance["revision"]));
}

#[tokio::test]
async fn an_instance_that_is_not_there_is_404_on_every_route() {
    let wharf = Wharf::new();
    for id in ["none", GONE, "No!", "%ff", "a%2Fb"] {
        let path = format!("/mcp/instances/{id}");
        assert_eq!(wharf.get(&path).await.code(), (404, "instance_not_found"), "{id}");
        assert_eq!(wharf.delete(&path).await.code(), (404, "instance_not_found"), "{id}");
        for read in ["events", "logs", "tools"] {
            assert_eq!(
                wharf.get(&format!("{path}/{read}")).await.code(),
                (404, "instance_not_found"),
                "{id}"
            );
        }
        for ask in ["retry", "restart"] {
            assert_eq!(wharf.ask(&format!("{path}/{ask}")).await.code(), (404, "instance_not_found"), "{id}");
        }
    }
}

#[tokio::test]
async fn unknown_parameters_are_refused_on_every_route() {
    let wharf = Wharf::new();
    wharf.create("weather").await;
    for read in ["", "/events", "/logs", "/tools"] {
        let answer = wharf.get(&format!("/mcp/instances/weather{read}?verbose=true")).await;
        assert_eq!(answer.code(), (400, "invalid_query"), "{read}");
        assert_eq!(answer.errors(), [("verbose", "unknown_parameter")]);
    }
    for ask in ["retry", "restart"] {
        let answer = wharf.ask(&format!("/mcp/instances/weather/{ask}?wait=1s")).await;
        assert_eq!(answer.code(), (400, "invalid_query"), "{ask}");
    }
    assert_eq!(wharf.delete("/mcp/instances/weather?force=yes").await.code(), (400, "invalid_query"));
}

#[tokio::test]
async fn a_forced_delete_forgets_the_record_and_says_what_may_remain() {
    let wharf = Wharf::new();
    let instance = wharf.running("weather").await;
    let request = request("DELETE", "/mcp/instances/weather?force=true").header(header::IF_MATCH, "\"1\"");
    let stale = wharf.call(request.body(Body::empty()).unwrap()).await;
    assert_eq!(stale.code(), (412, "stale_revision"));
    let answer = wharf.delete("/mcp/instances/weather?force=true").await;
    assert_eq!((answer.status, &answer.json["instance"]["id"]), (200, &instance["id"]));
    let name = answer.json["may_remain"].as_str().unwrap();
    assert!(name.starts_with("wf-"), "{name}");
    assert_eq!(wharf.get("/mcp/instances/weather").await.code(), (404, "instance_not_found"));
    let id = instance["id"].as_str().unwrap();
    let events = wharf.get(&format!("/mcp/instances/{id}/events")).await.json;
    let last = events["events"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["type"], &last["to"]), (&json!("forget-requested"), &json!("gone")));
    assert!(last["message"].as_str().unwrap().contains(name), "{last}");
    assert!(wharf.lifecycle.was_deleted(id.parse().unwrap()).unwrap());
    wharf.create("weather").await;
}

#[tokio::test]
async fn a_delete_says_202_until_the_instance_is_gone() {
    let wharf = Wharf::new();
    let instance = wharf.create("weather").await;
    for _ in 0..2 {
        let answer = wharf.delete("/mcp/instances/weather?wait=0s").await;
        assert_eq!((answer.status, &answer.json["status"]), (202, &json!("deleting")));
        assert_eq!(answer.header("etag"), format!("\"{}\"", answer.json["revision"]));
    }
    let reconciler = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        wharf.happened(&instance, [Fact::DeleteSucceeded]).await;
    };
    let (answer, ()) = tokio::join!(wharf.delete("/mcp/instances/weather?wait=30s"), reconciler);
    assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    assert_eq!(wharf.delete("/mcp/instances/weather").await.code(), (404, "instance_not_found"));
}

#[tokio::test]
async fn a_change_may_depend_on_what_the_caller_knows() {
    let wharf = Wharf::new();
    let instance = wharf.running("weather").await;
    let revision = instance["revision"].as_u64().unwrap();
    for (method, path) in [
        ("DELETE", "/mcp/instances/weather"),
        ("POST", "/mcp/instances/weather/retry"),
        ("POST", "/mcp/instances/weather/restart"),
    ] {
        let with = |tag: &str| {
            let request = request(method, path).header(header::IF_MATCH, tag);
            wharf.call(request.body(Body::empty()).unwrap())
        };
        assert_eq!(with(&format!("\"{}\"", revision - 1)).await.code(), (412, "stale_revision"), "{path}");
        for tag in ["5", "\"+5\"", "\"abc\"", "W/\"5\"", "\"5\", \"6\"", "\"", ""] {
            assert_eq!(with(tag).await.code(), (400, "invalid_if_match"), "{path} {tag}");
        }
    }
    for tag in [format!("\"{revision}\""), "*".to_owned()] {
        let request = request("DELETE", "/mcp/instances/weather").header(header::IF_MATCH, tag);
        assert_eq!(wharf.call(request.body(Body::empty()).unwrap()).await.status, 202);
    }
}

#[tokio::test]
async fn retry_is_for_failed_instances_and_restart_for_those_with_a_workload() {
    let wharf = Wharf::new();
    wharf.running("weather").await;
    assert_eq!(wharf.ask("/mcp/instances/weather/retry").await.code(), (409, "phase_refuses"));
    let answer = wharf.ask("/mcp/instances/weather/restart").await;
    assert_eq!((answer.status, &answer.json["status"]), (202, &json!("recovering")));
    assert!(answer.json["next_attempt_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(wharf.ask("/mcp/instances/weather/restart").await.code(), (409, "phase_refuses"));

    let failed = wharf.create("failing").await;
    let error = InstanceError {
        code: "c".to_owned(),
        message: "m".to_owned(),
        retryable: true,
        remedy: "r".to_owned(),
        causes: vec![Cause::new("WorkloadStopped", "it ended").with_exit_code(Some(3))],
    };
    wharf.happened(&failed, [Fact::GaveUp { error, workload_may_exist: false }]).await;
    let answer = wharf.ask("/mcp/instances/failing/retry").await;
    assert_eq!((answer.status, &answer.json["status"]), (202, &json!("requested")));
    assert!(answer.json["error"].is_null());
}

#[tokio::test]
async fn a_body_where_none_is_needed_is_checked_all_the_same() {
    let wharf = Wharf::new();
    wharf.running("weather").await;
    let path = "/mcp/instances/weather/restart";
    let plain = request("POST", path).body(Body::from("now")).unwrap();
    assert_eq!(wharf.call(plain).await.code(), (415, "unsupported_media_type"));
    assert_eq!(wharf.post_text(path, "now").await.code(), (400, "invalid_json"));
    assert_eq!(wharf.post(path, &json!({"force": true})).await.code(), (400, "unknown_member"));
    assert_eq!(wharf.post(path, &json!({})).await.status, 202);
}

#[tokio::test]
async fn the_history_is_there_after_the_end_by_id() {
    let wharf = Wharf::new();
    let instance = wharf.create("weather").await;
    wharf.happened(&instance, [Fact::DeleteRequested, Fact::DeleteSucceeded]).await;
    let id = instance["id"].as_str().unwrap();
    let answer = wharf.get(&format!("/mcp/instances/{id}/events")).await;
    assert_eq!(answer.status, 200);
    let events = answer.json["events"].as_array().unwrap();
    let told: Vec<_> = events.iter().map(|event| (&event["type"], &event["from"], &event["to"])).collect();
    let expected = [
        (&json!("accepted"), &json!(null), &json!("requested")),
        (&json!("delete-requested"), &json!("requested"), &json!("deleting")),
        (&json!("delete-succeeded"), &json!("deleting"), &json!("gone")),
    ];
    assert_eq!(told, expected);
    assert_eq!(events[0]["instance"], json!({"id": id, "name": "weather"}));
    assert_eq!(wharf.get("/mcp/instances/weather/events").await.status, 404);
}

#[tokio::test]
async fn logs_are_the_newest_lines_as_text() {
    let wharf = Wharf::new();
    wharf.create("weather").await;
    wharf.fakes.set_logs(Ok(&["one", "two", "three"]));
    // Nothing was made yet that could have said something.
    assert_eq!(wharf.get("/mcp/instances/weather/logs").await.text, "");
    let instance = wharf.get("/mcp/instances/weather").await.json;
    wharf.happened(&instance, became_running()).await;
    let answer = wharf.get("/mcp/instances/weather/logs?tail=2").await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "two\nthree\n"));
    assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(wharf.get("/mcp/instances/weather/logs").await.text, "one\ntwo\nthree\n");
    assert_eq!(wharf.get("/mcp/instances/weather/logs?tail=0").await.text, "");
    for tail in ["-1", "x", "100001", ""] {
        let answer = wharf.get(&format!("/mcp/instances/weather/logs?tail={tail}")).await;
        assert_eq!(answer.errors(), [("tail", "invalid_parameter")], "{tail}");
    }
}

#[tokio::test]
async fn a_provisioner_that_fails_is_told_from_one_that_cannot_and_one_that_is_away() {
    let wharf = Wharf::new();
    wharf.running("weather").await;
    let failure = |kind| Failure::new(kind, "what it said").with_code("its_own");
    for (kind, expected) in [
        (FailureKind::NotFound, (404, "workload_not_found")),
        (FailureKind::Unsupported, (501, "provisioner_unsupported")),
        (FailureKind::NotApplied, (503, "provisioner_unavailable")),
        (FailureKind::OutcomeUnknown, (502, "provisioner_failed")),
        (FailureKind::Denied, (502, "provisioner_failed")),
        (FailureKind::Other("odd".to_owned()), (502, "provisioner_failed")),
    ] {
        wharf.fakes.set_logs(Err(failure(kind)));
        let answer = wharf.get("/mcp/instances/weather/logs").await;
        assert_eq!(answer.code(), expected);
        assert_eq!(
            (&answer.json["detail"], answer.errors()),
            (&json!("what it said"), vec![("", "its_own")])
        );
    }
    let later =
        Failure { retry_after: Some(Duration::from_millis(2_100)), ..failure(FailureKind::NotApplied) };
    wharf.fakes.set_logs(Err(later));
    assert_eq!(wharf.get("/mcp/instances/weather/logs").await.header("retry-after"), "3");
}
