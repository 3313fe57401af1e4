//! GET /mcp/provisioners.

use serde_json::json;

use super::Wharf;

#[tokio::test]
async fn provisioners_say_what_they_are_and_whether_they_answer() {
    let wharf = Wharf::new();
    wharf.create("weather").await;
    let answer = wharf.get("/mcp/provisioners").await;
    assert_eq!(
        answer.json,
        json!({"provisioners": [{
            "name": "local", "plugin": {"name": "local", "digest": "sha256:01"}, "default": true,
            "capabilities": ["logs"], "reachable": true, "since": "1970-01-01T00:00:00.000Z",
            "in_flight": 1, "instances": 1, "standing": "serving", "swept_at": null,
            "breaker": {"state": "closed", "since": null, "until": null, "failures": 0, "reason": null},
            "recovery": {"frozen": false, "frozen_since": null, "in_recovery": 0, "limit": 5},
        }]})
    );
    assert_eq!(wharf.get("/mcp/provisioners?x=1").await.code(), (400, "invalid_query"));
}
