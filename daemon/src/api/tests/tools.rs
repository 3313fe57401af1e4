//! Tools of an instance: listed, and called.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::header;
use serde_json::json;

use super::{Wharf, request};
use crate::domain::{Fact, InstanceId, Sighting, Timestamp, Tool};
use crate::extension::ToolCallError;

const ECHO: &str = "/mcp/instances/weather/tools/echo";

#[tokio::test]
async fn tools_come_with_their_age() {
    let wharf = Wharf::new();
    let instance = wharf.create("weather").await;
    let answer = wharf.get("/mcp/instances/weather/tools").await;
    assert_eq!(answer.json, json!({"tools": [], "observed_at": null}));

    let tool = |name: &str, schema: &str| Tool {
        name: name.to_owned(),
        description: None,
        input_schema: schema.to_owned(),
    };
    let tools: Arc<[Tool]> = Arc::from([tool("echo", r#"{"type":"object"}"#), tool("odd", "no JSON")]);
    let sighting = Sighting { observed_at: Timestamp(2_000), tools: Some((Timestamp(1_000), tools)) };
    wharf.lifecycle.sighted(instance["id"].as_str().unwrap().parse().unwrap(), sighting);
    let answer = wharf.get("/mcp/instances/weather/tools").await;
    assert_eq!(
        answer.json,
        json!({
            "tools": [
                {"name": "echo", "description": null, "input_schema": {"type": "object"}},
                {"name": "odd", "description": null, "input_schema": {}},
            ],
            "observed_at": "1970-01-01T00:00:01.000Z",
        })
    );
    let observed = &wharf.get("/mcp/instances/weather").await.json["observed_at"];
    assert_eq!(observed, "1970-01-01T00:00:02.000Z");
}

#[tokio::test]
async fn a_call_passes_on_what_the_server_said() {
    let wharf = Wharf::new();
    wharf.running("weather").await;
    wharf.fakes.set_call(Ok(r#"{"content":[],"isError":true,"extra":"{asked}"}"#));
    let answer = wharf.post(ECHO, &json!({"arguments": {"message": "ahoy"}})).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let asked = "http://127.0.0.1:9000/mcp echo {'message':'ahoy'}";
    assert_eq!(answer.json, json!({"content": [], "isError": true, "extra": asked}));
    // A tool that wants nothing needs no body; and its name may be anything.
    let answer = wharf.ask("/mcp/instances/weather/tools/a%2Fb%20c").await;
    assert_eq!(answer.json["extra"], "http://127.0.0.1:9000/mcp a/b c {}");
}

#[tokio::test]
async fn a_call_is_refused_before_it_is_made_if_it_cannot_be_one() {
    let wharf = Wharf::new();
    wharf.create("weather").await;
    assert_eq!(wharf.ask(ECHO).await.code(), (409, "no_endpoint"));
    assert_eq!(wharf.ask("/mcp/instances/none/tools/echo").await.code(), (404, "instance_not_found"));
    assert_eq!(wharf.ask(&format!("{ECHO}?wait=1s")).await.code(), (400, "invalid_query"));
    let list = wharf.post(ECHO, &json!({"arguments": ["ahoy"]})).await;
    assert_eq!((list.code(), list.errors()), ((400, "wrong_type"), vec![("/arguments", "wrong_type")]));
    let misspelt = wharf.post(ECHO, &json!({"argument": {}})).await;
    assert_eq!(misspelt.errors(), [("/argument", "unknown_member")]);
    let form = request("POST", ECHO).header(header::CONTENT_TYPE, "text/plain").body(Body::from("{}"));
    assert_eq!(wharf.call(form.unwrap()).await.code(), (415, "unsupported_media_type"));
}

#[tokio::test]
async fn a_call_without_a_result_says_whose_fault_it_is_and_whether_it_may_have_run() {
    let wharf = Wharf::new();
    wharf.running("weather").await;
    let said = || "as it was said".to_owned();
    for (error, code) in [
        (ToolCallError::Busy, (503, "busy")),
        (ToolCallError::NotAllowed(said()), (502, "endpoint_refused")),
        (ToolCallError::Unreachable(said()), (502, "endpoint_unreachable")),
        (ToolCallError::NeedsCredentials(said()), (502, "needs_credentials")),
        (ToolCallError::Failed(said()), (502, "tool_failed")),
        (ToolCallError::TimedOut(Duration::from_secs(60)), (504, "tool_timed_out")),
        (ToolCallError::Refused { code: -32_602, message: said() }, (422, "tool_refused")),
    ] {
        wharf.fakes.set_call(Err(error.clone()));
        let answer = wharf.ask(ECHO).await;
        assert_eq!(answer.code(), code, "{error:?}");
        let detail = answer.json["detail"].as_str().unwrap();
        assert!(
            matches!(error, ToolCallError::Busy | ToolCallError::TimedOut(_)) || detail.contains(&said()),
            "{detail}"
        );
        // What may have run is not to be repeated by a program.
        let repeatable = matches!(error, ToolCallError::Busy | ToolCallError::Unreachable(_));
        assert_eq!(answer.json["retryable"], repeatable, "{error:?}");
    }
    assert_eq!(wharf.ask(ECHO).await.errors(), [("", "-32602")]);
}

#[tokio::test]
async fn a_tool_that_was_not_listed_and_is_refused_is_not_there() {
    let wharf = Wharf::new();
    let instance = wharf.running("weather").await;
    let id: InstanceId = instance["id"].as_str().unwrap().parse().unwrap();
    let tool = Tool { name: "echo".to_owned(), description: None, input_schema: "{}".to_owned() };
    let sighting = Sighting { observed_at: Timestamp(1), tools: Some((Timestamp(1), Arc::from([tool]))) };
    wharf.lifecycle.sighted(id, sighting);
    wharf.fakes.set_call(Err(ToolCallError::Refused { code: -32_602, message: "no".to_owned() }));
    assert_eq!(wharf.ask(ECHO).await.code(), (422, "tool_refused"));
    assert_eq!(wharf.ask("/mcp/instances/weather/tools/echoo").await.code(), (404, "tool_not_found"));
    // Who knows best is the server: it may have got the tool since.
    wharf.fakes.set_call(Ok("{}"));
    assert_eq!(wharf.ask("/mcp/instances/weather/tools/echoo").await.status, 200);
    wharf.happened(&instance, [Fact::DeleteRequested]).await;
    assert_eq!(wharf.ask(ECHO).await.code(), (409, "no_endpoint"));
}
