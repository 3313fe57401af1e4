//! The plugins of `examples/plugins`: in other languages, and of one behaviour in each of them.
//!
//! One daemon plays a whole story, for it takes seconds to compile an interpreter.

use serde_json::json;
use wharfinger_tests::daemon::{Builder, TestDaemon};
use wharfinger_tests::fleet::{Fault, Fleet};
use wharfinger_tests::languages::is_there;
use wharfinger_tests::{bin_path, mcp};

/// Tries come quickly, an absence is believed soon, and orphans are looked for all the time.
const QUICK: &str = "[reconcile]\nsettle = \"100ms\"\nsweep = \"1s\"\ninspect_interval = \"1s\"\n\
                     [recovery]\nbase = \"50ms\"\ncap = \"200ms\"\n";

#[tokio::test]
async fn a_hook_in_python_refuses_with_every_reason() {
    hook("python-hook").await;
}

#[tokio::test]
async fn a_hook_in_javascript_refuses_with_every_reason() {
    hook("javascript-hook").await;
}

#[tokio::test]
async fn a_provisioner_in_python_does_the_whole_job() {
    provisioner("python-provisioner").await;
}

#[tokio::test]
async fn a_provisioner_in_javascript_does_the_whole_job() {
    provisioner("javascript-provisioner").await;
}

/// Whether the plugin is there to be tested.
fn is_built(plugin: &str) -> bool {
    is_there(bin_path::test_plugin(plugin).is_file(), &format!("{plugin}.wasm"))
}

async fn hook(plugin: &str) {
    if !is_built(plugin) {
        return;
    }
    let table = |settings: &str| {
        format!("name = \"house-rules\"\nplugin = \"plugins/{plugin}.wasm\"\nsettings = {settings}")
    };
    let server = bin_path::demo_server();
    let demo = |name: &str, image: &str| {
        format!("name = \"{name}\"\nport = 8000\nimage = \"{image}\"\ncommand = [\"{}\"]\n", server.display())
    };
    let daemon = TestDaemon::builder()
        .local()
        .guest(plugin)
        .template("trusted", &demo("trusted", "registry.example:5000/demo:1"))
        .template("floating", &demo("floating", "registry.example:5000/demo"))
        .template("foreign", &demo("foreign", "elsewhere/demo@sha256:00"))
        .hook(&table("{ images = [\"registry.example:5000/\"], labels = [\"team\", \"a/b\"] }"))
        .start()
        .await;

    // Every reason at once, each with its place.
    let refused = daemon.post("/mcp/instances", &json!({"name": "one", "template": "foreign"})).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "hook_denied"), "{refused}");
    let mut reasons: Vec<(&str, &str)> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()))
        .collect();
    reasons.sort_unstable();
    assert_eq!(
        reasons,
        [
            ("/labels/a~1b", "label_required"),
            ("/labels/team", "label_required"),
            ("/template", "image_not_allowed")
        ],
        "{refused}"
    );

    // What it allows is made; a warning refuses nothing.
    let labels = json!({"team": "harbour", "a/b": "é"});
    let body = |template: &str| json!({"name": template, "template": template, "labels": labels});
    let instance = daemon.post("/mcp/instances?wait=60s", &body("trusted")).await.expect(201);
    assert_eq!(instance["status"], "running", "{instance}");
    let admission = &instance["admission"][0];
    assert_eq!((&admission["hook"], &admission["verdict"]), (&json!("house-rules"), &json!("allow")));
    let floating = daemon.post("/mcp/instances?wait=60s", &body("floating")).await.expect(201);
    assert!(floating["admission"].to_string().contains("has no fixed tag"), "{floating}");

    // Settings it does not take are refused with each bad key, and the last good ones stay.
    daemon.write_config(&daemon.config().replace("labels = [\"team\", \"a/b\"]", "labels = 7, flags = []"));
    let refusal = daemon
        .until("/mcp/plugins", |body| {
            body["plugins"].as_array().unwrap().iter().any(|one| one["state"] == "refused")
        })
        .await;
    let text = refusal.to_string();
    assert!(text.contains("flags") && text.contains("labels"), "{text}");
    daemon.post("/mcp/instances", &json!({"name": "two", "template": "foreign"})).await.expect(422);
}

