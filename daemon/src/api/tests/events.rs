//! The event stream.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use serde_json::json;

use super::fakes::Fakes;
use super::{MAX_STREAMS, Wharf, became_running, options, request};
use crate::api::Options;
use crate::domain::{Fact, Revision};

/// So many follow each other.
fn in_a_row(events: &[(String, u64)], first: u64) -> bool {
    events.iter().map(|(_, id)| *id).eq((first..).take(events.len()))
}

/// Lets the store forget what it may.
async fn prune(wharf: &Wharf) {
    let pruning = wharf.lifecycle.clone().keep_pruning(Duration::from_millis(1), wharf.stop.clone());
    let forgotten = async {
        while wharf.lifecycle.events_after(Revision(0), Arc::default()).await.unwrap().horizon.0 == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        () = pruning => {}
        () = forgotten => {}
    }
}

#[tokio::test]
async fn without_since_it_starts_now_and_says_where() {
    let wharf = Wharf::new();
    let before = wharf.create("before").await;
    let mut stream = wharf.stream("/mcp/events").await;
    let start = stream.expect("start").await;
    assert_eq!(
        (start.id, start.data),
        (before["revision"].as_u64(), json!({"revision": before["revision"]}))
    );

    let instance = wharf.create("weather").await;
    let accepted = stream.expect("accepted").await;
    let listed = wharf.get("/mcp/instances/weather/events").await.json;
    assert_eq!((accepted.id, &accepted.data), (instance["revision"].as_u64(), &listed["events"][0]));

    wharf.notices(1).await;
    let notice = stream.expect("swept").await;
    assert_eq!((&notice.data["instance"], &notice.data["to"]), (&json!(null), &json!(null)));
    assert_eq!(notice.data["message"], "something happened");
}

#[tokio::test]
async fn a_lost_stream_goes_on_where_it_was_with_no_hole_and_no_duplicate() {
    let wharf = Wharf::new();
    wharf.running("one").await;
    let mut stream = wharf.stream("/mcp/events?since=0").await;
    assert_eq!(stream.expect("start").await.id, Some(0));
    let seen = stream.take(3).await;
    assert!(in_a_row(&seen, 1), "{seen:?}");
    drop(stream);
    wharf.running("two").await;
    // What the reader saw wins over the address it uses again.
    let again = request("GET", "/mcp/events?since=0").header("last-event-id", "3");
    let mut stream = wharf.stream_with(again).await;
    assert_eq!(stream.expect("start").await.id, Some(3));
    wharf.running("three").await;
    let rest = stream.take(9).await;
    assert!(in_a_row(&rest, 4), "{rest:?}");
    assert_eq!(rest[0].0, "became-healthy");
}

#[tokio::test]
async fn what_a_reader_missed_in_memory_it_finds_in_the_store() {
    let wharf = Wharf::new();
    let mut stream = wharf.stream("/mcp/events").await;
    stream.expect("start").await;
    wharf.notices(1_500).await;
    let seen = stream.take(1_500).await;
    assert!(in_a_row(&seen, 1));
    wharf.notices(1).await;
    assert_eq!(stream.take(1).await, [("swept".to_owned(), 1_501)]);
}

#[tokio::test]
async fn what_is_not_kept_any_more_is_410_and_says_what_to_do() {
    let wharf = Wharf::new();
    wharf.notices(1_500).await;
    let mut late = wharf.stream("/mcp/events?since=0").await;
    late.expect("start").await;
    prune(&wharf).await;
    for since in ["0", "499", "1501", "18446744073709551615"] {
        let answer = wharf.get(&format!("/mcp/events?since={since}")).await;
        assert_eq!(answer.code(), (410, "revision_compacted"), "{since}");
        assert!(answer.json["remedy"].as_str().unwrap().contains("GET /mcp/instances"));
    }
    let mut stream = wharf.stream("/mcp/events?since=500").await;
    stream.expect("start").await;
    assert_eq!(stream.take(1).await, [("swept".to_owned(), 501)]);
    // One that is overtaken by the compaction has a hole: it ends, and says so.
    let mut told = 0;
    let end = loop {
        let frame = late.next().await.unwrap();
        if frame.kind == "end" {
            break frame;
        }
        told = frame.id.unwrap();
    };
    assert!(told < 500, "{told}");
    assert_eq!(end.data["reason"], "revision_compacted");
    assert_eq!(late.next().await, None);
}

