//! POST /mcp/bulk and what it comes to.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::answer::Answer;
use super::fakes::Fakes;
use super::{SECRET, Wharf, became_running};
use crate::domain::{Decision, Fact, Failure, FailureKind, Verdict, Violation};

const PATH: &str = "/mcp/bulk";
const SOON: Duration = Duration::from_secs(20);

fn plain(name: &str) -> Value {
    json!({"name": name, "template": "plain"})
}

/// The statuses of a bulk's items.
fn statuses(bulk: &Value) -> Vec<&str> {
    bulk["items"].as_array().unwrap().iter().map(|item| item["status"].as_str().unwrap()).collect()
}

impl Wharf {
    /// The bulk as soon as `is_there`.
    async fn bulk_when(&self, bulk: &Value, is_there: impl Fn(&Value) -> bool) -> Value {
        let path = format!("/mcp/bulk/{}", bulk["id"].as_str().unwrap());
        let deadline = tokio::time::Instant::now() + SOON;
        loop {
            let now = self.get(&path).await;
            assert_eq!(now.status, 200, "{}", now.text);
            if is_there(&now.json) {
                return now.json;
            }
            assert!(tokio::time::Instant::now() < deadline, "{}", now.text);
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn bulk(&self, body: &Value) -> Value {
        let answer = self.post(PATH, body).await;
        assert!(matches!(answer.status, 200 | 202), "{}", answer.text);
        answer.json
    }

    /// The bulk as soon as no item is pending.
    async fn worked_off(&self, bulk: &Value) -> Value {
        self.bulk_when(bulk, |bulk| bulk["counts"]["pending"] == 0).await
    }
}

#[tokio::test]
async fn each_item_has_a_result_of_its_own() {
    let wharf = Wharf::new();
    let old = wharf.running("old").await;
    wharf.create("holder").await;
    let creates = [
        json!({"name": "one", "template": "keyed", "secrets": {"API_KEY": SECRET}}),
        plain("holder"),
        plain("one"),
        json!({"name": "two", "template": "none"}),
        json!({"name": "three", "template": "plain", "colour": "red"}),
        json!({"template": "plain"}),
        json!("four"),
        plain("Five"),
    ];
    let answer = wharf.post(PATH, &json!({"create": creates, "delete": ["old", "nobody", "No!"]})).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let location = format!("/mcp/bulk/{}", answer.json["id"].as_str().unwrap());
    assert_eq!(answer.header("location"), location);
    assert_eq!((&answer.json["status"], &answer.json["dry_run"]), (&json!("working"), &json!(false)));

    let bulk = wharf.worked_off(&answer.json).await;
    let expected = ["accepted", "refused", "refused", "refused", "refused", "refused", "refused", "refused"];
    assert_eq!(statuses(&bulk), [&expected[..], &["accepted", "refused", "refused"]].concat());
    let items = bulk["items"].as_array().unwrap();
    let told = |index: usize| {
        let item = &items[index];
        (item["op"].as_str().unwrap(), item["name"].as_str(), item["problem"]["code"].as_str())
    };
    assert_eq!(told(0), ("create", Some("one"), None));
    assert_eq!(told(1), ("create", Some("holder"), Some("name_taken")));
    assert_eq!(told(2), ("create", Some("one"), Some("invalid_request")));
    assert_eq!(items[2]["problem"]["errors"][0]["code"], "duplicate_name");
    assert_eq!(told(4), ("create", Some("three"), Some("unknown_member")));
    assert_eq!(told(5), ("create", None, Some("missing_member")));
    assert_eq!(told(6), ("create", None, Some("wrong_type")));
    assert_eq!(told(8), ("delete", Some("old"), None));
    assert_eq!(told(9), ("delete", Some("nobody"), Some("instance_not_found")));
    assert_eq!(told(10), ("delete", Some("No!"), Some("instance_not_found")));
    assert_eq!(items[8]["id"], old["id"]);
    for (index, item) in items.iter().enumerate() {
        assert_eq!(item["index"], index);
    }
    // A problem is the one a single request would have got.
    for index in [1, 3, 4, 5, 7] {
        let mut single = wharf.post("/mcp/instances", &creates[index]).await.json;
        let mut problem = items[index]["problem"].clone();
        for problem in [&mut single, &mut problem] {
            problem.as_object_mut().unwrap().remove("request_id");
        }
        assert_eq!(problem, single);
    }

    // It goes on until what was accepted has come to its end.
    let one = wharf.get("/mcp/instances/one").await.json;
    assert_eq!(one["id"], items[0]["id"]);
    wharf.happened(&one, became_running()).await;
    let bulk = wharf.bulk_when(&answer.json, |bulk| bulk["counts"]["done"] == 1).await;
    assert_eq!((&bulk["status"], &bulk["finished_at"]), (&json!("working"), &Value::Null));
    wharf.happened(&old, [Fact::DeleteSucceeded]).await;
    let bulk = wharf.bulk_when(&answer.json, |bulk| bulk["status"] == "finished").await;
    let counts = json!({"total": 11, "pending": 0, "accepted": 0, "done": 2, "failed": 0, "refused": 9});
    assert_eq!(bulk["counts"], counts);
    assert!(bulk["finished_at"].is_string());
}

#[tokio::test]
async fn with_wait_the_answer_comes_when_it_is_finished() {
    let wharf = Wharf::new();
    let instance = wharf.create("old").await;
    let mut events = wharf.lifecycle.subscribe();
    let reconciler = async {
        while events.recv().await.unwrap().kind != "delete-requested" {}
        wharf.happened(&instance, [Fact::DeleteSucceeded]).await;
    };
    let body = json!({"delete": ["old"]});
    let (answer, ()) = tokio::join!(wharf.post("/mcp/bulk?wait=30s", &body), reconciler);
    assert_eq!((answer.status, &answer.json["status"]), (200, &json!("finished")), "{}", answer.text);
    assert_eq!(statuses(&answer.json), ["done"]);
    // Nothing to wait for: every item was refused as it was read.
    let answer = wharf.post(PATH, &json!({"delete": ["old"], "create": [7]})).await;
    assert_eq!((answer.status, statuses(&answer.json)), (200, vec!["refused", "refused"]));
}

#[tokio::test]
async fn what_failed_or_was_deleted_before_it_ran_is_failed() {
    let wharf = Wharf::new();
    let bulk = wharf.bulk(&json!({"create": [plain("one"), plain("two"), plain("three")]})).await;
    wharf.worked_off(&bulk).await;
    let error = crate::domain::InstanceError {
        code: "c".to_owned(),
        message: "m".to_owned(),
        retryable: true,
        remedy: "r".to_owned(),
        causes: Vec::new(),
    };
    let get = async |name: &str| wharf.get(&format!("/mcp/instances/{name}")).await.json;
    wharf.happened(&get("one").await, [Fact::GaveUp { error, workload_may_exist: false }]).await;
    wharf.happened(&get("two").await, [Fact::DeleteRequested]).await;
    wharf.happened(&get("three").await, became_running()).await;
    let bulk = wharf.bulk_when(&bulk, |bulk| bulk["status"] == "finished").await;
    assert_eq!(statuses(&bulk), ["failed", "failed", "done"]);
    assert!(bulk["items"][0]["problem"].is_null());
    // Its end was its end: what happens to the instance later is the instance's.
    assert_eq!(wharf.delete("/mcp/instances/three").await.status, 202);
    assert_eq!(statuses(&wharf.bulk_when(&bulk, |_| true).await), ["failed", "failed", "done"]);
}

#[tokio::test]
async fn a_selector_deletes_what_its_sender_knows_of_or_nothing() {
    let wharf = Wharf::new();
    for (name, team) in [("a", "red"), ("b", "blue"), ("c", "red")] {
        let body = json!({"name": name, "template": "plain", "labels": {"team": team}});
        assert_eq!(wharf.post("/mcp/instances", &body).await.status, 201);
    }
    let select = |label: Value, count: usize| json!({"create": [plain("new")], "delete_where": {"label": label, "expect_count": count}});
    for wrong in [0, 1, 3] {
        let answer = wharf.post(PATH, &select(json!({"team": "red"}), wrong)).await;
        assert_eq!(answer.code(), (409, "selection_differs"));
        let detail = answer.json["detail"].as_str().unwrap();
        assert!(detail.contains("select 2") && detail.contains(&format!("and {wrong} were")), "{detail}");
    }
    assert_eq!(wharf.get("/mcp/instances/new").await.status, 404);
    assert_eq!(wharf.get("/mcp/instances?status=deleting").await.json["instances"], json!([]));

    let bulk = wharf.bulk(&select(json!({"team": "red", "kind": "example"}), 2)).await;
    let bulk = wharf.worked_off(&bulk).await;
    let names: Vec<_> = bulk["items"].as_array().unwrap().iter().map(|item| &item["name"]).collect();
    assert_eq!(names, ["new", "a", "c"]);
    let deleting = wharf.get("/mcp/instances?status=deleting").await.json;
    let deleting: Vec<_> = deleting["instances"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(deleting, ["a", "c"]);
    // None is what was expected: there is nothing to do.
    let body = json!({"delete_where": {"label": {"team": "green"}, "expect_count": 0}});
    let answer = wharf.post(PATH, &body).await;
    assert_eq!(
        (answer.status, &answer.json["items"], &answer.json["status"]),
        (200, &json!([]), &json!("finished"))
    );
}

#[tokio::test]
async fn a_request_that_cannot_be_meant_is_refused_as_a_whole() {
    let wharf = Wharf::new();
    let many: Vec<Value> = (0..21).map(|index| plain(&format!("i{index}"))).collect();
    for (body, code, error) in [
        (json!({}), (422, "invalid_request"), ("", "empty_bulk")),
        (
            json!({"delete_where": {"label": {}, "expect_count": 0}}),
            (422, "invalid_request"),
            ("/delete_where/label", "empty_selector"),
        ),
        (json!({"create": many}), (422, "invalid_request"), ("", "too_many_items")),
        (json!({"creates": []}), (400, "unknown_member"), ("/creates", "unknown_member")),
        (json!({"create": {}}), (400, "wrong_type"), ("/create", "wrong_type")),
        (json!({"delete": ["a", 7]}), (400, "wrong_type"), ("/delete/1", "wrong_type")),
        (json!({"delete_where": []}), (400, "wrong_type"), ("/delete_where", "wrong_type")),
        (
            json!({"delete_where": {"label": {"a": "b"}}}),
            (400, "missing_member"),
            ("/delete_where/expect_count", "missing_member"),
        ),
        (
            json!({"delete_where": {"label": {"a": 1}, "expect_count": 1}}),
            (400, "wrong_type"),
            ("/delete_where/label/a", "wrong_type"),
        ),
        (
            json!({"delete_where": {"label": {"a": "b"}, "expect_count": -1}}),
            (400, "wrong_type"),
            ("/delete_where/expect_count", "wrong_type"),
        ),
        (
            json!({"delete_where": {"label": {"a": "b"}, "expect_count": 1, "status": "failed"}}),
            (400, "unknown_member"),
            ("/delete_where/status", "unknown_member"),
        ),
        (json!({"delete": ["a"], "dry_run": "yes"}), (400, "wrong_type"), ("/dry_run", "wrong_type")),
    ] {
        let answer = wharf.post(PATH, &body).await;
        assert_eq!((answer.code(), answer.errors()), (code, vec![error]), "{body}");
    }
    let answer = wharf.post(PATH, &json!({"create": many})).await;
    assert!(answer.json["detail"].as_str().unwrap().contains("21 items, and at most 20"), "{}", answer.text);
    assert_eq!(wharf.get("/mcp/instances").await.json["instances"], json!([]));
}

#[tokio::test]
async fn a_bulk_may_be_larger_than_a_single_request_and_is_bounded_too() {
    let wharf = Wharf::new();
    let large = |size: usize| {
        let value = "x".repeat(30 << 10);
        let creates = (0..size).map(
            |index| json!({"name": format!("i{index}"), "template": "plain", "environment": {"A": value}}),
        );
        json!({"create": creates.collect::<Vec<_>>()})
    };
    assert_eq!(wharf.post(PATH, &large(15)).await.status, 202);
    assert_eq!(wharf.post(PATH, &large(40)).await.code(), (413, "body_too_large"));
}

#[tokio::test]
async fn a_dry_run_shows_every_result_and_stores_nothing() {
    let deny = Verdict {
        decision: Decision::Deny,
        violations: vec![Violation {
            pointer: "/name".to_owned(),
            code: "bad_prefix".to_owned(),
            message: "must start with a team".to_owned(),
        }],
        warnings: Vec::new(),
    };
    for (hook, expected) in [(None, "accepted"), (Some(deny), "refused")] {
        let wharf = Wharf::with(hook.map_or_else(Fakes::default, |deny| Fakes::with_hook(Ok(deny))), 8);
        let body = json!({"create": [plain("one"), plain("one"), plain("Two")], "delete": ["three"], "dry_run": true});
        let answer = wharf.post_keyed(PATH, "k", &body).await;
        assert_eq!((answer.status, answer.header("location")), (200, ""), "{}", answer.text);
        let bulk = &answer.json;
        assert_eq!(
            (&bulk["id"], &bulk["dry_run"], &bulk["created_at"]),
            (&Value::Null, &json!(true), &Value::Null)
        );
        assert_eq!(statuses(bulk), [expected, "refused", "refused", "refused"]);
        let problem = &bulk["items"][0]["problem"];
        if expected == "refused" {
            assert_eq!((&problem["code"], &problem["hook"]), (&json!("hook_denied"), &json!("naming")));
            assert_eq!(problem["admission"][0]["verdict"], "deny");
            assert_eq!(problem["request_id"], answer.header("x-request-id"));
        }
        assert_eq!(wharf.get("/mcp/instances").await.json["instances"], json!([]));
    }
}

#[tokio::test]
async fn a_refusal_of_a_hook_is_kept_with_all_that_was_said() {
    let trapped = Failure::new(FailureKind::OutcomeUnknown, "it trapped").with_code("plugin_trapped");
    let wharf = Wharf::with(Fakes::with_hook(Err(trapped)), 8);
    let bulk = wharf.bulk(&json!({"create": [plain("one")]})).await;
    let bulk = wharf.bulk_when(&bulk, |bulk| bulk["status"] == "finished").await;
    let problem = &bulk["items"][0]["problem"];
    assert_eq!(
        (&problem["code"], &problem["status"], &problem["retryable"]),
        (&json!("hook_failed"), &json!(422), &json!(true))
    );
    assert_eq!((&problem["hook"], &problem["admission"][0]["generation"]), (&json!("naming"), &json!(7)));
    assert_eq!(problem["errors"][0]["code"], "hook_failed");
}

#[tokio::test]
async fn a_bulk_that_is_sent_again_is_the_same_bulk() {
    let wharf = Wharf::new();
    let body = json!({"create": [plain("one"), {"name": "two"}], "delete": ["three"]});
    let first = wharf.post_keyed(PATH, "k", &body).await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (202, ""));
    let instance = wharf.worked_off(&first.json).await["items"][0].clone();
    let again = wharf.post_keyed(PATH, "k", &body).await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (202, "true"));
    assert_eq!((&again.json["id"], again.header("location")), (&first.json["id"], first.header("location")));
    wharf.happened(&instance, became_running()).await;
    let again = wharf.post_keyed("/mcp/bulk?wait=10s", "k", &body).await;
    assert_eq!((again.status, statuses(&again.json)), (200, vec!["done", "refused", "refused"]));
    for other in [
        json!({"create": [plain("one"), {"name": "two"}], "delete": ["four"]}),
        json!({"create": [plain("one")], "delete": ["two", "three"]}),
        json!({"create": [plain("one"), {"name": "two"}], "delete": ["three"], "delete_where": {"label": {"a": "b"}, "expect_count": 0}}),
    ] {
        assert_eq!(wharf.post_keyed(PATH, "k", &other).await.code(), (422, "idempotency_key_reused"));
    }
    assert_eq!(
        wharf.post_keyed("/mcp/instances", "k", &plain("one")).await.code(),
        (422, "idempotency_key_reused")
    );
}

#[tokio::test]
async fn too_many_unfinished_bulks_are_refused_until_one_is_finished() {
    let wharf = Wharf::new();
    let bulk = async |index: usize| wharf.post(PATH, &json!({"create": [plain(&format!("i{index}"))]})).await;
    for index in 0..4 {
        assert_eq!(bulk(index).await.status, 202);
    }
    let full = bulk(4).await;
    assert_eq!((full.code(), full.header("retry-after")), ((503, "busy"), "5"));
    let first = wharf.get("/mcp/instances/i0").await;
    let first = if first.status == 200 { first } else { wait_for(&wharf, "i0").await };
    wharf.happened(&first.json, became_running()).await;
    let deadline = tokio::time::Instant::now() + SOON;
    while bulk(4).await.status != 202 {
        assert!(tokio::time::Instant::now() < deadline);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn wait_for(wharf: &Wharf, name: &str) -> Answer {
    let deadline = tokio::time::Instant::now() + SOON;
    loop {
        let answer = wharf.get(&format!("/mcp/instances/{name}")).await;
        if answer.status == 200 {
            return answer;
        }
        assert!(tokio::time::Instant::now() < deadline, "{name}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn an_item_waits_where_a_single_request_is_told_to_come_again() {
    let gate = Arc::new(Semaphore::new(0));
    let wharf = Wharf::with(Fakes::with_gate(Arc::clone(&gate)), 1);
    let body = plain("single");
    let bulk = async {
        let bulk = wharf.bulk(&json!({"create": [plain("one"), plain("two")]})).await;
        assert_eq!(wharf.post("/mcp/instances", &plain("other")).await.code(), (503, "busy"));
        assert_eq!(statuses(&bulk), ["pending", "pending"]);
        gate.add_permits(3);
        bulk
    };
    let (single, bulk) = tokio::join!(wharf.post("/mcp/instances", &body), bulk);
    assert_eq!(single.status, 201);
    assert_eq!(statuses(&wharf.worked_off(&bulk).await), ["accepted", "accepted"]);
}

#[tokio::test]
async fn a_small_bulk_does_not_wait_for_a_large_one() {
    let gate = Arc::new(Semaphore::new(0));
    let wharf = Wharf::with(Fakes::with_gate(Arc::clone(&gate)), 8);
    let many: Vec<Value> = (0..20).map(|index| plain(&format!("i{index}"))).collect();
    let large = wharf.bulk(&json!({"create": many})).await;
    let small = wharf.bulk(&json!({"create": [plain("small")]})).await;
    let mut passed = 0;
    loop {
        gate.add_permits(1);
        passed += 1;
        let accepted = |bulk: &Value| bulk["counts"]["accepted"].as_u64().unwrap();
        let small = loop {
            let small = accepted(&wharf.bulk_when(&small, |_| true).await);
            let large = wharf.bulk_when(&large, |_| true).await;
            if small + accepted(&large) >= passed {
                break small;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        if small == 1 {
            break;
        }
    }
    // Two items are worked on at a time, and the large one came first.
    assert!(passed <= 6, "{passed}");
}

#[tokio::test]
async fn a_bulk_that_is_not_there_is_404() {
    let wharf = Wharf::new();
    for id in ["none", "01990000-0000-7000-8000-0000000000ff", "%ff"] {
        assert_eq!(wharf.get(&format!("/mcp/bulk/{id}")).await.code(), (404, "bulk_not_found"), "{id}");
    }
}
