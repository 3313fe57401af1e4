//! GET /mcp/plugins.

use std::sync::Arc;

use serde_json::json;
use tokio::sync::Semaphore;

use super::Wharf;
use super::fakes::Fakes;

#[tokio::test]
async fn a_refused_plugin_shows_what_is_wanted_what_serves_and_why() {
    let wharf = Wharf::new();
    let answer = wharf.get("/mcp/plugins").await;
    assert_eq!(
        answer.json,
        json!({"generation": 7, "hooks": [], "configuration": {
            "refusal": {"at": "1970-01-01T00:00:02.000Z", "message": "server.listen: is no address"},
            "needs_restart": ["store.cache"],
        }, "plugins": [{
            "name": "local", "kind": "provisioner", "state": "refused",
            "desired": {"digest": "sha256:03"},
            "active": {"digest": "sha256:01", "generation": 6, "since": "1970-01-01T00:00:00.000Z"},
            "last_refusal": {
                "at": "1970-01-01T00:00:01.000Z", "code": "plugin_invalid", "message": "no component",
                "digest": "sha256:03",
            },
            "quarantine": null, "instances": 2,
            "previous": [{"digest": "sha256:00", "generation": 5, "since": "1970-01-01T00:00:00.000Z"}],
            "calls": 3, "in_flight": 1, "p50_us": 2_000, "p99_us": null,
        }]})
    );
    assert_eq!(wharf.get("/mcp/plugins?x=1").await.code(), (400, "invalid_query"));
}

#[tokio::test]
async fn the_hooks_that_are_asked_stand_beside_the_plugins_with_what_their_verdict_does() {
    let wharf = Wharf::with(Fakes::with_gate(Arc::new(Semaphore::new(0))), 8);
    let hooks = &wharf.get("/mcp/plugins").await.json["hooks"];
    let when = json!({"template": [], "label": []});
    assert_eq!(*hooks, json!([{"name": "naming", "mode": "enforce", "on_error": "deny", "when": when}]));
}

#[tokio::test]
async fn a_handler_that_panics_is_a_problem_of_its_request_alone() {
    let wharf = Wharf::with(Fakes::panicking(), 8);
    let answer = wharf.get("/mcp/plugins").await;
    assert_eq!(answer.code(), (500, "internal"));
    assert!(!answer.text.contains("a part that panics"), "{}", answer.text);
    assert_eq!(wharf.get("/livez").await.status, 200);
}

#[tokio::test]
async fn a_reload_answers_with_how_everything_stands_and_does_not_keep_its_caller_for_ever() {
    let wharf = Wharf::new();
    let answer = wharf.post("/mcp/plugins/reload", &json!({})).await;
    assert_eq!((answer.status, &answer.json["generation"]), (200, &json!(7)));
    let slow = Wharf::with(Fakes::with_gate(Arc::new(Semaphore::new(0))), 8);
    let answer = slow.post("/mcp/plugins/reload?wait=10ms", &json!({})).await;
    assert_eq!((answer.status, &answer.json["generation"]), (202, &json!(7)));
    assert_eq!(wharf.post("/mcp/plugins/reload?wait=9", &json!({})).await.code(), (400, "invalid_query"));
}

#[tokio::test]
async fn a_rollback_that_is_not_possible_says_why() {
    let wharf = Wharf::new();
    assert_eq!(wharf.post("/mcp/plugins/local/rollback", &json!({})).await.status, 200);
    for (name, code) in [
        ("nobody", (404, "plugin_not_found")),
        ("both", (409, "plugin_ambiguous")),
        ("new", (409, "nothing_to_roll_back_to")),
        ("gone", (422, "rollback_refused")),
        ("local/rollback?kind=driver", (400, "invalid_query")),
    ] {
        let path = match name.split_once('?') {
            Some((path, query)) => format!("/mcp/plugins/{path}?{query}"),
            None => format!("/mcp/plugins/{name}/rollback"),
        };
        assert_eq!(wharf.post(&path, &json!({})).await.code(), code, "{name}");
    }
}
