//! What changes while the daemon runs, from the outside: plugins' files, the configuration, and the
//! daemon's own death in between.
//!
//! ```text
//!  walk       a seeded random walk of an operator, with clients that ask all the time
//!  last_good  files that are lost or damaged while the daemon is down
//!  taking_away, retired, rollback, looks, copies, compilers: one rule each
//! ```

mod compilers;
mod components;
mod copies;
mod last_good;
mod looks;
mod retired;
mod reviews;
mod rollback;
mod taking_away;
mod walk;

use std::time::Duration;

use serde_json::{Value, json};
use wharfinger_tests::daemon::{Answer, Builder, TestDaemon};

const SOON: Duration = Duration::from_secs(60);

/// A hook that lets pass what begins with `good`, and lies in a folder of its own.
const GATE: &str = "name = \"gate\"\nplugin = \"hooks/gate.wasm\"\ntimeout = \"20s\"\n\
    settings = { pattern = \"^good\" }\n";

/// A second hook, for a file that is wrong elsewhere: `(` is no pattern.
const OTHER: &str = "name = \"other\"\nplugin = \"plugins/naming.wasm\"\ntimeout = \"20s\"\n\
    settings = { pattern = \"^[a-z]\" }\n";

/// A daemon with the provisioner `local` and the hook `gate`.
fn gated() -> TestDaemon {
    gated_by(TestDaemon::builder().local().hook(GATE))
}

/// Whatever is built, with the file of `gate` in its place.
fn gated_by(builder: Builder) -> TestDaemon {
    let daemon = builder.prepare();
    daemon.write_file("hooks/gate.wasm", components::naming(0));
    daemon
}

/// How every plugin stands after a look that began now.
async fn reload(daemon: &TestDaemon) -> Value {
    daemon.post_empty("/mcp/plugins/reload?wait=120s").await.expect(200)
}

/// Replaces text of the configuration, which must be there.
fn edit(daemon: &TestDaemon, from: &str, to: &str) {
    let config = daemon.config();
    assert!(config.contains(from), "{from:?} is not in\n{config}");
    daemon.write_config(&config.replace(from, to));
}

/// What `GET /mcp/plugins` says of one plugin; null if it says nothing.
fn plugin<'body>(body: &'body Value, name: &str) -> &'body Value {
    let plugins = body["plugins"].as_array().unwrap();
    plugins.iter().find(|one| one["name"] == name).unwrap_or(&Value::Null)
}

/// The digest of the component that serves.
fn digest<'body>(body: &'body Value, name: &str) -> &'body str {
    plugin(body, name)["active"]["digest"].as_str().unwrap()
}

/// What a create by this name would come to.
async fn dry_run(daemon: &TestDaemon, name: &str) -> Answer {
    let body = json!({"name": name, "template": "demo"});
    daemon.post("/mcp/instances?dry_run=true", &body).await
}

/// `gate` serves: it lets pass what it should, and nothing else.
async fn the_gate_holds(daemon: &TestDaemon) {
    dry_run(daemon, "good-as-ever").await.expect(200);
    let refused = dry_run(daemon, "bad").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "hook_denied"), "{refused}");
}