async fn provisioner(plugin: &str) {
    if !is_built(plugin) {
        return;
    }
    let fleet = Fleet::open().await;
    let daemon = daemon(plugin, &fleet).start().await;
    // The fleet's own images arrive in the background.
    daemon.until("/mcp/templates", |body| body.to_string().contains("\"demo\"")).await;
    a_machine_is_made_used_and_removed(&daemon, &fleet).await;
    what_is_not_known_is_looked_for(&daemon, &fleet).await;
    what_had_no_effect_is_tried_again(&daemon, &fleet).await;
    what_never_will_be_is_not_tried_again(&daemon, &fleet).await;
    a_name_of_somebody_elses_is_not_touched(&daemon, &fleet).await;
    a_dead_machine_is_made_anew(&daemon, &fleet).await;
    machines_nobody_knows_are_listed_page_by_page(&daemon, &fleet).await;
    drop(fleet);
    daemon.until("/mcp/provisioners", |body| body["provisioners"][0]["reachable"] == false).await;
}

fn daemon(plugin: &str, fleet: &Fleet) -> Builder {
    let lines = format!(
        "plugin = \"plugins/{plugin}.wasm\"\nupstreams.fleet = {{ url = \"{}\" }}\nsettings = {{ zone = \"east\" }}",
        fleet.url()
    );
    TestDaemon::builder()
        .guest(plugin)
        .provisioner("fleet", &lines)
        .toml(QUICK)
        .template("missing", "name = \"missing\"\nimage = \"missing/image:1\"\nport = 8000\n")
}

async fn a_machine_is_made_used_and_removed(daemon: &TestDaemon, fleet: &Fleet) {
    const SECRET: &str = "hunter2-of-the-harbour";
    let body = json!({
        "name": "one", "template": "demo",
        "environment": {"GREETING": "grüß Gott 🚢"}, "secrets": {"API_KEY": SECRET},
    });
    let instance = daemon.post("/mcp/instances?wait=60s", &body).await.expect(201);
    assert_eq!(instance["status"], "running", "{instance}");
    let url = instance["endpoint"]["url"].as_str().unwrap();
    assert_eq!(mcp::call_once(url, "add", json!({"a": 19, "b": 23})).await.unwrap(), "42");
    let order = fleet.orders().pop().unwrap();
    assert_eq!(
        (&order["zone"], &order["image"], &order["port"]),
        (&json!("east"), &json!("fleet/demo:1"), &json!(8000))
    );
    assert_eq!(order["environment"]["GREETING"], "grüß Gott 🚢");
    assert_eq!(order["environment"]["API_KEY"], SECRET);
    for place in ["environment", "labels"] {
        assert_eq!(order[place]["WHARFINGER_INSTANCE"], instance["id"], "{order}");
        assert_eq!(order[place]["WHARFINGER_ATTEMPT"], "0", "{order}");
    }
    assert!(instance["workload"].to_string().contains("east"), "{instance}");
    let logs = daemon.get("/mcp/instances/one/logs").await;
    assert!(logs.to_string().contains("demo-server listening on"), "{logs}");
    assert!(!format!("{instance}{logs}{}", daemon.log()).contains(SECRET));
    daemon.delete("/mcp/instances/one?wait=60s").await.expect(204);
    assert_eq!(fleet.machines(), [""; 0]);
}

