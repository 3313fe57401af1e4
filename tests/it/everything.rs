//! The public server that has a bit of everything, made from the shipped template by npx.

use serde_json::json;
use wharfinger_tests::bin_path;
use wharfinger_tests::daemon::TestDaemon;
use wharfinger_tests::mcp;

#[tokio::test]
async fn the_round_trip_with_server_everything() {
    let template =
        std::fs::read_to_string(bin_path::workspace_root().join("config/templates/everything.toml")).unwrap();
    // npx keeps what it downloaded below HOME, and its settings come from npm's own variables.
    let mut builder = TestDaemon::builder().local().template("everything", &template);
    let npm: Vec<String> = std::env::vars()
        .map(|(key, _)| key)
        .filter(|key| key.to_lowercase().starts_with("npm_config_"))
        .collect();
    let pass: Vec<String> = ["PATH", "HOME", "LANG", "TMPDIR"]
        .map(str::to_owned)
        .into_iter()
        .chain(npm)
        .map(|key| format!("\"{key}\""))
        .collect();
    let lines = format!(
        "plugin = \"plugins/local.wasm\"\ngrants = [\"process\"]\nsettings = {{ pass_environment = [{}] }}",
        pass.join(", ")
    );
    builder = builder.provisioner("npm", &lines);
    let daemon = builder.start().await;
    let body = json!({"name": "everything", "template": "everything", "provisioner": "npm"});
    let instance = daemon.post("/mcp/instances?wait=180s", &body).await.expect(201);
    assert_eq!(
        instance["status"],
        "running",
        "{instance}\n{}",
        daemon.get("/mcp/instances/everything/logs").await
    );
    let url = instance["endpoint"]["url"].as_str().unwrap();
    let echoed = mcp::call_once(url, "echo", json!({"message": "ahoy"})).await.unwrap();
    assert!(echoed.contains("ahoy"), "{echoed}");
    daemon.delete("/mcp/instances/everything?wait=30s").await.expect(204);
    // npx starts node below it: the whole group is gone.
    let lives = || daemon.processes().iter().any(|process| process.command.join(" ").contains("everything"));
    daemon.eventually("all of it is gone", async || !lives()).await;
}
