//! Instances from the outside: a real daemon, the provisioner `local`, real MCP servers.

use reqwest::Method;
use serde_json::{Value, json};
use wharfinger_tests::daemon::TestDaemon;
use wharfinger_tests::mcp::{self, McpClient};

fn endpoint(instance: &Value) -> String {
    instance["endpoint"]["url"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_instance_is_made_speaks_mcp_and_is_cleared_away() {
    let daemon = TestDaemon::builder().local().start().await;
    let answer =
        daemon.post("/mcp/instances?wait=30s", &json!({"name": "weather", "template": "demo"})).await;
    let (location, etag) = (answer.header("location").to_owned(), answer.header("etag").to_owned());
    let instance = answer.expect(201);
    assert_eq!(instance["status"], "running");
    assert_eq!(location, format!("/mcp/instances/{}", instance["id"].as_str().unwrap()));
    assert_eq!(etag, format!("\"{}\"", instance["revision"]));

    // A real client, and what the daemon says of it.
    let client = McpClient::connect(&endpoint(&instance)).await.unwrap();
    assert_eq!(client.tools().await.unwrap(), ["add", "clock", "echo"]);
    assert_eq!(client.call("echo", json!({"message": "ahoy"})).await.unwrap(), "ahoy");
    client.close().await.unwrap();
    let tools = daemon.get("/mcp/instances/weather/tools").await.expect(200);
    let names: Vec<&str> =
        tools["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["add", "clock", "echo"]);
    assert!(tools["observed_at"].is_string());
    for rung in ["WorkloadObserved", "PortOpen", "HttpAnswers", "Handshake", "ToolsListed"] {
        let conditions = instance["conditions"].as_array().unwrap();
        let condition = conditions.iter().find(|condition| condition["type"] == rung);
        assert_eq!(
            condition.map(|condition| &condition["status"]),
            Some(&json!("True")),
            "{rung}: {conditions:?}"
        );
    }
    let logs = daemon.get("/mcp/instances/weather/logs").await;
    assert!(logs.to_string().contains("demo-server listening on"), "{logs}");

    daemon.delete("/mcp/instances/weather?wait=30s").await.expect(204);
    daemon.get("/mcp/instances/weather").await.expect(404);
    assert!(mcp::call_once(&endpoint(&instance), "echo", json!({"message": "gone"})).await.is_err());
    assert!(daemon.processes().iter().all(|process| !process.command.join(" ").contains("demo-server")));
    // Its history outlives it, by its id.
    let events = daemon.get(&format!("{location}/events")).await.expect(200);
    let path: Vec<&str> =
        events["events"].as_array().unwrap().iter().map(|event| event["to"].as_str().unwrap()).collect();
    assert_eq!(path, ["requested", "creating", "created", "running", "deleting", "gone"]);
}

#[tokio::test]
async fn nothing_is_stored_of_a_request_that_is_refused() {
    let daemon = TestDaemon::builder().local().start().await;
    let post = async |body: Value| {
        let answer = daemon.post("/mcp/instances", &body).await;
        let first = &answer.body["errors"][0];
        (
            answer.status.as_u16(),
            first["code"].as_str().unwrap_or_default().to_owned(),
            first["pointer"].clone(),
        )
    };
    let named = |name: &str, template: &str| json!({"name": name, "template": template});
    assert_eq!(post(named("Weather", "demo")).await, (422, "invalid_name".to_owned(), json!("/name")));
    assert_eq!(post(named("a", "nowhere")).await, (422, "unknown_template".to_owned(), json!("/template")));
    let uuid = "01990000-0000-7000-8000-000000000000";
    assert_eq!(post(named(uuid, "demo")).await.0, 422);
    let (status, _, pointer) = post(json!({"name": "a", "template": "demo", "colour": "red"})).await;
    assert_eq!((status, pointer), (400, json!("/colour")));
    assert_eq!(post(json!({"name": 7, "template": "demo"})).await.0, 400);
    let (status, _, pointer) =
        post(json!({"name": "a", "template": "demo", "environment": {"LD_PRELOAD": "/x"}})).await;
    assert_eq!((status, pointer), (422, json!("/environment/LD_PRELOAD")));

    let big = json!({"name": "a", "template": "demo", "description": "x".repeat(300 << 10)});
    assert_eq!(daemon.post("/mcp/instances", &big).await.status, 413);
    let not_json =
        daemon.request(Method::POST, "/mcp/instances").header("content-type", "application/json").body("{");
    assert_eq!(daemon.send(not_json).await.status, 400);
    let form = daemon.request(Method::POST, "/mcp/instances").header("content-type", "text/plain").body("{}");
    assert_eq!(daemon.send(form).await.status, 415);
    let foreign = daemon
        .request(Method::POST, "/mcp/instances")
        .header("origin", "https://evil.example")
        .json(&named("a", "demo"));
    assert_eq!(daemon.send(foreign).await.status, 403);
    let elsewhere = daemon.request(Method::GET, "/mcp/instances").header("host", "evil.example");
    assert_eq!(daemon.send(elsewhere).await.status, 421);

    assert_eq!(daemon.get("/mcp/instances").await.expect(200)["instances"], json!([]));
}

#[tokio::test]
async fn a_name_is_taken_until_its_instance_is_gone() {
    let daemon = TestDaemon::builder().local().start().await;
    daemon.create("one", "demo").await;
    let taken = daemon.post("/mcp/instances", &json!({"name": "one", "template": "demo"})).await;
    assert_eq!((taken.status.as_u16(), taken.code()), (409, "name_taken"));
    daemon.delete("/mcp/instances/one?wait=30s").await.expect(204);
    assert_eq!(daemon.create("one", "demo").await["status"], "running");
}

#[tokio::test]
async fn a_dry_run_says_what_would_be_and_makes_nothing() {
    let daemon = TestDaemon::builder()
        .local()
        .hook("name = \"naming\"\nplugin = \"plugins/naming.wasm\"\nsettings = { pattern = \"^prod-\" }")
        .start()
        .await;
    let dry =
        daemon.post("/mcp/instances?dry_run=true", &json!({"name": "prod-a", "template": "demo"})).await;
    let body = dry.expect(200);
    assert_eq!(body["admission"][0]["verdict"], "allow", "{body}");
    let dry = daemon.post("/mcp/instances?dry_run=true", &json!({"name": "a", "template": "demo"})).await;
    assert_eq!(dry.status, 422);
    assert_eq!(dry.body["admission"][0]["verdict"], "deny", "{dry}");
    assert_eq!(daemon.get("/mcp/instances").await.expect(200)["instances"], json!([]));
    assert!(daemon.processes().iter().all(|process| !process.command.join(" ").contains("demo-server")));
}

#[tokio::test]
async fn a_list_is_paged_in_creation_order_and_filtered() {
    let daemon = TestDaemon::builder().local().start().await;
    for name in ["c", "a", "b"] {
        let labels = json!({"kind": if name == "a" { "odd" } else { "even" }});
        let body = json!({"name": name, "template": "demo", "labels": labels});
        daemon.post("/mcp/instances?wait=0s", &body).await.expect(201);
    }
    let names = |body: &Value| -> Vec<String> {
        let list = body["instances"].as_array().unwrap();
        list.iter().map(|instance| instance["name"].as_str().unwrap().to_owned()).collect()
    };
    let first = daemon.get("/mcp/instances?limit=2").await.expect(200);
    assert_eq!(names(&first), ["c", "a"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = daemon.get(&format!("/mcp/instances?limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!((names(&second), &second["next_cursor"]), (vec!["b".to_owned()], &Value::Null));
    assert_eq!(names(&daemon.get("/mcp/instances?label=kind=even").await.expect(200)), ["c", "b"]);
    assert_eq!(names(&daemon.get("/mcp/instances?q=a").await.expect(200)), ["a"]);
    daemon.get("/mcp/instances?colour=red").await.expect(400);
}

#[tokio::test]
async fn a_stale_if_match_has_no_effect() {
    let daemon = TestDaemon::builder().local().start().await;
    let instance = daemon.create("one", "demo").await;
    let stale = daemon.request(Method::DELETE, "/mcp/instances/one").header("if-match", "\"1\"");
    assert_eq!(daemon.send(stale).await.status, 412);
    let fresh = format!("\"{}\"", instance["revision"]);
    let restart = daemon.request(Method::POST, "/mcp/instances/one/restart").header("if-match", fresh);
    daemon.send(restart).await.expect(202);
    let restarted = daemon.wait_for_status("one", "running").await;
    assert_ne!(restarted["workload"]["id"], instance["workload"]["id"]);
    assert_eq!(restarted["id"], instance["id"]);
}

#[tokio::test]
async fn a_secret_reaches_the_workload_and_nothing_else() {
    const VALUE: &str = "hunter2-of-the-harbour";
    // Everything is logged but what the compiler says of plugins, which is much and knows no secret.
    let filter = "trace,cranelift_codegen=warn,cranelift_frontend=warn,regalloc2=warn,wasmtime=warn,\
                  wasmtime_environ=warn,wasmtime_internal_cranelift=warn";
    let daemon = TestDaemon::builder().local().environment("WHARFINGER__LOG__FILTER", filter).start().await;
    // The demo server prints this variable: the secret comes back in its output.
    let body = json!({"name": "one", "template": "demo", "secrets": {"DEMO_STDERR": VALUE}});
    let instance = daemon.post("/mcp/instances?wait=30s", &body).await.expect(201);
    assert_eq!((&instance["status"], &instance["secrets"]), (&json!("running"), &json!(["DEMO_STDERR"])));
    let logs = daemon.get("/mcp/instances/one/logs").await;
    assert!(logs.to_string().contains("[secret]"), "{logs}");
    for path in ["", "/one", "/one/logs", "/one/events", "/one/tools"] {
        let answer = daemon.get(&format!("/mcp/instances{path}")).await;
        assert!(!answer.to_string().contains(VALUE), "{path}");
    }
    assert!(!daemon.log().contains(VALUE));
    let server = daemon.processes().into_iter().find(|process| {
        process.command.join(" ").contains("demo-server")
            && process.environment.iter().any(|(key, _)| key == "DEMO_STDERR")
    });
    assert!(server.is_some_and(|process| process.environment.iter().any(|(_, value)| value == VALUE)));
}

#[tokio::test]
async fn a_daemon_told_to_stop_drains_and_leaves_workloads_running() {
    let mut daemon = TestDaemon::builder().local().start().await;
    let instance = daemon.create("one", "demo").await;
    assert_eq!(daemon.terminate().await.code(), Some(0));
    assert!(daemon.log().contains("workloads go on"));
    assert_eq!(
        mcp::call_once(&endpoint(&instance), "echo", json!({"message": "still here"})).await.unwrap(),
        "still here"
    );
    daemon.start().await;
    let again = daemon.wait_for_status("one", "running").await;
    assert_eq!(again["workload"], instance["workload"]);
}
