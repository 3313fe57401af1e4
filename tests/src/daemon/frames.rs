//! A stream of server-sent events, read frame by frame.

use std::time::Duration;

use reqwest::{Response, StatusCode};
use serde_json::Value;
use tokio::time::timeout;

/// A frame comes within this, heartbeats included, or the stream is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// An open stream.
#[derive(Debug)]
pub struct Frames {
    response: Response,
    text: String,
}

/// One frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Frame {
    /// Its `event`.
    pub kind: String,
    /// Its `id`.
    pub id: Option<u64>,
    /// Its `data` as JSON; null if it has none.
    pub data: Value,
}

impl Frames {
    pub(super) async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.timeout(10 * PATIENCE).send().await.expect("the daemon answers");
        if response.status() != StatusCode::OK {
            panic!("no stream, but {}", super::Answer::read(response).await);
        }
        Self { response, text: String::new() }
    }

    /// The next frame that is more than a comment; none when the stream ends or breaks off.
    ///
    /// # Panics
    /// When nothing comes for a minute.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let frame = parse(block);
                self.text = rest.to_owned();
                if frame.data != Value::Null {
                    return Some(frame);
                }
                continue;
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("a frame or a heartbeat");
            self.text.push_str(std::str::from_utf8(&chunk.ok()??).expect("a frame is UTF-8"));
        }
    }

    /// Frames until one is like this, that one included.
    ///
    /// # Panics
    /// When the stream ends before.
    pub async fn until(&mut self, mut wanted: impl FnMut(&Frame) -> bool) -> Vec<Frame> {
        let mut frames = Vec::new();
        loop {
            let Some(frame) = self.next().await else { panic!("the stream ended after {frames:#?}") };
            frames.push(frame);
            if frames.last().is_some_and(&mut wanted) {
                return frames;
            }
        }
    }
}

fn parse(block: &str) -> Frame {
    let mut frame = Frame::default();
    for line in block.lines() {
        match line.split_once(": ") {
            Some(("event", kind)) => kind.clone_into(&mut frame.kind),
            Some(("id", id)) => frame.id = id.parse().ok(),
            Some(("data", data)) => frame.data = serde_json::from_str(data).expect("data is JSON"),
            _ => {}
        }
    }
    frame
}
