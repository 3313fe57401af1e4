//! What is lost or damaged while the daemon is down is served from its own copies.

use std::fs;

use wharfinger_tests::daemon::TestDaemon;

use super::{components, digest, gated, plugin, reload, the_gate_holds};

fn damage(daemon: &TestDaemon, what: &str) {
    let file = daemon.dir().join("hooks/gate.wasm");
    match what {
        "deleted" => {
            fs::remove_file(file).unwrap();
            fs::remove_file(daemon.dir().join("plugins/local.wasm")).unwrap();
        }
        "cut" => fs::write(file, &components::naming(0)[..100_000]).unwrap(),
        _ => fs::remove_dir_all(file.parent().unwrap()).unwrap(),
    }
}

#[tokio::test]
async fn files_that_were_lost_or_damaged_meanwhile_are_served_from_the_last_good_copies() {
    let mut daemon = gated();
    let whole = components::naming(0);
    daemon.start().await;
    daemon.create("good", "demo").await;
    let local = fs::read(daemon.dir().join("plugins/local.wasm")).unwrap();
    for (what, code) in
        [("deleted", "plugin_unreadable"), ("cut", "component_invalid"), ("folder gone", "plugin_unreadable")]
    {
        daemon.kill9();
        damage(&daemon, what);
        daemon.start().await;
        the_gate_holds(&daemon).await;
        let body = reload(&daemon).await;
        let gate = plugin(&body, "gate");
        assert_eq!(digest(&body, "gate"), components::digest(&whole), "{what}: {gate}");
        assert_eq!(
            (&gate["state"], &gate["last_refusal"]["code"]),
            (&"refused".into(), &code.into()),
            "{gate}"
        );
        let desired = &gate["desired"]["digest"];
        assert_ne!(*desired, gate["active"]["digest"], "{what}: {gate}");
        assert_eq!(desired.is_null(), code == "plugin_unreadable", "{what}: {gate}");
        assert!(!gate["last_refusal"]["message"].as_str().unwrap().is_empty());
        assert!(daemon.log().contains("the daemon starts with the plugins that served last"));
        // The provisioner serves on too, though its file is gone.
        daemon.create("good-too", "demo").await;
        daemon.delete("/mcp/instances/good-too?wait=30s").await.expect(204);

        daemon.write_file("hooks/gate.wasm", &whole);
        daemon.write_file("plugins/local.wasm", &local);
        daemon
            .until("/mcp/plugins", |body| {
                ["gate", "local"].iter().all(|name| plugin(body, name)["state"] == "active")
            })
            .await;
    }
}

#[tokio::test]
async fn a_configuration_that_cannot_be_read_is_no_start_whatever_served_before() {
    let mut daemon = gated();
    daemon.start().await;
    daemon.kill9();
    let good = daemon.config();
    for bad in ["[server", "", &good.replace("settings = {", "settings = ")] {
        daemon.write_config(bad);
        let status = daemon.start_and_expect_exit().await;
        assert_eq!(status.code(), Some(78), "{bad}\n{}", daemon.log());
    }
    daemon.write_config(&good);
    daemon.start().await;
    the_gate_holds(&daemon).await;
}

#[tokio::test]
async fn a_new_hook_that_is_bad_is_refused_by_a_daemon_that_runs_and_is_no_start() {
    let mut daemon = gated();
    daemon.start().await;
    let good = daemon.config();
    let new = format!("{good}\n[[hooks]]\nname = \"new\"\nplugin = \"hooks/missing.wasm\"\n");
    daemon.write_config(&new);
    let plugins = reload(&daemon).await;
    assert_eq!(plugins["hooks"].as_array().unwrap().len(), 1, "{plugins}");
    the_gate_holds(&daemon).await;
    daemon.kill9();
    let status = daemon.start_and_expect_exit().await;
    let log = daemon.log();
    assert_eq!(status.code(), Some(78), "{log}");
    assert!(log.contains("hook \"new\"") && log.contains("cannot be read"), "{log}");
    daemon.write_config(&good);
    daemon.start().await;
    the_gate_holds(&daemon).await;
}

#[tokio::test]
async fn without_a_file_and_without_a_good_copy_it_does_not_start_and_says_both() {
    for damage in ["lost", "damaged"] {
        let mut daemon = gated();
        daemon.start().await;
        daemon.kill9();
        fs::remove_file(daemon.dir().join("hooks/gate.wasm")).unwrap();
        for entry in fs::read_dir(daemon.dir().join("data/plugins")).unwrap() {
            let path = entry.unwrap().path();
            match (damage, path.extension().unwrap().to_str().unwrap()) {
                ("lost", _) => fs::remove_file(path).unwrap(),
                // As long, and another: a length says nothing.
                (_, "wasm") => {
                    let mut bytes = fs::read(&path).unwrap();
                    *bytes.last_mut().unwrap() ^= 1;
                    fs::write(path, bytes).unwrap();
                }
                _ => {}
            }
        }
        let status = daemon.start_and_expect_exit().await;
        let log = daemon.log();
        assert_eq!(status.code(), Some(78), "{log}");
        for reason in ["hook \"gate\"", "cannot be read", "the last good copy of hook \"gate\""] {
            assert!(log.contains(reason), "{damage}: {reason:?} is missing\n{log}");
        }
        // What came back is enough.
        daemon.write_file("hooks/gate.wasm", components::naming(0));
        daemon.start().await;
        the_gate_holds(&daemon).await;
    }
}

#[tokio::test]
async fn a_copy_that_was_damaged_is_made_anew_from_the_same_file_also_beside_a_bad_one() {
    let mut daemon = gated();
    daemon.start().await;
    daemon.kill9();
    let file = daemon.dir().join("plugins/local.wasm");
    let local = fs::read(&file).unwrap();
    let hex = components::digest(&local).trim_start_matches("sha256:").to_owned();
    let copy = daemon.dir().join(format!("data/plugins/{hex}.wasm"));
    assert_eq!(fs::read(&copy).unwrap(), local);
    fs::write(&copy, &local[1..]).unwrap();
    damage(&daemon, "cut");
    daemon.start().await;
    the_gate_holds(&daemon).await;
    assert_eq!(fs::read(&copy).unwrap(), local, "{}", daemon.log());
    assert!(daemon.log().contains("its copy is made anew from its file"));
    // From now on it needs no file again.
    daemon.kill9();
    fs::remove_file(file).unwrap();
    daemon.start().await;
    the_gate_holds(&daemon).await;
    daemon.create("good", "demo").await;
}
