//! Output: of what lives, of what does not any more, and as it comes.

use std::time::Duration;

use serde_json::{Value, json};

use super::{MAX_STREAMS, Wharf, became_running};
use crate::domain::{Fact, Failure, FailureKind, InstanceError, InstanceId, LastOutput, LogLine, Timestamp};

/// What the reconciler keeps.
async fn keep(wharf: &Wharf, instance: &Value, creation: u32, exit_code: Option<i32>, texts: &[&str]) {
    let line = |text: &&str| LogLine { at: None, source: "stderr".to_owned(), text: (*text).to_owned() };
    let lines = texts.iter().map(line).collect();
    let output = LastOutput::new(Timestamp(1_000), creation, exit_code, lines);
    wharf.lifecycle.keep_output(id(instance), output).await.unwrap();
}

fn id(instance: &Value) -> InstanceId {
    instance["id"].as_str().unwrap().parse().unwrap()
}

fn gave_up() -> Fact {
    let error = InstanceError {
        code: "c".to_owned(),
        message: "m".to_owned(),
        retryable: true,
        remedy: "r".to_owned(),
        causes: Vec::new(),
    };
    Fact::GaveUp { error, workload_may_exist: false }
}

/// The workload is made anew.
fn made_anew() -> impl IntoIterator<Item = Fact> {
    [Fact::RestartRequested, Fact::OrphanRemoved].into_iter().chain(became_running())
}

#[tokio::test]
async fn a_failed_instance_says_its_last_words_when_nobody_knows_more() {
    let wharf = Wharf::new();
    let instance = wharf.create("weather").await;
    wharf.happened(&instance, became_running().into_iter().take(1)).await;
    keep(&wharf, &instance, 1, Some(7), &["one", "two", "going down"]).await;
    wharf.happened(&instance, [gave_up()]).await;
    let away = Failure::new(FailureKind::NotApplied, "connection refused");
    for logs in [Ok(&[][..]), Err(away)] {
        wharf.fakes.set_logs(logs);
        let answer = wharf.get("/mcp/instances/weather/logs?tail=2").await;
        assert_eq!((answer.status, answer.text.as_str()), (200, "two\ngoing down\n"));
        assert_eq!(answer.header("log-source"), "kept");
        assert_eq!(answer.header("log-exit-code"), "7");
        assert_eq!(answer.header("log-kept-at"), "1970-01-01T00:00:01.000Z");
    }
    wharf.fakes.set_logs(Ok(&["all of it"]));
    let answer = wharf.get("/mcp/instances/weather/logs").await;
    assert_eq!((answer.text.as_str(), answer.header("log-source")), ("all of it\n", "live"));
    assert_eq!((answer.header("log-exit-code"), answer.header("log-kept-at")), ("", ""));
}

#[tokio::test]
async fn the_last_words_of_an_earlier_workload_are_not_those_of_a_living_one() {
    let wharf = Wharf::new();
    let instance = wharf.running("weather").await;
    keep(&wharf, &instance, 1, None, &["the first"]).await;
    wharf.happened(&instance, made_anew()).await;
    assert_eq!(wharf.get("/mcp/instances/weather/logs").await.text, "", "it said nothing yet");
    wharf.fakes.set_logs(Err(Failure::new(FailureKind::NotApplied, "connection refused")));
    let answer = wharf.get("/mcp/instances/weather/logs").await;
    assert_eq!(answer.code(), (503, "provisioner_unavailable"));
}

#[tokio::test]
async fn a_deleted_instance_says_its_last_words_by_its_id() {
    let wharf = Wharf::new();
    let gone = [Fact::DeleteRequested, Fact::DeleteSucceeded];
    let spoke = wharf.running("spoke").await;
    keep(&wharf, &spoke, 1, None, &["good bye"]).await;
    wharf.happened(&spoke, gone.clone()).await;
    let silent = wharf.create("silent").await;
    wharf.happened(&silent, gone).await;
    let path = |instance: &Value| format!("/mcp/instances/{}/logs", id(instance));
    let answer = wharf.get(&path(&spoke)).await;
    assert_eq!((answer.text.as_str(), answer.header("log-source")), ("good bye\n", "kept"));
    let answer = wharf.get(&path(&silent)).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    assert_eq!(wharf.get("/mcp/instances/spoke/logs").await.code(), (404, "instance_not_found"));

    let mut stream = wharf.stream(&format!("{}?follow=true", path(&spoke))).await;
    let workload = stream.expect("workload").await.data;
    let expected = json!({"name": null, "creation": 1, "source": "kept",
        "kept_at": "1970-01-01T00:00:01.000Z", "exit_code": null});
    assert_eq!(workload, expected);
    assert_eq!(stream.expect("line").await.data["text"], "good bye");
    assert_eq!(stream.end().await["reason"], "gone");
}

