//! The event stream, as the real daemon serves it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use wharfinger::domain::{Cause, Notice, NoticeKind};
use wharfinger::lifecycle::Lifecycle;
use wharfinger::runtime::{Activator, Metrics, SystemClock};
use wharfinger::store;
use wharfinger_tests::daemon::{Frame, TestDaemon};
use wharfinger_tests::options;

const SOON: Duration = Duration::from_secs(45);

/// Writes so many events into a daemon's database before it starts, each with a message this long.
async fn fill(daemon: &TestDaemon, count: usize, length: usize) {
    let options = options::store(&daemon.dir().join("data"));
    let clock = Arc::new(SystemClock);
    let lifecycle = Lifecycle::open(
        store::Options { batch: 4_096, ..options },
        clock,
        Activator::new(),
        Metrics::default(),
    )
    .unwrap();
    let mut notes = JoinSet::new();
    for _ in 0..count {
        let (lifecycle, cause) = (lifecycle.clone(), Cause::new("Tested", "x".repeat(length)));
        let note = async move { lifecycle.notice(Notice { kind: NoticeKind::Swept, cause }).await };
        notes.spawn(note);
    }
    for revision in notes.join_all().await {
        revision.unwrap();
    }
}

/// The revisions of events, of which none may be missing or twice.
fn revisions(frames: &[Frame]) -> Vec<u64> {
    let events = frames.iter().filter(|frame| frame.kind != "start" && frame.kind != "end");
    events.map(|frame| frame.id.expect("an event has an id")).collect()
}

fn is_about(frame: &Frame, name: &str, to: &str) -> bool {
    frame.data["instance"]["name"] == name && frame.data["to"] == to
}

