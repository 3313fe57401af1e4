//! Bulks from the outside: a real daemon, the provisioner `local`, real MCP servers, and crashes.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use wharfinger_tests::daemon::TestDaemon;

fn demo(name: &str, team: &str) -> Value {
    json!({"name": name, "template": "demo", "labels": {"team": team}})
}

fn items(bulk: &Value) -> &Vec<Value> {
    bulk["items"].as_array().unwrap()
}

async fn names(daemon: &TestDaemon, query: &str) -> BTreeSet<String> {
    let list = daemon.get(&format!("/mcp/instances?limit=500{query}")).await.expect(200);
    let all = list["instances"].as_array().unwrap();
    all.iter().map(|instance| instance["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn many_are_made_and_deleted_and_the_wrong_ones_spoil_nothing() {
    let daemon = TestDaemon::builder().local().start().await;
    let mut create: Vec<Value> = (0..50).map(|index| demo(&format!("i{index}"), "red")).collect();
    create.insert(7, json!({"name": "Wrong", "template": "demo"}));
    create.insert(21, json!({"name": "lost", "template": "nowhere"}));
    create.push(json!({"name": "odd", "template": "demo", "colour": "red"}));
    let accepted = daemon.post("/mcp/bulk?wait=0s", &json!({"create": create})).await;
    let path = accepted.header("location").to_owned();
    assert_eq!(accepted.expect(202)["counts"]["total"], 53);
    let bulk = daemon.until(&path, |bulk| bulk["status"] == "finished").await;
    let counts = json!({"total": 53, "pending": 0, "accepted": 0, "done": 50, "failed": 0, "refused": 3});
    assert_eq!(bulk["counts"], counts, "{bulk:#}");
    let refused =
        |index: usize| (&items(&bulk)[index]["status"], items(&bulk)[index]["problem"]["code"].as_str());
    assert_eq!(refused(7), (&json!("refused"), Some("invalid_request")));
    assert_eq!(refused(21), (&json!("refused"), Some("invalid_request")));
    assert_eq!(refused(52), (&json!("refused"), Some("unknown_member")));
    assert_eq!(names(&daemon, "&status=running").await.len(), 50);

    // By label, by name and by id; what nobody expects is not touched.
    let keep = daemon.post("/mcp/instances?wait=30s", &demo("keep", "blue")).await.expect(201);
    let one = daemon.get("/mcp/instances/i0").await.expect(200);
    let select = |count: usize| {
        let label = json!({"team": "red"});
        json!({"delete": [one["id"], "i1", "nobody"], "delete_where": {"label": label, "expect_count": count}})
    };
    let differs = daemon.post("/mcp/bulk", &select(49)).await;
    assert_eq!((differs.status.as_u16(), differs.code()), (409, "selection_differs"));
    assert_eq!(names(&daemon, "&status=running").await.len(), 51);
    let deleted = daemon.post("/mcp/bulk?wait=100s", &select(50)).await.expect(200);
    assert_eq!((&deleted["counts"]["done"], &deleted["counts"]["refused"]), (&json!(52), &json!(1)));
    assert_eq!(names(&daemon, "").await, BTreeSet::from(["keep".to_owned()]));
    let left = daemon.get("/mcp/instances/keep").await.expect(200);
    assert_eq!((&left["status"], &left["workload"]), (&json!("running"), &keep["workload"]));
}

#[tokio::test]
async fn a_bulk_goes_on_after_a_crash_and_does_nothing_twice() {
    // A hook that takes its time before it counts as a yes: there is a middle to be killed in.
    let slow = "name = \"slow\"\nplugin = \"plugins/moody-hook.wasm\"\nsettings = { mood = \"loop\" }\n\
                timeout = \"100ms\"\non_error = \"allow\"";
    let mut daemon = TestDaemon::builder()
        .local()
        .guest("moody-hook")
        .hook(slow)
        .toml("[bulk]\nmax_concurrent = 1\n")
        .start()
        .await;
    for index in 0..5 {
        daemon.post("/mcp/instances?wait=0s", &demo(&format!("old{index}"), "old")).await.expect(201);
    }
    let create: Vec<Value> = (0..30)
        .map(|index| {
            let mut request = demo(&format!("new{index}"), "new");
            request["secrets"] = json!({"TOKEN": format!("hunter2-{index}")});
            request
        })
        .collect();
    let body = json!({
        "create": create,
        "delete": ["old0", "nobody"],
        "delete_where": {"label": {"team": "old"}, "expect_count": 5},
    });
    let request = daemon.request(Method::POST, "/mcp/bulk?wait=0s").header("Idempotency-Key", "b1");
    let answer = daemon.send(request.json(&body)).await;
    let path = answer.header("location").to_owned();
    answer.expect(202);
    // Again and again in the middle: whenever some more is done.
    for least in [1, 6, 14, 25] {
        let done = |bulk: &Value| 37 - bulk["counts"]["pending"].as_u64().unwrap();
        let bulk = daemon.until(&path, |bulk| done(bulk) >= least).await;
        assert_eq!(bulk["status"], "working");
        daemon.kill9();
        daemon.start().await;
    }
    let again = daemon.request(Method::POST, "/mcp/bulk?wait=100s").header("Idempotency-Key", "b1");
    let again = daemon.send(again.json(&body)).await;
    assert_eq!((again.header("location"), again.header("idempotent-replayed")), (path.as_str(), "true"));
    let bulk = again.expect(200);
    let counts = json!({"total": 37, "pending": 0, "accepted": 0, "done": 36, "failed": 0, "refused": 1});
    assert_eq!(bulk["counts"], counts, "{bulk:#}\n{}", daemon.log());
    let wanted: BTreeSet<String> = (0..30).map(|index| format!("new{index}")).collect();
    assert_eq!(names(&daemon, "").await, wanted);
    // One instance each, and it is the one that the item names.
    for item in &items(&bulk)[..30] {
        let instance = daemon.get(&format!("/mcp/instances/{}", item["name"].as_str().unwrap())).await;
        assert_eq!(instance.body["id"], item["id"]);
        let events = daemon.get(&format!("/mcp/instances/{}/events", item["id"].as_str().unwrap())).await;
        let events = events.expect(200);
        let accepted = |event: &&Value| event["type"] == "accepted";
        assert_eq!(events["events"].as_array().unwrap().iter().filter(accepted).count(), 1, "{events:#}");
    }
    let is_server = |program: &String| program.ends_with("demo-server");
    let servers = daemon.processes();
    let servers = servers.iter().filter(|process| process.command.first().is_some_and(is_server)).count();
    assert_eq!(servers, 30);
    for text in [daemon.log(), bulk.to_string()] {
        assert!(!text.contains("hunter2-"));
    }
}

#[tokio::test]
async fn a_dry_run_of_a_bulk_asks_the_hooks_and_makes_nothing() {
    let daemon = TestDaemon::builder()
        .local()
        .hook("name = \"naming\"\nplugin = \"plugins/naming.wasm\"\nsettings = { pattern = \"^prod-\" }")
        .start()
        .await;
    let create = [demo("prod-a", "red"), demo("a", "red"), demo("prod-a", "red")];
    let body = json!({"create": create, "delete": ["nobody"], "dry_run": true});
    let bulk = daemon.post("/mcp/bulk", &body).await.expect(200);
    let told: Vec<_> = items(&bulk).iter().map(|item| (&item["status"], &item["problem"]["code"])).collect();
    let (accepted, refused) = (json!("accepted"), json!("refused"));
    assert_eq!(told[0], (&accepted, &Value::Null));
    assert_eq!(told[1], (&refused, &json!("hook_denied")));
    assert_eq!(told[2], (&refused, &json!("invalid_request")));
    assert_eq!(told[3], (&refused, &json!("instance_not_found")));
    assert_eq!((&bulk["id"], &bulk["dry_run"]), (&Value::Null, &json!(true)));
    assert_eq!(names(&daemon, "").await, BTreeSet::new());
}

#[tokio::test]
async fn two_bulks_at_once_do_not_disturb_each_other() {
    let daemon = TestDaemon::builder().local().toml("[bulk]\nmax_concurrent = 2\n").start().await;
    let bulk = |team: &str| {
        let create: Vec<Value> = (0..8).map(|index| demo(&format!("{team}{index}"), team)).collect();
        let request = daemon.request(Method::POST, "/mcp/bulk?wait=100s");
        daemon.send(request.json(&json!({"create": create})))
    };
    let (red, blue) = tokio::join!(bulk("red"), bulk("blue"));
    for answer in [red, blue] {
        assert_eq!(answer.expect(200)["counts"]["done"], 8);
    }
    assert_eq!(names(&daemon, "&status=running").await.len(), 16);
}
