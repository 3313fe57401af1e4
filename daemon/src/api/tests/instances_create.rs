//! POST /mcp/instances.

use std::time::Duration;

use axum::body::Body;
use http::header;
use serde_json::json;

use super::fakes::Fakes;
use super::{SECRET, Wharf, became_running, request};
use crate::domain::{Cause, Decision, Fact, Failure, FailureKind, InstanceError, Verdict, Violation};

const PATH: &str = "/mcp/instances";

#[tokio::test]
async fn a_create_answers_with_the_record_and_where_it_is() {
    let wharf = Wharf::new();
    let body = json!({
        "name": "weather", "template": "keyed", "environment": {"LEVEL": "debug"},
        "secrets": {"API_KEY": SECRET}, "labels": {"team": "a"}, "description": null,
    });
    let answer = wharf.post(PATH, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let instance = &answer.json;
    let id = instance["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), format!("/mcp/instances/{id}"));
    assert_eq!(answer.header("etag"), format!("\"{}\"", instance["revision"]));
    assert_eq!(instance["status"], "requested");
    assert_eq!(instance["provisioner"], "local");
    assert_eq!(instance["environment"], json!({"LEVEL": "debug"}));
    assert_eq!(instance["secrets"], json!(["API_KEY"]));
    assert_eq!(instance["labels"], json!({"team": "a"}));
    for absent in ["description", "endpoint", "workload", "error", "next_attempt_at", "observed_at"] {
        assert!(instance.get(absent).is_some_and(serde_json::Value::is_null), "{absent}: {}", answer.text);
    }
    assert_eq!(wharf.get(answer.header("location")).await.json, answer.json);
}

#[tokio::test]
async fn with_wait_the_answer_comes_when_it_runs_or_failed() {
    let wharf = Wharf::new();
    let (lifecycle, mut events) = (wharf.lifecycle.clone(), wharf.lifecycle.subscribe());
    let reconciler = async {
        let id = events.recv().await.unwrap().subject.as_ref().unwrap().id;
        for fact in became_running() {
            lifecycle.record(id, None, fact).await.unwrap();
        }
    };
    let body = json!({"name": "weather", "template": "plain"});
    let (answer, ()) = tokio::join!(wharf.post("/mcp/instances?wait=30s", &body), reconciler);
    assert_eq!((answer.status, &answer.json["status"]), (201, &json!("running")));
    assert_eq!(
        answer.json["endpoint"],
        json!({"url": "http://127.0.0.1:9000/mcp", "transport": "streamable-http"})
    );
    assert_eq!(answer.json["workload"]["details"], json!({"pid": "7"}));
}

#[tokio::test]
async fn a_provisioning_that_fails_is_no_http_failure() {
    let wharf = Wharf::new();
    let (lifecycle, mut events) = (wharf.lifecycle.clone(), wharf.lifecycle.subscribe());
    let reconciler = async {
        let id = events.recv().await.unwrap().subject.as_ref().unwrap().id;
        let error = InstanceError {
            code: "image_not_found".to_owned(),
            message: "no such image".to_owned(),
            retryable: false,
            remedy: "build it".to_owned(),
            causes: vec![Cause::new("Exited", "it ended").with_exit_code(Some(3))],
        };
        lifecycle.record(id, None, Fact::GaveUp { error, workload_may_exist: false }).await.unwrap();
    };
    let body = json!({"name": "weather", "template": "plain"});
    let (answer, ()) = tokio::join!(wharf.post("/mcp/instances?wait=30s", &body), reconciler);
    assert_eq!((answer.status, &answer.json["status"]), (201, &json!("failed")));
    assert_eq!(
        answer.json["error"],
        json!({
            "code": "image_not_found", "message": "no such image", "retryable": false, "remedy": "build it",
            "exit_code": 3, "causes": [{"reason": "Exited", "message": "it ended", "exit_code": 3}],
        })
    );
}

#[tokio::test]
async fn wait_is_bounded_and_has_a_unit() {
    let wharf = Wharf::new();
    let body = json!({"name": "weather", "template": "plain"});
    for wait in ["30", "301s", "-1s", "", "1d"] {
        let answer = wharf.post(&format!("{PATH}?wait={wait}"), &body).await;
        assert_eq!(answer.code(), (400, "invalid_query"), "{wait}");
        assert_eq!(answer.errors(), [("wait", "invalid_parameter")]);
    }
    let answer = wharf.post(&format!("{PATH}?wiat=1s&dry_run=yes&wait=1s&wait=2s"), &body).await;
    let expected =
        [("wait", "duplicate_parameter"), ("dry_run", "invalid_parameter"), ("wiat", "unknown_parameter")];
    assert_eq!(answer.errors(), expected);
    assert_eq!(wharf.get(PATH).await.json["instances"], json!([]));
}

#[tokio::test]
async fn a_dry_run_shows_the_effective_request_and_creates_nothing() {
    let allow = Verdict {
        decision: Decision::Allow,
        violations: Vec::new(),
        warnings: vec!["a short name".to_owned()],
    };
    let wharf = Wharf::with(Fakes::with_hook(Ok(allow)), 8);
    let body = json!({"name": "weather", "template": "plain", "secrets": {"TOKEN": SECRET}});
    let answer = wharf.post("/mcp/instances?dry_run=true", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(
        answer.json["request"],
        json!({
            "name": "weather", "description": null, "template": "plain", "provisioner": "local",
            "environment": {"LEVEL": "info"}, "secrets": ["TOKEN"], "labels": {"kind": "example"},
        })
    );
    assert_eq!(answer.json["warnings"], json!(["a short name"]));
    assert_eq!(answer.json["admission"][0]["verdict"], "allow");
    assert_eq!(wharf.get(PATH).await.json["instances"], json!([]));
}

#[tokio::test]
async fn what_is_not_json_is_refused_without_quoting_it() {
    let wharf = Wharf::new();
    for body in [&format!("{{\"name\": {SECRET}}}"), "{", "", "nonsense", &"[".repeat(300)] {
        let answer = wharf.post_text(PATH, body).await;
        assert_eq!(answer.code(), (400, "invalid_json"), "{body}");
    }
    for (body, found) in [("[]", "an array"), ("null", "null"), ("\"x\"", "a string"), ("7", "a number")] {
        let answer = wharf.post_text(PATH, body).await;
        assert_eq!(answer.code(), (400, "wrong_type"), "{body}");
        assert!(answer.json["detail"].as_str().unwrap().contains(found), "{}", answer.text);
    }
}

#[tokio::test]
async fn everything_wrong_with_the_form_is_said_at_once_with_its_place() {
    let wharf = Wharf::new();
    let body = json!({
        "template": 7, "environment": {"A": 1, "B": "x"}, "secrets": SECRET, "labels": ["a"],
        "enviroment": SECRET, "a/b": 1,
    });
    let answer = wharf.post(PATH, &body).await;
    let expected = [
        ("/name", "missing_member"),
        ("/template", "wrong_type"),
        ("/environment/A", "wrong_type"),
        ("/secrets", "wrong_type"),
        ("/labels", "wrong_type"),
        ("/a~1b", "unknown_member"),
        ("/enviroment", "unknown_member"),
    ];
    assert_eq!(answer.errors(), expected);
    assert_eq!(answer.code(), (400, "missing_member"));

    let body = json!({"name": "n", "template": "plain", "colour": SECRET});
    let answer = wharf.post(PATH, &body).await;
    assert_eq!(answer.code(), (400, "unknown_member"));
    assert_eq!(answer.errors(), [("/colour", "unknown_member")]);
}

#[tokio::test]
async fn what_is_well_formed_and_wrong_is_422() {
    let wharf = Wharf::new();
    let uuid = "01990000-0000-7000-8000-0000000000ff";
    for (body, expected) in [
        (json!({"name": "Weather", "template": "plain"}), ("/name", "invalid_name")),
        (json!({"name": uuid, "template": "plain"}), ("/name", "invalid_name")),
        (json!({"name": "n", "template": "none"}), ("/template", "unknown_template")),
        (json!({"name": "n", "template": "No!"}), ("/template", "unknown_template")),
        (
            json!({"name": "n", "template": "plain", "provisioner": "x"}),
            ("/provisioner", "unknown_provisioner"),
        ),
        (json!({"name": "n", "template": "keyed"}), ("/secrets/API_KEY", "required")),
        (
            json!({"name": "n", "template": "plain", "environment": {"LD_PRELOAD": "x"}}),
            ("/environment/LD_PRELOAD", "reserved_key"),
        ),
        (
            json!({"name": "n", "template": "keyed", "environment": {"API_KEY": SECRET}}),
            ("/environment/API_KEY", "secret_in_environment"),
        ),
    ] {
        let answer = wharf.post(PATH, &body).await;
        assert_eq!(answer.code(), (422, "invalid_request"), "{body}");
        assert_eq!(answer.errors(), [expected], "{body}");
    }
    assert_eq!(wharf.get(PATH).await.json["instances"], json!([]));
}

#[tokio::test]
async fn a_taken_name_is_a_conflict_until_its_instance_is_gone() {
    let wharf = Wharf::new();
    let instance = wharf.create("weather").await;
    let body = json!({"name": "weather", "template": "plain"});
    assert_eq!(wharf.post(PATH, &body).await.code(), (409, "name_taken"));
    assert_eq!(wharf.delete("/mcp/instances/weather").await.status, 202);
    let answer = wharf.post(PATH, &body).await;
    assert_eq!(answer.code(), (409, "name_deleting"));
    assert_eq!(answer.json["retryable"], true);
    wharf.happened(&instance, [Fact::DeleteSucceeded]).await;
    assert_eq!(wharf.post(PATH, &body).await.status, 201);
}

#[tokio::test]
async fn a_denial_says_which_hook_and_why() {
    let deny = Verdict {
        decision: Decision::Deny,
        violations: vec![Violation {
            pointer: "/name".to_owned(),
            code: "bad_prefix".to_owned(),
            message: "must start with a team".to_owned(),
        }],
        warnings: Vec::new(),
    };
    let wharf = Wharf::with(Fakes::with_hook(Ok(deny)), 8);
    for path in [PATH, "/mcp/instances?dry_run=true"] {
        let answer = wharf.post(path, &json!({"name": "weather", "template": "plain"})).await;
        assert_eq!(answer.code(), (422, "hook_denied"));
        assert_eq!(answer.errors(), [("/name", "bad_prefix")]);
        assert_eq!(answer.json["hook"], "naming");
        let admission = &answer.json["admission"][0];
        assert_eq!(
            ["hook", "verdict", "mode", "digest", "settings_hash", "code"].map(|key| &admission[key]),
            ["naming", "deny", "enforce", "sha256:02", "sha256:04", "hook_denied"]
        );
        assert_eq!((&admission["generation"], admission["took_us"].is_u64()), (&json!(7), true));
        assert_eq!(admission["violations"], answer.json["errors"]);
        assert!(admission["at"].is_string(), "{admission}");
    }
    assert_eq!(wharf.get(PATH).await.json["instances"], json!([]));
}

#[tokio::test]
async fn a_hook_that_cannot_answer_has_its_own_code() {
    let trapped = Failure::new(FailureKind::OutcomeUnknown, "it trapped").with_code("plugin_trapped");
    let wharf = Wharf::with(Fakes::with_hook(Err(trapped)), 8);
    let answer = wharf.post(PATH, &json!({"name": "weather", "template": "plain"})).await;
    assert_eq!(answer.code(), (422, "hook_failed"));
    assert_eq!(answer.json["retryable"], true);
}

#[tokio::test]
async fn a_hook_without_a_turn_decides_nothing_and_says_when_to_come_back() {
    let busy = Failure::new(FailureKind::NotApplied, "no turn was free").with_code(Failure::BUSY);
    let wharf = Wharf::with(Fakes::with_hook(Err(busy)), 8);
    let answer = wharf.post(PATH, &json!({"name": "weather", "template": "plain"})).await;
    assert_eq!(answer.code(), (503, "hook_busy"));
    assert_eq!((answer.header("retry-after"), &answer.json["retryable"]), ("1", &json!(true)));
    assert_eq!(answer.json["admission"][0]["code"], "hook_busy");
    assert_eq!(wharf.get(PATH).await.json["instances"], json!([]));
    let kept = wharf.lifecycle.past_requests(None, 10).await.unwrap();
    assert_eq!(kept.requests, [], "it will come again");
}

#[tokio::test]
async fn a_reached_bound_says_when_to_come_back() {
    let wharf = Wharf::with(Fakes::default(), 0);
    let answer = wharf.post(PATH, &json!({"name": "weather", "template": "plain"})).await;
    assert_eq!(answer.code(), (503, "busy"));
    assert_eq!((answer.header("retry-after"), &answer.json["retryable"]), ("1", &json!(true)));
}

#[tokio::test]
async fn a_body_must_be_declared_as_json() {
    let wharf = Wharf::new();
    let body = json!({"name": "weather", "template": "plain"}).to_string();
    for content_type in
        [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonx")]
    {
        let mut request = request("POST", PATH);
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let answer = wharf.call(request.body(Body::from(body.clone())).unwrap()).await;
        assert_eq!(answer.code(), (415, "unsupported_media_type"), "{content_type:?}");
    }
    let request = request("POST", PATH).header(header::CONTENT_TYPE, "Application/JSON; charset=utf-8");
    assert_eq!(wharf.call(request.body(Body::from(body)).unwrap()).await.status, 201);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_declared_or_not() {
    let wharf = Wharf::new();
    let large = format!("\"{}\"", "x".repeat(300 << 10));
    let json = || request("POST", PATH).header(header::CONTENT_TYPE, "application/json");
    let declared =
        json().header(header::CONTENT_LENGTH, large.len()).body(Body::from(large.clone())).unwrap();
    assert_eq!(wharf.call(declared).await.code(), (413, "body_too_large"));
    let chunks = futures_util::stream::iter(
        large
            .into_bytes()
            .chunks(1 << 10)
            .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
            .collect::<Vec<_>>(),
    );
    let streamed = json().body(Body::from_stream(chunks)).unwrap();
    assert_eq!(wharf.call(streamed).await.code(), (413, "body_too_large"));
}

#[tokio::test]
async fn a_wait_that_is_over_answers_with_what_is() {
    let wharf = Wharf::new();
    let body = json!({"name": "weather", "template": "plain"});
    let asked = tokio::time::timeout(Duration::from_secs(20), wharf.post("/mcp/instances?wait=50ms", &body));
    assert_eq!(asked.await.unwrap().json["status"], "requested");
}
