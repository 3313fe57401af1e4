//! An answer that is a stream of server-sent events.
//!
//! ```text
//!  source ─> pump ─> frames ─> connection
//!             ├─ nothing for a while: a heartbeat, which says how far the stream is
//!             └─ the connection did not take the last frame in time: the end, and why
//! ```
//! # Guarantees
//! * It is pulled: no frame is made before the connection has taken the one before, so a slow reader
//!   holds nobody up and fills no memory.
//! * A stream that the daemon ends says so in its last frame, `end`. (A reader that takes nothing at
//!   all cannot be told: the server cuts its connection, see [`Options::write_timeout`].)
//!
//! [`Options::write_timeout`]: super::Options

use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse as _, Response};
use futures_util::stream;
use serde::Serialize;
use tokio::time::{Instant, timeout};

use super::state::Api;
use super::wire::StreamEnd;
use crate::domain::Revision;

/// A reader that lost its stream comes back after this.
const RETRY: Duration = Duration::from_secs(2);

/// What a stream is made of.
pub(crate) trait Source: Send + 'static {
    /// The next frame. Cancel-safe: it is asked again after a heartbeat.
    fn next(&mut self) -> impl Future<Output = Result<Event, StreamEnd>> + Send;

    /// The id a reader would go on after, if it left now.
    fn position(&self) -> Option<Revision>;
}

/// One frame; its data is one line of JSON.
pub(crate) fn frame(kind: &str, data: &impl Serialize) -> Event {
    // The types of `wire` are plain data: they always serialise.
    Event::default().event(kind).json_data(data).unwrap_or_default()
}

/// The answer that streams `source` to its end.
pub(crate) fn answer(api: &Api, source: impl Source) -> Response {
    let pump = Pump { source, heartbeat: api.heartbeat, patience: api.write_timeout / 2, given: None };
    let frames = stream::unfold(Some(pump), |pump| async move {
        let mut pump = pump?;
        Some(match pump.next().await {
            Ok(frame) => (Ok::<_, Infallible>(frame), Some(pump)),
            Err(end) => {
                tracing::debug!(reason = end.reason, "a stream ends");
                (Ok(frame("end", &end).retry(RETRY)), None)
            }
        })
    });
    // A proxy that gathers answers before it hands them on would hand on nothing.
    ([("x-accel-buffering", "no"), ("cache-control", "no-store")], Sse::new(frames)).into_response()
}

struct Pump<S> {
    source: S,
    heartbeat: Duration,
    patience: Duration,
    /// When the last frame was given to the connection.
    given: Option<Instant>,
}

impl<S: Source> Pump<S> {
    async fn next(&mut self) -> Result<Event, StreamEnd> {
        if self.given.is_some_and(|given| given.elapsed() > self.patience) {
            return Err(StreamEnd::lagged());
        }
        let frame = match timeout(self.heartbeat, self.source.next()).await {
            Ok(frame) => frame?,
            Err(_) => heartbeat(self.source.position()),
        };
        self.given = Some(Instant::now());
        Ok(frame)
    }
}

/// A comment. With an id it moves on what a reader resumes from, also where filters let nothing
/// through.
fn heartbeat(position: Option<Revision>) -> Event {
    let beat = Event::default().comment("heartbeat");
    match position {
        Some(position) => beat.id(position.to_string()),
        None => beat,
    }
}
