//! Plugins from the outside: hooks that refuse, plugins that misbehave, swaps while it runs.

use serde_json::{Value, json};
use wharfinger_tests::bin_path;
use wharfinger_tests::daemon::TestDaemon;

fn hook(name: &str, more: &str) -> String {
    format!("name = \"{name}\"\nplugin = \"plugins/{name}.wasm\"\n{more}")
}

fn moody(mood: &str, more: &str) -> String {
    hook("moody-hook", &format!("settings = {{ mood = \"{mood}\" }}\n{more}"))
}

#[tokio::test]
async fn a_hook_refuses_with_its_reason_and_the_place() {
    let environment =
        "settings = { required = [\"TEAM\"], forbidden = [\"DEBUG_*\"], secret_like = \"deny\" }";
    let daemon = TestDaemon::builder()
        .local()
        .hook(&hook("naming", "settings = { pattern = \"^[a-z]\" }"))
        .hook(&hook("environment", environment))
        .start()
        .await;
    let refused = daemon.post("/mcp/instances", &json!({"name": "1st", "template": "demo"})).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "hook_denied"));
    assert_eq!(refused.body["errors"][0]["pointer"], "/name");
    assert!(refused.body["detail"].as_str().unwrap().contains("naming"), "{refused}");

    let environment = json!({"DEBUG_ALL": "1", "API_TOKEN": "x"});
    let body = json!({"name": "one", "template": "demo", "environment": environment});
    let refused = daemon.post("/mcp/instances", &body).await;
    let mut pointers: Vec<&str> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/environment/API_TOKEN", "/environment/DEBUG_ALL", "/environment/TEAM"]);

    let body = json!({"name": "one", "template": "demo", "environment": {"TEAM": "a"}});
    let instance = daemon.post("/mcp/instances?wait=30s", &body).await.expect(201);
    let admission = instance["admission"].as_array().unwrap();
    assert_eq!(admission.len(), 2);
    assert!(
        admission
            .iter()
            .all(|one| one["verdict"] == "allow" && one["digest"].as_str().unwrap().starts_with("sha256:"))
    );
}

#[tokio::test]
async fn a_hook_that_audits_refuses_nothing_and_is_recorded() {
    let daemon = TestDaemon::builder()
        .local()
        .guest("moody-hook")
        .hook(&moody("deny", "mode = \"audit\""))
        .start()
        .await;
    let instance = daemon.create("one", "demo").await;
    let admission = &instance["admission"][0];
    assert_eq!((&admission["verdict"], &admission["mode"]), (&json!("deny"), &json!("audit")));
}

#[tokio::test]
async fn a_hook_sees_the_names_of_secrets_and_no_value() {
    let daemon =
        TestDaemon::builder().local().guest("moody-hook").hook(&moody("look-for-secrets", "")).start().await;
    let body = json!({"name": "one", "template": "demo", "secrets": {"API_KEY": "hunter2-hunter2"}});
    let instance = daemon.post("/mcp/instances?wait=30s", &body).await.expect(201);
    assert!(instance["admission"][0]["message"].as_str().unwrap().contains("API_KEY"), "{instance}");
}

#[tokio::test]
async fn a_hook_that_fails_counts_as_its_on_error_says_and_the_daemon_goes_on() {
    for (mood, code) in [
        ("panic", "plugin_trapped"),
        ("loop", "plugin_timed_out"),
        ("eat-memory", "plugin_out_of_memory"),
        ("fail", "invalid"),
    ] {
        let deny = moody(mood, "timeout = \"500ms\"");
        let daemon = TestDaemon::builder().local().guest("moody-hook").hook(&deny).start().await;
        let body = json!({"name": "one", "template": "demo"});
        let (refused, alive) = tokio::join!(daemon.post("/mcp/instances", &body), daemon.get("/livez"));
        assert_eq!(alive.status, 200);
        assert_eq!((refused.status.as_u16(), refused.code()), (422, "hook_failed"), "{mood}: {refused}");
        assert!(refused.to_string().contains(code), "{mood}: {refused}");

        let allow =
            daemon.config().replace("timeout = \"500ms\"", "timeout = \"500ms\"\non_error = \"allow\"");
        daemon.write_config(&allow);
        daemon.until("/mcp/plugins", |body| body["generation"] == 2).await;
        let instance = daemon.create("one", "demo").await;
        assert_eq!(instance["admission"][0]["verdict"], "allow", "{mood}: {instance}");
        assert!(instance["admission"][0]["message"].as_str().unwrap().contains(code), "{mood}: {instance}");
    }
}

