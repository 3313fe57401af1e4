//! Sandboxes from the outside: what a plugin may reach, what it may use, and when it is left alone.

mod egress;
mod hostile;
mod mutated;
mod no_pool;
mod quarantine;

use serde_json::{Value, json};
use wharfinger_tests::daemon::{Builder, TestDaemon};

/// A daemon with the provisioner `moody` beside `local`, and one attempt for each instance.
fn moody(mood: &str, lines: &str) -> Builder {
    let lines =
        format!("plugin = \"plugins/moody-provisioner.wasm\"\nsettings = {{ mood = \"{mood}\" }}\n{lines}");
    TestDaemon::builder().local().guest("moody-provisioner").provisioner("moody", &lines)
}

/// Quick tries, so that a failure is one soon.
const ONE_TRY: &str =
    "[reconcile]\nsettle = \"20ms\"\n[recovery]\nbase = \"10ms\"\ncap = \"20ms\"\nmax_attempts = 0\n";

/// An instance that `moody` is to make, when it has failed.
async fn ask(daemon: &TestDaemon, name: &str) -> Value {
    let body = json!({"name": name, "template": "demo", "provisioner": "moody"});
    let instance = daemon.post("/mcp/instances?wait=60s", &body).await.expect(201);
    assert_eq!(instance["status"], "failed", "{instance}");
    instance
}

/// How a plugin stands.
fn state<'body>(body: &'body Value, name: &str) -> &'body Value {
    let plugins = body["plugins"].as_array().unwrap();
    &plugins.iter().find(|one| one["name"] == name).unwrap()["state"]
}
