//! The database as an operator meets it: opened twice, damaged, on a full disk, copied and restored.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, prlimit};
use serde_json::{Value, json};
use wharfinger_tests::bin_path;
use wharfinger_tests::daemon::TestDaemon;
use wharfinger_tests::fake_manager::FakeManager;

fn database(daemon: &TestDaemon) -> PathBuf {
    daemon.dir().join("data/wharfinger.redb")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Exit code, stdout and stderr.
fn ended(output: &Output) -> (Option<i32>, String, String) {
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn backup(daemon: &TestDaemon, to: &Path) -> (Option<i32>, String, String) {
    ended(&daemon.run_on_data("backup", &["--to".as_ref(), to.as_ref()]))
}

async fn names(daemon: &TestDaemon) -> Vec<String> {
    let listed = daemon.get("/mcp/instances?limit=100").await.expect(200);
    let instances = listed["instances"].as_array().unwrap();
    instances.iter().map(|instance| instance["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_second_daemon_on_the_same_data_is_refused_and_says_so() {
    let first = TestDaemon::builder().local().start().await;
    let data = first.dir().join("data");
    let mut second = TestDaemon::builder()
        .local()
        .environment("WHARFINGER__SERVER__DATA_DIR", data.to_str().unwrap())
        .prepare();
    assert_eq!(second.start_and_expect_exit().await.code(), Some(1));
    let said = second.log();
    assert!(said.contains("is in use: another wharfinger runs on this data directory"), "{said}");
    first.get("/readyz").await.expect(200);
}

#[tokio::test]
async fn a_damaged_database_is_refused_and_left_as_it_is() {
    let mut daemon = TestDaemon::builder().local().start().await;
    daemon.terminate().await;
    let mut damaged = fs::read(database(&daemon)).unwrap();
    damaged.truncate(damaged.len() / 2);
    fs::write(database(&daemon), &damaged).unwrap();
    assert_eq!(daemon.start_and_expect_exit().await.code(), Some(1));
    let said = daemon.log();
    assert!(said.contains("Restore a backup, or move it away to start empty"), "{said}");
    assert_eq!(fs::read(database(&daemon)).unwrap(), damaged);
    let (code, _, said) = ended(&daemon.run_on_data("fsck", &[]));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("it is damaged"), "{said}");
}

#[tokio::test]
async fn a_backup_is_taken_while_the_daemon_runs_and_restored_when_it_does_not() {
    let mut daemon = TestDaemon::builder().local().start().await;
    daemon.create("one", "demo").await;
    let socket = daemon.dir().join("data/control.sock");
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    let copy = daemon.dir().join("backup");
    let (code, said, complaint) = backup(&daemon, &copy);
    assert_eq!(code, Some(0), "{complaint}");
    assert!(said.contains("records in") && said.contains("backup holds"), "{said}");
    let (code, _, said) = backup(&daemon, &copy);
    assert_eq!(
        (code, said.contains("is there already: choose another name, or say --force")),
        (Some(1), true),
        "{said}"
    );
    let forced = ["--to".as_ref(), copy.as_os_str(), "--force".as_ref()];
    assert_eq!(ended(&daemon.run_on_data("backup", &forced)).0, Some(0));

    daemon.create("two", "demo").await;
    let restore = ["--from".as_ref(), copy.as_os_str(), "--force".as_ref()];
    for (subcommand, arguments) in [("restore", &restore[..]), ("fsck", &[])] {
        let (code, _, said) = ended(&daemon.run_on_data(subcommand, arguments));
        assert_eq!((code, said.contains("is in use")), (Some(1), true), "{subcommand}: {said}");
    }

    assert!(daemon.terminate().await.success());
    assert!(!socket.exists(), "it goes with the daemon");
    let (code, said, complaint) = ended(&daemon.run_on_data("fsck", &[]));
    assert_eq!(code, Some(0), "{complaint}");
    assert!(said.contains("status 2"), "{said}");
    let (code, _, said) = ended(&daemon.run_on_data("restore", &restore[..2]));
    assert_eq!((code, said.contains("--force")), (Some(1), true), "{said}");
    let (code, said, complaint) = ended(&daemon.run_on_data("restore", &restore));
    assert_eq!(code, Some(0), "{complaint}");
    assert!(said.contains("the database that was there is"), "{said}");
    // Without a daemon the command makes the copy itself.
    assert_eq!(backup(&daemon, &daemon.dir().join("another")).0, Some(0));

    daemon.start().await;
    assert_eq!(names(&daemon).await, ["one"]);
    daemon.wait_for_status("one", "running").await;
}

#[tokio::test]
async fn the_control_socket_of_a_dead_daemon_is_replaced_and_nonsense_is_answered() {
    let mut daemon = TestDaemon::builder().local().start().await;
    daemon.kill9();
    let socket = daemon.dir().join("data/control.sock");
    assert!(socket.exists());
    daemon.start().await;
    let mut stream = UnixStream::connect(&socket).unwrap();
    stream.write_all(b"{\"erase\":{}}\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert!(answer["refused"].as_str().unwrap().contains("this is no question"), "{answer}");
    // Whoever says nothing is not waited for, and keeps nobody else away for long.
    let _silent = UnixStream::connect(&socket).unwrap();
    let (code, _, said) = backup(&daemon, &daemon.dir().join("backup"));
    assert_eq!(code, Some(0), "{said}");
}

/// A program that runs the daemon so that a file that grows too large is an error, not its death, and
/// its log goes through a pipe, which is no file.
fn behind_a_pipe(folder: &Path) -> PathBuf {
    let path = folder.join("daemon.sh");
    let daemon = bin_path::wharfinger();
    let script =
        format!("#!/bin/bash\ntrap '' XFSZ\nexec '{}' \"$@\" 2> >(exec cat >&2)\n", daemon.display());
    fs::write(&path, script).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// No file of the daemon's may be written to any more; or every one.
fn set_full(daemon: &TestDaemon, full: bool) {
    let limits = Rlimit { current: full.then_some(0), maximum: None };
    prlimit(Some(daemon.pid()), Resource::Fsize, limits).unwrap();
}

async fn until_ready(daemon: &TestDaemon, wanted: bool) -> Value {
    daemon.until_answer("/readyz", |answer| answer.body["ready"] == wanted).await.body
}

#[tokio::test]
async fn on_a_full_disk_writes_are_refused_reads_go_on_and_nothing_is_done_outside() {
    let scripts = tempfile::tempdir().unwrap();
    let manager = FakeManager::image_dialect().start();
    let mut daemon = TestDaemon::builder()
        .program(behind_a_pipe(scripts.path()))
        .manager(&manager)
        .template(
            "watched",
            "name = \"watched\"\nimage = \"registry.example/demo:1\"\nport = 8000\n[health]\ninterval = \"200ms\"\n",
        )
        .toml("[reconcile]\ninspect_interval = \"1s\"\n")
        .start()
        .await;
    daemon.create("one", "watched").await;
    let create = json!({"name": "two", "template": "watched"});

    set_full(&daemon, true);
    let refused = daemon.post("/mcp/instances?wait=0s", &create).await.expect(503);
    assert_eq!(refused["code"], "store_unavailable", "{refused}");
    let checks = until_ready(&daemon, false).await;
    let failing: Vec<&Value> =
        checks["checks"].as_array().unwrap().iter().filter(|check| check["ready"] == false).collect();
    assert_eq!(failing, [&json!({"name": "store_writable", "ready": false})]);

    // A dead workload would be made anew at once: its interval is short.
    let asked = manager.requests().len();
    for workload in manager.workloads() {
        manager.kill_workload(workload.service.as_deref().unwrap());
    }
    let watched = Instant::now();
    while watched.elapsed() < Duration::from_secs(3) {
        daemon.get("/livez").await.expect(200);
        assert_eq!(daemon.get("/mcp/instances/one").await.expect(200)["name"], "one");
        assert_eq!(names(&daemon).await, ["one"]);
        daemon.get("/mcp/instances/one/events").await.expect(200);
        daemon.delete("/mcp/instances/one?wait=0s").await.expect(503);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let since = &manager.requests()[asked..];
    assert!(since.is_empty(), "{since:?}");

    set_full(&daemon, false);
    until_ready(&daemon, true).await;
    daemon.post("/mcp/instances?wait=30s", &create).await.expect(201);
    daemon.wait_for_status("two", "running").await;
    daemon.wait_for_status("one", "running").await;
    let log = daemon.log();
    assert_eq!(log.matches("the database takes no writes; reads go on").count(), 1, "{log}");
    assert_eq!(log.matches("the database takes writes again").count(), 1, "{log}");

    // Killed in the middle of another outage, it has everything that was acknowledged.
    set_full(&daemon, true);
    daemon.delete("/mcp/instances/one?wait=0s").await.expect(503);
    until_ready(&daemon, false).await;
    daemon.kill9();
    daemon.start().await;
    assert_eq!(names(&daemon).await, ["one", "two"]);
    daemon.wait_for_status("two", "running").await;
}
