//! A stream of server-sent events, frame by frame.

use std::time::Duration;

use axum::body::Body;
use http::Response;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::time::timeout;

use super::SECRET;

pub(crate) struct Frames {
    body: Body,
    text: String,
}

/// One block: what stands before an empty line.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Frame {
    pub(crate) kind: String,
    pub(crate) id: Option<u64>,
    /// Null if it has none.
    pub(crate) data: Value,
    pub(crate) comment: Option<String>,
    pub(crate) retry: Option<u64>,
}

impl Frames {
    pub(super) fn of(response: Response<Body>) -> Self {
        assert_eq!(response.status(), 200);
        for (name, value) in [
            ("content-type", "text/event-stream"),
            ("cache-control", "no-store"),
            ("x-accel-buffering", "no"),
        ] {
            assert_eq!(response.headers()[name], value);
        }
        Self { body: response.into_body(), text: String::new() }
    }

    /// The next frame; none when the stream has ended.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let frame = parse(block);
                self.text = rest.to_owned();
                return Some(frame);
            }
            let frame = timeout(Duration::from_secs(20), self.body.frame()).await.expect("something comes");
            let Some(frame) = frame else {
                assert_eq!(self.text, "", "it does not end within a frame");
                return None;
            };
            let bytes = frame.unwrap().into_data().unwrap();
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
            assert!(!self.text.contains(SECRET));
        }
    }

    /// The next frame that is no heartbeat, which must be of this kind.
    pub(crate) async fn expect(&mut self, kind: &str) -> Frame {
        loop {
            let frame = self.next().await.unwrap_or_else(|| panic!("it ended before {kind}"));
            if frame.comment.is_none() {
                assert_eq!(frame.kind, kind, "{frame:?}");
                return frame;
            }
        }
    }

    /// The next so many frames, as their kinds and ids.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<(String, u64)> {
        let mut frames = Vec::new();
        while frames.len() < count {
            let frame = self.next().await.expect("it goes on");
            if frame.comment.is_none() {
                frames.push((frame.kind, frame.id.expect("an event has an id")));
            }
        }
        frames
    }

    /// The end, by the daemon's word, and why.
    pub(crate) async fn end(mut self) -> Value {
        let end = self.expect("end").await;
        assert_eq!((end.id, end.retry), (None, Some(2_000)));
        for member in ["reason", "message", "remedy"] {
            assert!(end.data[member].as_str().is_some_and(|text| !text.is_empty()), "{end:?}");
        }
        assert_eq!(self.next().await, None);
        end.data
    }
}

fn parse(block: &str) -> Frame {
    let mut frame = Frame::default();
    for line in block.lines() {
        match line.split_once(": ").unwrap() {
            ("event", kind) => kind.clone_into(&mut frame.kind),
            ("id", id) => frame.id = Some(id.parse().unwrap()),
            ("data", data) => frame.data = serde_json::from_str(data).unwrap(),
            ("retry", retry) => frame.retry = Some(retry.parse().unwrap()),
            ("", comment) => frame.comment = Some(comment.to_owned()),
            (field, _) => panic!("{field:?} is no field: {block}"),
        }
    }
    frame
}