#[tokio::test]
async fn a_provisioner_that_misbehaves_gives_its_own_error_and_the_others_go_on() {
    for (mood, code) in [
        ("panic", "PluginTrapped"),
        ("loop", "PluginTimedOut"),
        ("eat-memory", "PluginOutOfMemory"),
        ("lie", "PluginBrokeContract"),
    ] {
        let lines = format!(
            "plugin = \"plugins/moody-provisioner.wasm\"\nsettings = {{ mood = \"{mood}\" }}\ntimeouts = {{ create = \"500ms\" }}"
        );
        let daemon = TestDaemon::builder()
            .local()
            .guest("moody-provisioner")
            .provisioner("moody", &lines)
            .toml("[reconcile]\nsettle = \"20ms\"\n[recovery]\nbase = \"10ms\"\ncap = \"20ms\"\nmax_attempts = 1\n")
            .start()
            .await;
        let body = json!({"name": "one", "template": "demo", "provisioner": "moody"});
        let good = json!({"name": "two", "template": "demo"});
        let (bad, good) = tokio::join!(
            daemon.post("/mcp/instances?wait=30s", &body),
            daemon.post("/mcp/instances?wait=30s", &good)
        );
        let bad = bad.expect(201);
        assert_eq!(bad["status"], "failed", "{mood}: {bad}");
        assert!(bad["error"]["message"].as_str().unwrap().contains(code), "{mood}: {bad}");
        assert_eq!(good.expect(201)["status"], "running");
        daemon.delete("/mcp/instances/one?wait=30s").await.expect(204);
    }
}

#[tokio::test]
async fn what_a_plugin_blabs_is_told_without_secrets() {
    const VALUE: &str = "hunter2-of-the-harbour";
    let lines = "plugin = \"plugins/moody-provisioner.wasm\"\nsettings = { mood = \"blab\" }";
    let daemon =
        TestDaemon::builder().local().guest("moody-provisioner").provisioner("moody", lines).start().await;
    let body = json!({"name": "one", "template": "demo", "provisioner": "moody", "secrets": {"KEY": VALUE}});
    let instance = daemon.post("/mcp/instances?wait=30s", &body).await.expect(201);
    assert_eq!(instance["error"]["message"], "the secrets are KEY=[secret]");
    assert!(daemon.log().contains("the secrets are KEY=[secret]"), "{}", daemon.log());
    assert!(!daemon.log().contains(VALUE));
}

#[tokio::test]
async fn an_address_that_was_not_granted_is_refused() {
    let lines = "plugin = \"plugins/moody-provisioner.wasm\"\nsettings = { mood = \"stray\" }";
    let daemon =
        TestDaemon::builder().local().guest("moody-provisioner").provisioner("moody", lines).start().await;
    let body = json!({"name": "one", "template": "demo", "provisioner": "moody"});
    let instance = daemon.post("/mcp/instances?wait=30s", &body).await.expect(201);
    assert_eq!(instance["error"]["code"], "denied", "{instance}");
}

