//! Tools, called through the daemon: real MCP servers, and what goes wrong with them.

use std::time::Duration;

use reqwest::Method;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use wharfinger_tests::bin_path;
use wharfinger_tests::daemon::TestDaemon;

const ECHO: &str = "/mcp/instances/one/tools/echo";

#[tokio::test]
async fn a_tool_is_called_through_the_daemon() {
    let daemon = TestDaemon::builder().local().start().await;
    daemon.create("one", "demo").await;
    let echo = daemon.post(ECHO, &json!({"arguments": {"message": "grüße\n<b>"}})).await.expect(200);
    assert_eq!(echo["content"], json!([{"type": "text", "text": "grüße\n<b>"}]));
    // A tool that ran and failed says so itself.
    let add = json!({"arguments": {"a": i64::MAX, "b": 1}});
    let add = daemon.post("/mcp/instances/one/tools/add", &add).await.expect(200);
    assert_eq!(add["isError"], true);
    assert!(add["content"][0]["text"].as_str().unwrap().contains("does not fit"), "{add}");
    let clock = daemon.post_empty("/mcp/instances/one/tools/clock").await.expect(200);
    assert!(clock["content"][0]["text"].as_str().unwrap().ends_with('Z'), "{clock}");

    let wrong = daemon.post(ECHO, &json!({"arguments": {"message": 7}})).await.expect(200);
    assert_eq!(wrong["isError"], true, "{wrong}");
    let unknown = daemon.post_empty("/mcp/instances/one/tools/shout").await;
    assert_eq!((unknown.status.as_u16(), unknown.code()), (404, "tool_not_found"), "{unknown}");
    // The server was asked each time, and the log has a line of each.
    let calls = daemon.log().matches("a tool was called").count();
    assert_eq!((calls, daemon.log().matches("a tool gave no result").count()), (4, 1), "{}", daemon.log());
}

#[tokio::test]
async fn a_secret_that_a_server_says_again_is_replaced() {
    const VALUE: &str = "hunter2 of \"the\" harbour";
    let daemon = TestDaemon::builder().local().start().await;
    let body = json!({"name": "one", "template": "demo", "secrets": {"PASSPHRASE": VALUE}});
    daemon.post("/mcp/instances?wait=30s", &body).await.expect(201);
    let echo = daemon.post(ECHO, &json!({"arguments": {"message": format!("<{VALUE}>")}})).await.expect(200);
    assert_eq!(echo["content"][0]["text"], "<[secret]>");
    assert!(!daemon.log().contains("hunter2"), "{}", daemon.log());
}

#[tokio::test]
async fn a_tool_that_is_too_slow_is_left_and_holds_nobody_up() {
    let daemon =
        TestDaemon::builder().local().toml("[tools]\ntimeout = \"1s\"\nmax_concurrent = 1\n").start().await;
    let body = json!({"name": "one", "template": "demo", "environment": {"DEMO_ECHO_DELAY": "5m"}});
    daemon.post("/mcp/instances?wait=30s", &body).await.expect(201);
    let message = json!({"arguments": {"message": "ahoy"}});
    let (one, two) = tokio::join!(daemon.post(ECHO, &message), daemon.post(ECHO, &message));
    let mut codes = [one.code(), two.code()];
    codes.sort_unstable();
    assert_eq!(codes, ["busy", "tool_timed_out"], "{one} {two}");
    let busy = if one.code() == "busy" { &one } else { &two };
    assert_eq!((busy.status.as_u16(), busy.header("retry-after").is_empty()), (503, false));
    // The turn is free, and the server lives.
    daemon.post_empty("/mcp/instances/one/tools/clock").await.expect(200);
    assert_eq!(daemon.get("/mcp/instances/one").await.body["status"], "running");
}

#[tokio::test]
async fn whoever_goes_away_gives_the_turn_back() {
    let daemon = TestDaemon::builder().local().toml("[tools]\nmax_concurrent = 1\n").start().await;
    let body = json!({"name": "one", "template": "demo", "environment": {"DEMO_ECHO_DELAY": "5m"}});
    daemon.post("/mcp/instances?wait=30s", &body).await.expect(201);
    let slow = daemon.request(Method::POST, ECHO).json(&json!({"arguments": {"message": "ahoy"}}));
    assert!(slow.timeout(Duration::from_millis(500)).send().await.unwrap_err().is_timeout());
    // Long before the call's own time is up.
    let call = async || daemon.post_empty("/mcp/instances/one/tools/clock").await;
    daemon.eventually("the turn is free", async || call().await.status == 200).await;
}

#[tokio::test]
async fn a_call_of_a_server_that_is_gone_says_so_and_one_of_the_next_goes_well() {
    // Nobody looks at it in between, so that nothing is made anew before it is asked for.
    let steady = format!(
        "name = \"steady\"\nport = 8000\ncommand = [\"{}\"]\n[health]\ninterval = \"1h\"\n",
        bin_path::demo_server().display()
    );
    let daemon = TestDaemon::builder().local().template("steady", &steady).start().await;
    let instance = daemon.create("one", "steady").await;
    let id = instance["id"].as_str().unwrap();
    assert_eq!(instance["status"], "running");
    for pid in daemon.servers(id) {
        kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), Signal::KILL).unwrap();
    }
    daemon.eventually("it is dead", async || daemon.servers(id).is_empty()).await;
    let gone = daemon.post_empty("/mcp/instances/one/tools/clock").await;
    assert_eq!((gone.status.as_u16(), gone.code()), (502, "endpoint_unreachable"), "{gone}");

    daemon.post_empty("/mcp/instances/one/restart").await.expect(202);
    daemon.wait_for_status("one", "running").await;
    daemon.post_empty("/mcp/instances/one/tools/clock").await.expect(200);
    daemon.delete("/mcp/instances/one?wait=30s").await.expect(204);
    assert_eq!(daemon.post_empty("/mcp/instances/one/tools/clock").await.code(), "instance_not_found");
}

#[tokio::test]
async fn nothing_is_sent_to_an_endpoint_outside_of_the_allowed_addresses() {
    let elsewhere = "plugin = \"plugins/local.wasm\"\ngrants = [\"process\"]\nendpoints = [\"10.0.0.0/8\"]";
    let daemon = TestDaemon::builder().local().provisioner("walled", elsewhere).start().await;
    let body = json!({"name": "one", "template": "demo", "provisioner": "walled"});
    daemon.post("/mcp/instances?wait=0s", &body).await.expect(201);
    daemon.until("/mcp/instances/one", |one| one["endpoint"] != Value::Null).await;
    let refused = daemon.post_empty("/mcp/instances/one/tools/clock").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (502, "endpoint_refused"), "{refused}");
    assert!(!daemon.get("/mcp/instances/one/logs").await.to_string().contains("tool call"));
}
