//! Creates that are sent again.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::header;
use serde_json::json;
use tokio::sync::Semaphore;

use super::fakes::Fakes;
use super::{SECRET, Wharf, became_running, request};
use crate::domain::Fact;

const PATH: &str = "/mcp/instances";

#[tokio::test]
async fn a_repeat_makes_nothing_and_answers_with_the_instance_as_it_is_now() {
    let wharf = Wharf::new();
    let body = json!({"name": "weather", "template": "keyed", "secrets": {"API_KEY": SECRET}, "labels": {"a": "1", "b": "2"}});
    let first = wharf.post_keyed(PATH, "\"k 1\"", &body).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (201, ""));
    wharf.happened(&first.json, became_running()).await;

    // Other white space and order, and members that say nothing.
    let spelled = format!(
        "{{ \"labels\": {{\"b\": \"2\", \"a\": \"1\"}}, \"description\": null, \"environment\": {{}},\n \"secrets\": \
         {{\"API_KEY\": \"{SECRET}\"}}, \"template\": \"keyed\", \"name\": \"weather\" }}"
    );
    let again = request("POST", "/mcp/instances?wait=1s")
        .header(header::CONTENT_TYPE, "application/json")
        .header("Idempotency-Key", "\"k 1\"")
        .body(Body::from(spelled))
        .unwrap();
    let again = wharf.call(again).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, "true"), "{}", again.text);
    assert_eq!((&again.json["id"], &again.json["status"]), (&first.json["id"], &json!("running")));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(again.header("etag"), format!("\"{}\"", again.json["revision"]));
    assert_eq!(wharf.get(PATH).await.json["instances"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_repeat_waits_as_the_first_would() {
    let wharf = Wharf::new();
    let body = json!({"name": "weather", "template": "plain"});
    let first = wharf.post_keyed(PATH, "k", &body).await;
    let reconciler = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        wharf.happened(&first.json, became_running()).await;
    };
    let (again, ()) = tokio::join!(wharf.post_keyed("/mcp/instances?wait=30s", "k", &body), reconciler);
    assert_eq!((again.status, &again.json["status"]), (201, &json!("running")));
}

#[tokio::test]
async fn a_key_is_for_one_request() {
    let wharf = Wharf::new();
    let body = json!({"name": "weather", "template": "keyed", "secrets": {"API_KEY": SECRET}});
    assert_eq!(wharf.post_keyed(PATH, "k", &body).await.status, 201);
    for other in [
        json!({"name": "other", "template": "keyed", "secrets": {"API_KEY": SECRET}}),
        json!({"name": "weather", "template": "keyed", "secrets": {"API_KEY": "another"}}),
        json!({"name": "weather", "template": "keyed", "secrets": {"API_KEY": SECRET}, "description": ""}),
    ] {
        assert_eq!(wharf.post_keyed(PATH, "k", &other).await.code(), (422, "idempotency_key_reused"));
    }
    let bulk = json!({"create": [body.clone()]});
    assert_eq!(wharf.post_keyed("/mcp/bulk", "k", &bulk).await.code(), (422, "idempotency_key_reused"));
    assert_eq!(wharf.post_keyed(PATH, "k2", &body).await.code(), (409, "name_taken"));
    assert_eq!(wharf.get(PATH).await.json["instances"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_repeat_does_not_bring_back_what_was_deleted() {
    let wharf = Wharf::new();
    let body = json!({"name": "weather", "template": "plain"});
    let instance = wharf.post_keyed(PATH, "k", &body).await.json;
    wharf.happened(&instance, [Fact::DeleteRequested]).await;
    let again = wharf.post_keyed(PATH, "k", &body).await;
    assert_eq!((again.status, &again.json["status"]), (201, &json!("deleting")));
    wharf.happened(&instance, [Fact::DeleteSucceeded]).await;
    let again = wharf.post_keyed(PATH, "k", &body).await;
    assert_eq!(again.code(), (409, "idempotent_instance_gone"));
    assert!(again.json["detail"].as_str().unwrap().contains(instance["id"].as_str().unwrap()));
    assert_eq!(wharf.get(PATH).await.json["instances"], json!([]));
}

#[tokio::test]
async fn what_was_refused_is_not_remembered() {
    let wharf = Wharf::new();
    let taken = wharf.create("weather").await;
    let body = json!({"name": "weather", "template": "plain"});
    assert_eq!(wharf.post_keyed(PATH, "k", &body).await.code(), (409, "name_taken"));
    let wrong = json!({"name": "other", "template": "none"});
    assert_eq!(wharf.post_keyed(PATH, "k", &wrong).await.code(), (422, "invalid_request"));
    wharf.happened(&taken, [Fact::DeleteRequested, Fact::DeleteSucceeded]).await;
    let made = wharf.post_keyed(PATH, "k", &body).await;
    assert_eq!((made.status, made.header("idempotent-replayed")), (201, ""));
}

#[tokio::test]
async fn a_repeat_while_the_first_is_under_way_comes_too_early() {
    let gate = Arc::new(Semaphore::new(0));
    let wharf = Wharf::with(Fakes::with_gate(Arc::clone(&gate)), 8);
    let body = json!({"name": "weather", "template": "plain"});
    let early = async {
        let early = wharf.post_keyed(PATH, "k", &body).await;
        assert_eq!(early.code(), (409, "idempotent_request_in_flight"));
        assert_eq!((early.header("retry-after"), &early.json["retryable"]), ("1", &json!(true)));
        gate.add_permits(1);
    };
    let (first, ()) = tokio::join!(wharf.post_keyed(PATH, "k", &body), early);
    assert_eq!(first.status, 201, "{}", first.text);
    let again = wharf.post_keyed(PATH, "k", &body).await;
    assert_eq!((again.status, &again.json["id"]), (201, &first.json["id"]));
}

#[tokio::test]
async fn a_client_that_went_away_before_the_commit_left_nothing() {
    let gate = Arc::new(Semaphore::new(0));
    let wharf = Wharf::with(Fakes::with_gate(Arc::clone(&gate)), 8);
    let body = json!({"name": "weather", "template": "plain"});
    let given_up = tokio::time::timeout(Duration::from_millis(50), wharf.post_keyed(PATH, "k", &body)).await;
    assert!(given_up.is_err());
    gate.add_permits(1);
    let again = wharf.post_keyed(PATH, "k", &body).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (201, ""));
}

#[tokio::test]
async fn a_key_means_nothing_to_a_dry_run() {
    let wharf = Wharf::new();
    let body = json!({"name": "weather", "template": "plain"});
    assert_eq!(wharf.post_keyed("/mcp/instances?dry_run=true", "k", &body).await.status, 200);
    let made = wharf.post_keyed(PATH, "k", &body).await;
    assert_eq!((made.status, made.header("idempotent-replayed")), (201, ""));
    assert_eq!(
        wharf
            .post_keyed("/mcp/instances?dry_run=true", "k", &json!({"name": "other", "template": "plain"}))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn what_is_no_key_is_refused_before_anything_else() {
    let wharf = Wharf::new();
    for path in [PATH, "/mcp/bulk"] {
        for key in ["", "two words", "a,b", &"x".repeat(256)] {
            let answer = wharf.post_keyed(path, key, &json!({})).await;
            assert_eq!(answer.code(), (400, "invalid_idempotency_key"), "{path} {key}");
        }
    }
}

#[tokio::test]
async fn a_key_that_could_not_be_remembered_is_refused_with_its_request() {
    let wharf = Wharf::new();
    let body = |name: &str| json!({"name": name, "template": "plain"});
    for index in 0..5 {
        let name = format!("i{index}");
        assert_eq!(wharf.post_keyed(PATH, &name, &body(&name)).await.status, 201);
    }
    for (path, request) in [(PATH, body("more")), ("/mcp/bulk", json!({"create": [body("more")]}))] {
        let full = wharf.post_keyed(path, "more", &request).await;
        assert_eq!(full.code(), (503, "idempotency_keys_full"));
        // The oldest goes after an hour, as these tests have it.
        let after: u64 = full.header("retry-after").parse().unwrap();
        assert!((3_000..=3_600).contains(&after), "{after}");
    }
    assert_eq!(wharf.get("/mcp/instances/more").await.status, 404);
    assert_eq!(wharf.post(PATH, &body("more")).await.status, 201);
    assert_eq!(wharf.post_keyed(PATH, "i0", &body("i0")).await.header("idempotent-replayed"), "true");
}
