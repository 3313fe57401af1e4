//! Requests that are sent again because no answer came, over crashes of the daemon.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use wharfinger_tests::daemon::{Answer, TestDaemon};

const SOON: Duration = Duration::from_secs(45);

async fn create(daemon: &TestDaemon, wait: &str, key: &str, body: &Value) -> Answer {
    let request = daemon.request(Method::POST, &format!("/mcp/instances?wait={wait}"));
    daemon.send(request.header("Idempotency-Key", key).json(body)).await
}

/// Demo servers that run, whoever started them.
fn servers(daemon: &TestDaemon) -> usize {
    let is_server = |program: &String| program.ends_with("demo-server");
    daemon.processes().iter().filter(|process| process.command.first().is_some_and(is_server)).count()
}

#[tokio::test]
async fn a_request_that_got_no_answer_is_sent_again_and_makes_one_instance() {
    let mut daemon = TestDaemon::builder().local().start().await;
    let body = json!({"name": "one", "template": "demo", "secrets": {"DEMO_STDERR": "hunter2-once"}});
    let request = daemon.request(Method::POST, "/mcp/instances?wait=60s");
    let mut lost = JoinSet::new();
    lost.spawn(request.header("Idempotency-Key", "\"once-only\"").json(&body).send());
    // It is committed, and its answer is not sent yet: killed between the two.
    let until = Instant::now() + SOON;
    let id = loop {
        let answer = daemon.get("/mcp/instances/one").await;
        if answer.status == 200 {
            break answer.body["id"].clone();
        }
        assert!(Instant::now() < until, "{answer}");
    };
    daemon.kill9();
    let lost = lost.join_next().await;
    daemon.start().await;
    let again = create(&daemon, "30s", "\"once-only\"", &body).await;
    assert_eq!(again.header("idempotent-replayed"), "true", "{again}\n{lost:?}");
    assert_eq!((&again.body["id"], &again.body["status"]), (&id, &json!("running")), "{again}");
    let list = daemon.get("/mcp/instances").await.expect(200);
    assert_eq!((list["instances"].as_array().unwrap().len(), servers(&daemon)), (1, 1));

    // What it was asked with is known still, and that it is gone afterwards.
    let other = json!({"name": "one", "template": "demo", "secrets": {"DEMO_STDERR": "hunter2-twice"}});
    assert_eq!(create(&daemon, "0s", "once-only", &other).await.code(), "idempotency_key_reused");
    daemon.delete("/mcp/instances/one?wait=30s").await.expect(204);
    daemon.kill9();
    daemon.start().await;
    let gone = create(&daemon, "0s", "once-only", &body).await;
    assert_eq!((gone.status.as_u16(), gone.code()), (409, "idempotent_instance_gone"));
    assert_eq!(daemon.get("/mcp/instances").await.expect(200)["instances"], json!([]));
}

/// Whenever the daemon dies, a client that goes on asking until it is answered has one instance.
#[tokio::test]
async fn a_kill_at_any_moment_makes_neither_none_nor_two() {
    let mut daemon = TestDaemon::builder().local().start().await;
    for (round, delay) in [0, 1, 3, 7, 15].into_iter().enumerate() {
        let body = json!({"name": format!("i{round}"), "template": "demo"});
        let key = format!("round-{round}");
        let request = daemon.request(Method::POST, "/mcp/instances?wait=0s");
        let mut first = JoinSet::new();
        first.spawn(request.header("Idempotency-Key", &key).json(&body).send());
        tokio::time::sleep(Duration::from_millis(delay)).await;
        daemon.kill9();
        // Whether it was answered or not: this client does not know it.
        first.join_all().await;
        daemon.start().await;
        let again = create(&daemon, "30s", &key, &body).await.expect(201);
        assert_eq!(again["status"], "running", "{again}");
        let list = daemon.get("/mcp/instances").await.expect(200);
        assert_eq!(list["instances"].as_array().unwrap().len(), round + 1, "{list}");
        let events = daemon.get(&format!("/mcp/instances/{}/events", again["id"].as_str().unwrap())).await;
        let accepted = |event: &&Value| event["type"] == "accepted";
        assert_eq!(events.body["events"].as_array().unwrap().iter().filter(accepted).count(), 1);
    }
    assert_eq!(servers(&daemon), 5);
}

#[tokio::test]
async fn an_etag_is_good_after_a_restart_and_a_stale_one_has_no_effect() {
    let mut daemon = TestDaemon::builder().local().start().await;
    let instance = daemon.create("one", "demo").await;
    let fresh = daemon.get("/mcp/instances/one").await;
    let (etag, before) = (fresh.header("etag").to_owned(), fresh.body);
    daemon.kill9();
    daemon.start().await;
    let with = async |method: Method, path: &str, tag: &str| {
        daemon.send(daemon.request(method, path).header("If-Match", tag)).await
    };
    for (method, path) in [
        (Method::DELETE, "/mcp/instances/one?wait=0s"),
        (Method::POST, "/mcp/instances/one/retry"),
        (Method::POST, "/mcp/instances/one/restart"),
    ] {
        let stale = with(method.clone(), path, "\"1\"").await;
        assert_eq!((stale.status.as_u16(), stale.code()), (412, "stale_revision"), "{path}");
        assert_eq!(with(method, &path.replace("one", "none"), "*").await.status, 404);
    }
    let now = daemon.get("/mcp/instances/one").await;
    assert_eq!((now.header("etag"), &now.body["workload"]), (etag.as_str(), &before["workload"]));
    assert_eq!(with(Method::POST, "/mcp/instances/one/restart", &etag).await.status, 202);
    assert_eq!(with(Method::DELETE, "/mcp/instances/one?wait=0s", &etag).await.status, 412);
    assert_eq!(with(Method::DELETE, "/mcp/instances/one?wait=30s", "*").await.status, 204);
    assert!(instance["revision"].as_u64() <= before["revision"].as_u64());
}

/// Under a burst that no queue could hold, every answer is a record or a refusal with its time.
#[tokio::test]
async fn a_burst_beyond_every_bound_is_refused_and_not_queued() {
    let daemon = TestDaemon::builder()
        .local()
        .server("max_admissions = 2")
        .toml("[store]\nqueue = 1\nbatch = 1\n[reconcile]\nmax_steps = 1\n")
        .start()
        .await;
    let (mut accepted, mut refused) = (0, 0);
    for burst in 0..4 {
        let mut asked = JoinSet::new();
        for index in 0..50 {
            let body = json!({"name": format!("i{burst}-{index}"), "template": "demo"});
            asked.spawn(daemon.request(Method::POST, "/mcp/instances?wait=0s").json(&body).send());
        }
        while let Some(answer) = asked.join_next().await {
            let answer = answer.unwrap().unwrap();
            match answer.status().as_u16() {
                201 => accepted += 1,
                503 => {
                    assert!(answer.headers().contains_key("retry-after"));
                    refused += 1;
                }
                other => panic!("{other}"),
            }
        }
    }
    assert_eq!(accepted + refused, 200);
    assert!(accepted > 0 && refused > 0, "{accepted} accepted, {refused} refused");
    let listed = daemon.get("/mcp/instances?limit=500").await.expect(200);
    assert_eq!(listed["instances"].as_array().unwrap().len(), accepted);
}