#[tokio::test]
async fn a_stream_goes_on_over_a_kill_with_no_hole_and_no_duplicate() {
    let mut daemon = TestDaemon::builder().local().start().await;
    let mut stream = daemon.stream("/mcp/events?since=0").await;
    let body = json!({"name": "one", "template": "demo"});
    daemon.post("/mcp/instances?wait=0s", &body).await.expect(201);
    let mut seen = stream.until(|frame| is_about(frame, "one", "creating")).await;
    daemon.kill9();
    // What was sent and not read yet may still come.
    while let Some(frame) = stream.next().await {
        seen.push(frame);
    }
    daemon.start().await;
    let last = *revisions(&seen).last().unwrap();
    let mut stream = daemon.stream_after("/mcp/events?since=0", last).await;
    daemon.create("two", "demo").await;
    daemon.wait_for_status("one", "running").await;
    daemon.delete("/mcp/instances/one?wait=30s").await.expect(204);
    seen.extend(stream.until(|frame| is_about(frame, "one", "gone")).await);

    let told = revisions(&seen);
    let all: Vec<u64> = (1..=*told.last().unwrap()).collect();
    assert_eq!(told, all);
    let two = daemon.get("/mcp/instances/two/events").await.expect(200);
    let events: Vec<&Value> =
        seen.iter().map(|frame| &frame.data).filter(|data| data["instance"]["name"] == "two").collect();
    assert_eq!(events, two["events"].as_array().unwrap().iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn a_filtered_reader_hears_of_the_end_of_its_instances_also_when_it_comes_back_later() {
    let mut daemon = TestDaemon::builder().local().start().await;
    for (name, team) in [("one", "a"), ("two", "b"), ("three", "a")] {
        let body = json!({"name": name, "template": "demo", "labels": {"team": team}});
        daemon.post("/mcp/instances", &body).await.expect(201);
    }
    let path = "/mcp/events?label=team%3Da";
    let mut stream = daemon.stream_after(path, 0).await;
    let seen = stream.until(|frame| is_about(frame, "three", "running")).await;
    let last = *revisions(&seen).last().unwrap();
    assert!(seen.iter().all(|frame| frame.data["instance"]["name"] != "two"), "{seen:#?}");
    drop(stream);
    for name in ["one", "two"] {
        daemon.delete(&format!("/mcp/instances/{name}?wait=30s")).await.expect(204);
    }
    daemon.kill9();
    daemon.start().await;
    let mut stream = daemon.stream_after(path, last).await;
    let seen = stream.until(|frame| is_about(frame, "one", "gone")).await;
    daemon.delete("/mcp/instances/three?wait=30s").await.expect(204);
    let more = stream.until(|frame| is_about(frame, "three", "gone")).await;
    assert!(seen.iter().chain(&more).all(|frame| frame.data["instance"]["name"] != "two"), "{seen:#?}");
}

#[tokio::test]
async fn a_reader_that_stops_reading_is_dropped_and_others_go_on() {
    const EVENTS: usize = 1_500;
    let mut daemon = TestDaemon::builder()
        .local()
        .server("write_timeout = \"6s\"\nheartbeat = \"1s\"\nmax_streams = 2")
        .prepare();
    // More than the machine keeps for a connection on its own.
    fill(&daemon, EVENTS, 16 << 10).await;
    daemon.start().await;
    let address = daemon.url("").trim_start_matches("http://").to_owned();
    let mut stalled = TcpStream::connect(&address).unwrap();
    write!(stalled, "GET /mcp/events?since=0 HTTP/1.1\r\nHost: {address}\r\n\r\n").unwrap();
    let mut first = [0; 12];
    stalled.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");

    let mut other = daemon.stream("/mcp/events?since=0").await;
    let seen = other.until(|frame| frame.id == Some(EVENTS as u64)).await;
    assert_eq!(revisions(&seen), (1..=EVENTS as u64).collect::<Vec<_>>());
    // Its place is free again as soon as it is dropped.
    let head = async |path: &str| daemon.send(daemon.request(Method::HEAD, path)).await.status;
    daemon.eventually("there is a place", async || head("/mcp/events").await == 200).await;
    let mut rest = Vec::new();
    stalled.set_read_timeout(Some(SOON)).unwrap();
    // The end may be a reset.
    let _ = stalled.read_to_end(&mut rest);
    assert!(rest.len() < EVENTS * (16 << 10), "{} bytes were sent", rest.len());

    daemon.create("one", "demo").await;
    other.until(|frame| is_about(frame, "one", "running")).await;
}

#[tokio::test]
async fn what_was_compacted_is_gone_and_a_list_says_where_to_go_on() {
    let mut daemon = TestDaemon::builder()
        .local()
        .toml("[store]\nevents = 1000\n[reconcile]\nfull_pass = \"1s\"\n")
        .prepare();
    fill(&daemon, 1_500, 1).await;
    daemon.start().await;
    let head = async |path: &str| daemon.send(daemon.request(Method::HEAD, path)).await.status;
    daemon.eventually("it is compacted", async || head("/mcp/events?since=10").await == 410).await;
    let answer = daemon.get("/mcp/events?since=10").await;
    assert_eq!(answer.code(), "revision_compacted", "{answer}");
    assert!(answer.body["remedy"].as_str().unwrap().contains("GET /mcp/instances"), "{answer}");
    let list = daemon.get("/mcp/instances").await.expect(200);
    let mut stream = daemon.stream(&format!("/mcp/events?since={}", list["revision"])).await;
    daemon.create("one", "demo").await;
    let seen = stream.until(|frame| is_about(frame, "one", "running")).await;
    assert_eq!(revisions(&seen)[0], list["revision"].as_u64().unwrap() + 1);
}

#[tokio::test]
async fn streams_do_not_hold_up_a_stop() {
    let mut daemon = TestDaemon::builder().local().server("drain = \"10m\"").start().await;
    let mut events = daemon.stream("/mcp/events").await;
    events.until(|frame| frame.kind == "start").await;
    daemon.create("one", "demo").await;
    let mut logs = daemon.stream("/mcp/instances/one/logs?follow=true").await;
    logs.until(|frame| frame.kind == "line").await;
    // Within the patience of the harness, which is far below that drain.
    assert_eq!(daemon.terminate().await.code(), Some(0));
    assert!(daemon.log().contains("every request was answered"), "{}", daemon.log());
    for mut stream in [events, logs] {
        let end = stream.until(|frame| frame.kind == "end").await.pop().unwrap();
        assert_eq!(end.data["reason"], "stopping");
        assert_eq!(stream.next().await, None);
    }
}
