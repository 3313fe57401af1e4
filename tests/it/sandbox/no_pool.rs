//! Where the pool of sandboxes finds no address space, as in a container with a limit, plugins run with memory
//! mapped on demand: slower, and within the same limits.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use wharfinger_tests::bin_path;
use wharfinger_tests::daemon::TestDaemon;

/// Less than the pool reserves, and less than compiling a plugin may take by default.
const ADDRESS_SPACE_KIB: u64 = 3_000_000;

/// Runs the daemon with little address space.
fn confined(folder: &Path) -> PathBuf {
    let path = folder.join("daemon.sh");
    let daemon = bin_path::wharfinger();
    let script = format!("#!/bin/bash\nulimit -v {ADDRESS_SPACE_KIB}\nexec '{}' \"$@\"\n", daemon.display());
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[tokio::test]
async fn without_address_space_for_a_pool_plugins_run_all_the_same_and_their_limits_hold() {
    let scripts = tempfile::tempdir().unwrap();
    let program = confined(scripts.path());
    for (mood, word) in
        [("eat-memory", "plugin_out_of_memory"), ("loop", "plugin_timed_out"), ("panic", "plugin_trapped")]
    {
        let hook = format!(
            "name = \"moody\"\nplugin = \"plugins/moody-hook.wasm\"\nsettings = {{ mood = \"{mood}\" }}\n\
             timeout = \"1s\"\nwhen = {{ label = \"mood=bad\" }}"
        );
        let builder = TestDaemon::builder().local().guest("moody-hook").hook(&hook);
        let mut daemon = builder.program(&program).start().await;
        assert!(daemon.log().contains("no address space for a pool of sandboxes"), "{}", daemon.log());
        let body = json!({"name": "bad", "template": "demo", "labels": {"mood": "bad"}});
        let refused = daemon.post("/mcp/instances", &body).await;
        assert!(refused.to_string().contains(word), "{mood}: {refused}");
        let compiled = daemon.machine_code();
        for name in ["good", "good-too"] {
            assert_eq!(daemon.create(name, "demo").await["status"], "running");
            daemon.kill9();
            daemon.start().await;
        }
        assert_eq!(daemon.machine_code(), compiled, "a restart compiles nothing");
    }
}
