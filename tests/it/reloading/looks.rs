//! When the daemon looks, and what it believes at the first sight.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::time::{Duration, Instant};

use rustix::process::{Signal, kill_process};
use wharfinger_tests::daemon::TestDaemon;

use super::{
    GATE, OTHER, SOON, components, digest, dry_run, edit, gated, gated_by, plugin, reload, the_gate_holds,
};

const LOST: &str = "the configuration has lost all of its hooks";

/// The gate is open in the end, and until then every answer is its own.
async fn until_the_gate_is_gone(daemon: &TestDaemon) {
    let deadline = Instant::now() + SOON;
    loop {
        let answer = dry_run(daemon, "bad").await;
        if answer.status == 200 {
            break;
        }
        assert_eq!(answer.code(), "hook_denied", "{answer}");
        assert!(Instant::now() < deadline, "{}", daemon.log());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let log = daemon.log();
    let warned = log.find(LOST).expect("it was said");
    let swapped = log.find("generation=2").expect("there is another set");
    assert!(warned < swapped, "{log}");
    assert!(plugin(&reload(daemon).await, "gate").is_null());
    assert_eq!(daemon.log().matches(LOST).count(), 1, "{log}");
}

#[tokio::test]
async fn a_file_that_lost_every_hook_is_seen_twice_before_it_is_believed() {
    let mut daemon = gated();
    daemon.start().await;
    edit(&daemon, &format!("[[hooks]]\n{GATE}"), "");
    until_the_gate_is_gone(&daemon).await;
}

#[tokio::test]
async fn a_file_that_lost_every_hook_while_no_daemon_ran_is_seen_twice_too() {
    let mut daemon = gated();
    daemon.start().await;
    daemon.kill9();
    edit(&daemon, &format!("[[hooks]]\n{GATE}"), "");
    daemon.start().await;
    until_the_gate_is_gone(&daemon).await;
}

#[tokio::test]
async fn a_file_that_is_written_all_the_time_is_read_when_it_rests() {
    let mut daemon = gated();
    daemon.start().await;
    let config = daemon.config();
    let hooks = format!("[[hooks]]\n{GATE}");
    assert!(config.contains(&hooks));
    // Its hooks are written last, and what comes before takes a while.
    let rest = config.replace(&hooks, "");
    let comments: String = (0..200).map(|line| format!("# line {line}\n")).collect();
    let path = daemon.config_path();
    let writing = tokio::task::spawn_blocking(move || {
        let mut file = fs::File::create(path).unwrap();
        for line in format!("{rest}\n{comments}{hooks}").split_inclusive('\n') {
            file.write_all(line.as_bytes()).unwrap();
            std::thread::sleep(Duration::from_millis(40));
        }
    });
    while !writing.is_finished() {
        assert_eq!(dry_run(&daemon, "bad").await.code(), "hook_denied");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    writing.await.unwrap();
    assert_eq!(reload(&daemon).await["generation"], 1, "{}", daemon.log());
    assert!(daemon.log().contains("it is written all the time"), "{}", daemon.log());
}

#[tokio::test]
async fn an_empty_file_and_half_a_file_take_nothing_away() {
    let mut daemon = gated();
    daemon.start().await;
    let good = daemon.config();
    let torn = good.find("\"process\"").unwrap();
    for bad in ["", "\n\n# nothing yet\n", &good[..torn + 4]] {
        fs::write(daemon.config_path(), bad).unwrap();
        for _ in 0..2 {
            let body = reload(&daemon).await;
            assert!(body["configuration"]["refusal"]["message"].is_string(), "{body}");
            assert_eq!(body["generation"], 1, "{body}");
            the_gate_holds(&daemon).await;
        }
    }
    daemon.create("good", "demo").await;
    daemon.write_config(&good);
    assert!(reload(&daemon).await["configuration"]["refusal"].is_null());
}

#[tokio::test]
async fn a_request_and_a_signal_make_it_look_where_nothing_can_be_watched() {
    let mut daemon = gated_by(TestDaemon::builder().local().hook(GATE).hook(OTHER));
    // hooks/gate.wasm -> deep/nest/current/gate.wasm, and nobody watches deep/nest.
    let root = daemon.dir().to_path_buf();
    fs::create_dir_all(root.join("deep/nest")).unwrap();
    let lead = |number: u32| {
        let folder = format!("far/away-{number}/v{number}");
        fs::create_dir_all(root.join(&folder)).unwrap();
        fs::write(root.join(&folder).join("gate.wasm"), components::naming(number)).unwrap();
        symlink(root.join(&folder), root.join("deep/nest/next")).unwrap();
        fs::rename(root.join("deep/nest/next"), root.join("deep/nest/current")).unwrap();
    };
    lead(1);
    fs::remove_file(root.join("hooks/gate.wasm")).unwrap();
    symlink("../deep/nest/current/gate.wasm", root.join("hooks/gate.wasm")).unwrap();
    daemon.start().await;
    let of = |number| components::digest(&components::naming(number));
    lead(2);
    assert_eq!(digest(&reload(&daemon).await, "gate"), of(2));
    lead(3);
    kill_process(daemon.pid(), Signal::HUP).unwrap();
    daemon.until("/mcp/plugins", |body| digest(body, "gate") == of(3)).await;
    assert!(daemon.log().contains("reading the configuration again"), "{}", daemon.log());
    // What changed in the end was looked at, and the other hook was left alone.
    let body = reload(&daemon).await;
    assert_eq!(plugin(&body, "other")["active"]["generation"], 1);
    the_gate_holds(&daemon).await;
}

#[tokio::test]
async fn keys_that_need_a_restart_are_named_and_the_rest_is_taken_up() {
    let mut daemon = gated();
    daemon.start().await;
    let before = daemon.config();
    edit(&daemon, "data_dir = \"data\"", "data_dir = \"data\"\ndefault_wait = \"7s\"");
    edit(&daemon, "^good", "^better");
    let body = reload(&daemon).await;
    assert_eq!(body["configuration"]["needs_restart"], serde_json::json!(["server.default_wait"]));
    assert_eq!((&body["generation"], &plugin(&body, "gate")["state"]), (&2.into(), &"active".into()));
    assert_eq!(dry_run(&daemon, "good").await.code(), "hook_denied");
    assert!(daemon.log().contains("server.default_wait"), "{}", daemon.log());
    // Taken back: nothing is named. After a restart with it: neither.
    let after = daemon.config();
    daemon.write_config(&before);
    assert_eq!(reload(&daemon).await["configuration"]["needs_restart"], serde_json::json!([]));
    daemon.write_config(&after);
    assert!(daemon.terminate().await.success());
    daemon.start().await;
    assert_eq!(reload(&daemon).await["configuration"]["needs_restart"], serde_json::json!([]));
}