#[tokio::test]
async fn a_filtered_stream_tells_of_the_end_of_what_it_told_of() {
    let wharf = Wharf::new();
    for (name, team) in [("one", "a"), ("two", "b")] {
        let body = json!({"name": name, "template": "plain", "labels": {"team": team}});
        let instance = wharf.post("/mcp/instances", &body).await.json;
        wharf.happened(&instance, became_running()).await;
    }
    wharf.notices(1).await;
    for (filter, ids) in [
        ("label=team%3Da", vec![1, 2, 3, 4, 10, 11]),
        ("q=on", vec![1, 2, 3, 4, 10, 11]),
        ("template=plain&label=kind%3Dexample&label=team%3Db", vec![5, 6, 7, 8]),
        ("provisioner=local", vec![1, 2, 3, 4, 5, 6, 7, 8, 10, 11]),
        ("status=running", vec![4, 8, 10]),
    ] {
        let wanted = ids.len();
        let mut stream = wharf.stream(&format!("/mcp/events?since=0&{filter}")).await;
        stream.expect("start").await;
        // From the disk, from memory, and again when the instance is gone.
        if wharf.lifecycle.revision().unwrap().0 < 11 {
            let one = wharf.get("/mcp/instances/one").await.json;
            wharf.happened(&one, [Fact::DeleteRequested, Fact::DeleteSucceeded]).await;
        }
        let told: Vec<u64> = stream.take(wanted).await.into_iter().map(|(_, id)| id).collect();
        assert_eq!(told, ids, "{filter}");
    }
}

#[tokio::test]
async fn a_heartbeat_moves_on_what_a_filtered_reader_resumes_from() {
    let quick = Options { heartbeat: Duration::from_millis(20), ..options() };
    let wharf = Wharf::serving(Fakes::default(), 8, &quick);
    let mut stream = wharf.stream("/mcp/events?q=none").await;
    stream.expect("start").await;
    wharf.notices(7).await;
    loop {
        let beat = stream.next().await.unwrap();
        assert_eq!((beat.comment.as_deref(), beat.kind.as_str()), (Some("heartbeat"), ""));
        if beat.id == Some(7) {
            break;
        }
    }
}

#[tokio::test]
async fn a_stream_is_asked_for_in_words_it_knows() {
    let wharf = Wharf::new();
    for (query, parameter) in
        [("since=-1", "since"), ("since=", "since"), ("since=now", "since"), ("status=gone", "status")]
    {
        let answer = wharf.get(&format!("/mcp/events?{query}")).await;
        assert_eq!(answer.code(), (400, "invalid_query"), "{query}");
        assert_eq!(answer.errors(), [(parameter, "invalid_parameter")], "{query}");
    }
    assert_eq!(wharf.get("/mcp/events?limit=3").await.errors(), [("limit", "unknown_parameter")]);
    for id in ["", "x", "+1", "1.5"] {
        let request = request("GET", "/mcp/events").header("last-event-id", id);
        let answer = wharf.call(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.code(), (400, "invalid_last_event_id"), "{id:?}");
    }
}

#[tokio::test]
async fn streams_are_bounded_and_a_head_holds_none() {
    let wharf = Wharf::new();
    for _ in 0..=MAX_STREAMS {
        let head = wharf.call(request("HEAD", "/mcp/events").body(Body::empty()).unwrap()).await;
        assert_eq!((head.status, head.text.as_str()), (200, ""));
        assert_eq!(head.header("content-type"), "text/event-stream");
    }
    let mut streams = Vec::new();
    for _ in 0..MAX_STREAMS {
        streams.push(wharf.stream("/mcp/events").await);
    }
    assert_eq!(wharf.get("/mcp/events").await.code(), (503, "busy"));
    streams.pop();
    wharf.stream("/mcp/events").await.expect("start").await;
}

#[tokio::test]
async fn streams_end_with_the_daemon_and_say_so() {
    let wharf = Wharf::new();
    let mut stream = wharf.stream("/mcp/events").await;
    stream.expect("start").await;
    wharf.stop.cancel();
    assert_eq!(stream.end().await["reason"], "stopping");
}

#[tokio::test]
async fn a_reader_that_does_not_take_a_frame_in_time_is_told_and_let_go() {
    let strict = Options { write_timeout: Duration::from_millis(100), ..options() };
    let wharf = Wharf::serving(Fakes::default(), 8, &strict);
    let mut stream = wharf.stream("/mcp/events").await;
    stream.expect("start").await;
    wharf.notices(3).await;
    tokio::time::sleep(Duration::from_millis(80)).await;
    assert_eq!(stream.end().await["reason"], "lagged");
}