#[tokio::test]
async fn output_is_followed_over_a_recovery_to_the_end() {
    let wharf = Wharf::new();
    let instance = wharf.running("weather").await;
    wharf.fakes.set_logs(Ok(&["one", "two", "three"]));
    let mut stream = wharf.stream("/mcp/instances/weather/logs?follow=true&tail=2").await;
    let workload = stream.expect("workload").await.data;
    assert_eq!((&workload["creation"], &workload["source"]), (&json!(1), &json!("live")));
    for text in ["two", "three"] {
        let line = stream.expect("line").await.data;
        assert_eq!(line, json!({"at": null, "source": "stdout", "text": text}));
    }
    wharf.fakes.set_logs(Ok(&["one", "two", "three", "four"]));
    assert_eq!(stream.expect("line").await.data["text"], "four");

    wharf.happened(&instance, made_anew()).await;
    assert_eq!(stream.expect("workload").await.data["creation"], 2);
    wharf.fakes.set_logs(Ok(&["one", "two", "three", "four", "five"]));
    assert_eq!(stream.expect("line").await.data["text"], "five");

    wharf.happened(&instance, [Fact::DeleteRequested, Fact::DeleteSucceeded]).await;
    assert_eq!(stream.end().await["reason"], "gone");
}

#[tokio::test]
async fn an_outage_interrupts_a_stream_once_and_does_not_end_it() {
    let wharf = Wharf::new();
    wharf.running("weather").await;
    let mut stream = wharf.stream("/mcp/instances/weather/logs?follow=true").await;
    stream.expect("workload").await;
    wharf.fakes.set_logs(Err(Failure::new(FailureKind::NotApplied, "connection refused")));
    let interrupted = stream.expect("interrupted").await.data;
    assert_eq!(interrupted, json!({"code": "not_applied", "message": "connection refused"}));
    wharf.fakes.set_logs(Ok(&["back"]));
    assert_eq!(stream.expect("line").await.data["text"], "back");
}

#[tokio::test]
async fn what_is_not_made_yet_is_waited_for() {
    let wharf = Wharf::new();
    let instance = wharf.create("weather").await;
    wharf.fakes.set_logs(Err(Failure::new(FailureKind::NotFound, "there is no such child")));
    let mut stream = wharf.stream("/mcp/instances/weather/logs?follow=true").await;
    assert_eq!(stream.expect("workload").await.data["creation"], 0);
    wharf.happened(&instance, became_running()).await;
    assert_eq!(stream.expect("workload").await.data["creation"], 1);
    wharf.fakes.set_logs(Ok(&["hello"]));
    assert_eq!(stream.expect("line").await.data["text"], "hello");
}

#[tokio::test]
async fn a_stream_that_cannot_begin_is_a_problem_and_all_streams_share_a_bound() {
    let wharf = Wharf::new();
    wharf.running("weather").await;
    let path = "/mcp/instances/weather/logs?follow=true";
    for (kind, code) in [
        (FailureKind::Unsupported, (501, "provisioner_unsupported")),
        (FailureKind::NotApplied, (503, "provisioner_unavailable")),
    ] {
        wharf.fakes.set_logs(Err(Failure::new(kind, "what it said")));
        assert_eq!(wharf.get(path).await.code(), code);
    }
    assert_eq!(wharf.get("/mcp/instances/none/logs?follow=true").await.code(), (404, "instance_not_found"));
    wharf.fakes.set_logs(Ok(&[]));
    let mut streams = Vec::new();
    for _ in 0..MAX_STREAMS {
        streams.push(wharf.stream(path).await);
    }
    assert_eq!(wharf.get(path).await.code(), (503, "busy"));
    assert_eq!(wharf.get("/mcp/events").await.code(), (503, "busy"));
    drop(streams);
    tokio::time::timeout(Duration::from_secs(20), wharf.stream(path).await.expect("workload")).await.unwrap();
}
