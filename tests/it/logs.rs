//! Output: of the living, of the dead, and as it comes.

use std::fs;

use serde_json::json;
use wharfinger_tests::daemon::{Frame, TestDaemon};

const BROKEN: &str = r#"
name = "broken"
port = 1
command = ["/bin/sh", "-c", "echo going down >&2; exit 7"]
"#;

fn says(frame: &Frame, text: &str) -> bool {
    frame.kind == "line" && frame.data["text"].as_str().is_some_and(|line| line.contains(text))
}

#[tokio::test]
async fn a_failed_instance_says_its_last_words_when_its_backend_has_lost_them() {
    let mut daemon = TestDaemon::builder()
        .local()
        .toml("[recovery]\nbase = \"10ms\"\ncap = \"20ms\"\nmax_attempts = 1\n")
        .template("broken", BROKEN)
        .start()
        .await;
    daemon.post("/mcp/instances?wait=0s", &json!({"name": "one", "template": "broken"})).await.expect(201);
    daemon.wait_for_status("one", "failed").await;
    let live = daemon.get("/mcp/instances/one/logs").await;
    assert!(live.to_string().contains("going down"), "{live}");
    assert_eq!(live.header("log-source"), "live");

    daemon.kill9();
    fs::remove_dir_all(daemon.dir().join("data/processes")).unwrap();
    daemon.start().await;
    let kept = daemon.get("/mcp/instances/one/logs").await;
    assert!(kept.to_string().contains("going down"), "{kept}");
    assert_eq!((kept.header("log-source"), kept.header("log-exit-code")), ("kept", "7"));
}

#[tokio::test]
async fn a_deleted_instance_says_its_last_words_by_its_id_without_its_secrets() {
    const VALUE: &str = "hunter2-of-the-harbour";
    let mut daemon = TestDaemon::builder().local().start().await;
    // The demo server prints this variable: the secret comes back in its output.
    let body = json!({"name": "one", "template": "demo", "secrets": {"DEMO_STDERR": VALUE}});
    let instance = daemon.post("/mcp/instances?wait=30s", &body).await.expect(201);
    daemon.delete("/mcp/instances/one?wait=30s").await.expect(204);
    daemon.kill9();
    daemon.start().await;
    let path = format!("/mcp/instances/{}/logs", instance["id"].as_str().unwrap());
    let kept = daemon.get(&path).await;
    assert_eq!((kept.status.as_u16(), kept.header("log-source")), (200, "kept"));
    for (text, expected) in [("demo-server listening on", true), ("[secret]", true), (VALUE, false)] {
        assert_eq!(kept.to_string().contains(text), expected, "{text}: {kept}");
    }
    assert_eq!(daemon.get("/mcp/instances/one/logs").await.code(), "instance_not_found");
    let mut stream = daemon.stream(&format!("{path}?follow=true&tail=1")).await;
    let seen = stream.until(|frame| frame.kind == "end").await;
    let kinds: Vec<&str> = seen.iter().map(|frame| frame.kind.as_str()).collect();
    assert_eq!(kinds, ["workload", "line", "end"]);
    assert_eq!(seen[2].data["reason"], "gone");
}

#[tokio::test]
async fn output_is_followed_over_a_recovery_to_the_end() {
    let daemon =
        TestDaemon::builder().local().toml("[recovery]\nbase = \"10ms\"\ncap = \"20ms\"\n").start().await;
    let instance = daemon.create("one", "demo").await;
    let mut stream = daemon.stream("/mcp/instances/one/logs?follow=true").await;
    let seen = stream.until(|frame| says(frame, "demo-server listening on")).await;
    assert_eq!((seen[0].kind.as_str(), &seen[0].data["creation"]), ("workload", &json!(1)));
    assert_eq!(seen[0].data["source"], "live");

    let id = instance["id"].as_str().unwrap();
    let pid = daemon
        .processes()
        .into_iter()
        .find(|process| {
            process.command.first().is_some_and(|program| program.ends_with("demo-server"))
                && process.environment.iter().any(|(key, value)| key == "WHARFINGER_INSTANCE" && value == id)
        })
        .and_then(|process| rustix::process::Pid::from_raw(i32::try_from(process.pid).unwrap()))
        .unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let more = stream.until(|frame| frame.kind == "workload").await;
    assert_eq!(more.last().unwrap().data["creation"], 2);
    let more = stream.until(|frame| says(frame, "demo-server listening on")).await;
    assert!(more.iter().all(|frame| frame.kind == "line"), "{more:#?}");

    daemon.delete("/mcp/instances/one?wait=30s").await.expect(204);
    let end = stream.until(|frame| frame.kind == "end").await.pop().unwrap();
    assert_eq!(end.data["reason"], "gone");
    assert_eq!(stream.next().await, None);
}
