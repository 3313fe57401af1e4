//! GET /mcp/plugins.

use serde_json::json;

use super::Wharf;
use super::fakes::Fakes;

#[tokio::test]
async fn a_refused_plugin_shows_what_is_wanted_what_serves_and_why() {
    let wharf = Wharf::new();
    let answer = wharf.get("/mcp/plugins").await;
    assert_eq!(
        answer.json,
        json!({"generation": 7, "plugins": [{
            "name": "local", "kind": "provisioner", "state": "refused",
            "desired": {"digest": "sha256:03"},
            "active": {"digest": "sha256:01", "generation": 6, "since": "1970-01-01T00:00:00.000Z"},
            "last_refusal": {
                "at": "1970-01-01T00:00:01.000Z", "code": "plugin_invalid", "message": "no component",
                "digest": "sha256:03",
            },
            "calls": 3, "p50_us": 2_000, "p99_us": null,
        }]})
    );
    assert_eq!(wharf.get("/mcp/plugins?x=1").await.code(), (400, "invalid_query"));
}

#[tokio::test]
async fn a_handler_that_panics_is_a_problem_of_its_request_alone() {
    let wharf = Wharf::with(Fakes::panicking(), 8);
    let answer = wharf.get("/mcp/plugins").await;
    assert_eq!(answer.code(), (500, "internal"));
    assert!(!answer.text.contains("a part that panics"), "{}", answer.text);
    assert_eq!(wharf.get("/livez").await.status, 200);
}
