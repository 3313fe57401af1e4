//! A plugin that ends badly again and again, as its users and its operator see it.

use serde_json::json;
use wharfinger_tests::daemon::TestDaemon;

use super::{moody, state};

const POLICY: &str = "[quarantine]\nfailures = 2\npause = \"30s\"\nmax_pause = \"60s\"\n";

#[tokio::test]
async fn a_quarantined_hook_counts_as_its_on_error_says_and_a_new_one_begins_afresh() {
    let hook = "name = \"moody\"\nplugin = \"plugins/moody-hook.wasm\"\nsettings = { mood = \"panic\" }";
    let daemon = TestDaemon::builder().local().guest("moody-hook").hook(hook).toml(POLICY).start().await;
    let body = json!({"name": "one", "template": "demo"});
    for _ in 0..2 {
        let refused = daemon.post("/mcp/instances", &body).await;
        assert!(refused.to_string().contains("plugin_trapped"), "{refused}");
    }
    let refused = daemon.post("/mcp/instances", &body).await;
    assert!(refused.to_string().contains("plugin_quarantined"), "{refused}");
    let plugins = daemon.get("/mcp/plugins").await.expect(200);
    assert_eq!(state(&plugins, "moody"), "quarantined");
    let one = plugins["plugins"].as_array().unwrap().iter().find(|one| one["name"] == "moody").unwrap();
    assert!(one["quarantine"]["until"].is_string() && one["quarantine"]["failures"] == 2, "{one}");
    let metrics = daemon.get("/metrics").await.expect(200);
    let metrics = metrics.as_str().unwrap();
    let gauge = metrics.lines().find(|line| line.contains("plugin_quarantined{") && line.contains("moody"));
    assert!(gauge.is_some_and(|line| line.ends_with(" 1")), "{gauge:?}");
    assert_eq!(daemon.log().matches("it is in quarantine").count(), 1);

    // on_error alone makes it another table, and that is another plugin: it begins afresh.
    daemon.write_config(
        &daemon.config().replace("mood = \"panic\" }", "mood = \"panic\" }\non_error = \"allow\""),
    );
    daemon.until("/mcp/plugins", |body| body["generation"] == 2).await;
    for name in ["a", "b"] {
        let instance = daemon.create(name, "demo").await;
        assert!(instance["admission"][0].to_string().contains("plugin_trapped"), "{instance}");
    }
    let instance = daemon.create("c", "demo").await;
    assert!(instance["admission"][0].to_string().contains("plugin_quarantined"), "{instance}");

    daemon.write_config(&daemon.config().replace("panic", "allow"));
    daemon.until("/mcp/plugins", |body| state(body, "moody") == "active").await;
    assert_eq!(daemon.create("d", "demo").await["status"], "running");
}

#[tokio::test]
async fn an_instance_waits_out_a_quarantine_without_losing_an_attempt() {
    let policy = POLICY.replace("failures = 2", "failures = 1").replace("\"30s\"", "\"15s\"");
    let daemon = moody("panic", "").toml(&policy).start().await;
    let body = |name: &str| json!({"name": name, "template": "demo", "provisioner": "moody"});
    daemon.post("/mcp/instances?wait=0s", &body("one")).await.expect(201);
    daemon.until("/mcp/plugins", |body| state(body, "moody") == "quarantined").await;
    daemon.post("/mcp/instances?wait=0s", &body("two")).await.expect(201);
    let waits = |events: &serde_json::Value| events.to_string().contains("PluginQuarantined");
    daemon.until("/mcp/instances/two/events", waits).await;
    let two = daemon.get("/mcp/instances/two").await.expect(200);
    assert_eq!((&two["attempt"], &two["status"]), (&json!(0), &json!("creating")), "{two}");

    // Another plugin may be called at once, and says no: that was the first attempt.
    daemon.write_config(&daemon.config().replace("\"panic\"", "\"refuse\""));
    let gave_up = |instance: &serde_json::Value| instance["status"] == "failed";
    let two = daemon.until("/mcp/instances/two", gave_up).await;
    assert_eq!((&two["attempt"], &two["error"]["code"]), (&json!(0), &json!("invalid")), "{two}");
}