#[tokio::test]
async fn a_swap_takes_the_new_file_and_refuses_a_bad_one() {
    let naming = hook("naming", "settings = { pattern = \"^[a-z]\" }");
    let daemon = TestDaemon::builder().local().guest("moody-hook").hook(&naming).start().await;
    let digest = |body: &Value| {
        body["plugins"].as_array().unwrap().iter().find(|one| one["name"] == "naming").unwrap()["active"]["digest"].clone()
    };
    let before = daemon.until("/mcp/plugins", |_| true).await;

    // Settings alone.
    daemon.write_config(&daemon.config().replace("^[a-z]", "^x"));
    daemon.until("/mcp/plugins", |body| body["generation"] == 2).await;
    daemon.post("/mcp/instances", &json!({"name": "a", "template": "demo"})).await.expect(422);

    // Bad settings: refused, and the last good ones stay.
    daemon.write_config(&daemon.config().replace("^x", "("));
    let refused = daemon
        .until("/mcp/plugins", |body| {
            body["plugins"].as_array().unwrap().iter().any(|one| one["state"] == "refused")
        })
        .await;
    assert_eq!(refused["generation"], 2);
    daemon.post("/mcp/instances?dry_run=true", &json!({"name": "xa", "template": "demo"})).await.expect(200);
    daemon.write_config(&daemon.config().replace("pattern = \"(\"", "pattern = \"^x\""));
    daemon
        .until("/mcp/plugins", |body| {
            body["plugins"].as_array().unwrap().iter().all(|one| one["state"] == "active")
        })
        .await;

    // A file that is no component: the same.
    daemon.write_file("plugins/naming.wasm", b"\0asm and nothing else");
    let refused = daemon
        .until("/mcp/plugins", |body| {
            body["plugins"].as_array().unwrap().iter().any(|one| one["state"] == "refused")
        })
        .await;
    assert_eq!(digest(&refused), digest(&before));
    daemon.post("/mcp/instances?dry_run=true", &json!({"name": "a", "template": "demo"})).await.expect(422);

    // Another component in its place: what it was is gone. Its settings are its own.
    let moody = std::fs::read(daemon.dir().join("plugins/moody-hook.wasm")).unwrap();
    daemon.write_file("plugins/naming.wasm", moody);
    daemon.write_config(&daemon.config().replace("pattern = \"^x\"", "mood = \"allow\""));
    let swapped = daemon
        .until("/mcp/plugins", |body| {
            body["plugins"].as_array().unwrap().iter().all(|one| one["state"] == "active")
        })
        .await;
    assert_ne!(digest(&swapped), digest(&before));
    assert_eq!(daemon.create("a", "demo").await["status"], "running");
}

#[tokio::test]
async fn the_generation_never_goes_back() {
    let naming = hook("naming", "settings = { pattern = \"^[a-z]\" }");
    let mut daemon = TestDaemon::builder().local().hook(&naming).start().await;
    daemon.write_config(&daemon.config().replace("^[a-z]", "^x"));
    let before = daemon.until("/mcp/plugins", |body| body["generation"] == 2).await;
    daemon.kill9();
    daemon.start().await;
    let after = daemon.get("/mcp/plugins").await.expect(200);
    assert_eq!(after["generation"], before["generation"], "it is the same set: {after}");
    daemon.write_config(&daemon.config().replace("^x", "^y"));
    daemon.until("/mcp/plugins", |body| body["generation"] == 3).await;
}

#[tokio::test]
async fn a_template_is_taken_up_changed_and_dropped_while_it_runs() {
    let daemon = TestDaemon::builder().local().start().await;
    let server = bin_path::demo_server();
    let text =
        format!("name = \"more\"\nport = 1\ndescription = \"first\"\ncommand = [\"{}\"]\n", server.display());
    daemon.write_template("more", &text);
    let has = |body: &Value, description: &str| {
        body["templates"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["name"] == "more" && one["description"] == description)
    };
    daemon.until("/mcp/templates", |body| has(body, "first")).await;
    daemon.write_template("more", &text.replace("first", "second"));
    daemon.until("/mcp/templates", |body| has(body, "second")).await;
    // A bad edit is refused, and the last good one stays.
    daemon.write_template("more", "name = 7");
    daemon.eventually("the edit is refused", async || daemon.log().contains("template refused")).await;
    assert_eq!(daemon.create("one", "more").await["status"], "running");
    std::fs::remove_file(daemon.dir().join("templates/more.toml")).unwrap();
    daemon.until("/mcp/templates", |body| !has(body, "second")).await;
}