async fn what_is_not_known_is_looked_for(daemon: &TestDaemon, fleet: &Fleet) {
    for (name, fault) in [("lost", Fault::AnswerLost), ("burnt", Fault::Failed)] {
        let before = fleet.orders().len();
        fleet.plan(fault);
        let instance = daemon.create(name, "demo").await;
        assert_eq!(instance["status"], "running", "{fault:?}: {instance}");
        assert_eq!((fleet.orders().len() - before, fleet.machines().len()), (1, 1), "{fault:?}");
        let events = daemon.get(&format!("/mcp/instances/{name}/events")).await.expect(200).to_string();
        assert!(events.contains("OutcomeUnknown"), "{fault:?}: {events}");
        daemon.delete(&format!("/mcp/instances/{name}?wait=60s")).await.expect(204);
    }
}

async fn what_had_no_effect_is_tried_again(daemon: &TestDaemon, fleet: &Fleet) {
    let before = fleet.orders().len();
    fleet.plan(Fault::NoRoom);
    let instance = daemon.create("squeezed", "demo").await;
    assert_eq!(instance["status"], "running", "{instance}");
    assert_eq!(fleet.orders().len() - before, 2);
    daemon.delete("/mcp/instances/squeezed?wait=60s").await.expect(204);
}

async fn what_never_will_be_is_not_tried_again(daemon: &TestDaemon, fleet: &Fleet) {
    let before = fleet.orders().len();
    let instance = daemon.create("imageless", "missing").await;
    assert_eq!(instance["status"], "failed", "{instance}");
    assert!(
        instance["error"]["message"].as_str().unwrap().contains("no such image (status 400)"),
        "{instance}"
    );
    assert_eq!(fleet.orders().len() - before, 1);
    daemon.delete("/mcp/instances/imageless?wait=60s").await.expect(204);
}

async fn a_name_of_somebody_elses_is_not_touched(daemon: &TestDaemon, fleet: &Fleet) {
    fleet.plan(Fault::Taken);
    let instance = daemon.create("taken", "demo").await;
    assert_eq!(
        (&instance["status"], &instance["error"]["code"]),
        (&json!("failed"), &json!("foreign")),
        "{instance}"
    );
    let [taken] = &fleet.machines()[..] else { panic!("one machine: {:?}", fleet.machines()) };
    daemon.delete("/mcp/instances/taken?wait=60s").await.expect(204);
    assert_eq!(&fleet.machines(), &[taken.as_str()], "somebody else's machine is left alone");
    fleet.remove(taken);
}

async fn a_dead_machine_is_made_anew(daemon: &TestDaemon, fleet: &Fleet) {
    let instance = daemon.create("mortal", "demo").await;
    assert_eq!(instance["status"], "running", "{instance}");
    fleet.kill(&fleet.machines()[0]);
    let anew = daemon
        .until("/mcp/instances/mortal", |body| {
            body["status"] == "running" && body["workload"]["id"] != instance["workload"]["id"]
        })
        .await;
    assert_eq!(fleet.orders().pop().unwrap()["labels"]["WHARFINGER_ATTEMPT"], "1", "{anew}");
    daemon.delete("/mcp/instances/mortal?wait=60s").await.expect(204);
}

async fn machines_nobody_knows_are_listed_page_by_page(daemon: &TestDaemon, fleet: &Fleet) {
    let owner = fleet.orders()[0]["labels"]["WHARFINGER_OWNER"].clone();
    let names = ["wf-00000000-a", "wf-00000000-b", "wf-00000000-c"];
    for (number, name) in names.iter().enumerate() {
        let instance = format!("01900000-0000-7000-8000-00000000000{number}");
        let labels =
            json!({"WHARFINGER_OWNER": owner, "WHARFINGER_INSTANCE": instance, "WHARFINGER_ATTEMPT": "0"});
        fleet.make(name, &labels);
    }
    fleet.make("other", &json!({"WHARFINGER_OWNER": "somebody-else"}));
    let listed = daemon.until("/mcp/orphans", |body| body["orphans"].as_array().unwrap().len() >= 3).await;
    let mut found: Vec<&str> =
        listed["orphans"].as_array().unwrap().iter().map(|one| one["workload"].as_str().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, names);
}
