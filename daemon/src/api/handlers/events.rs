//! What happens, as it happens.

use axum::extract::State;
use axum::response::Response;
use axum::response::sse;
use utoipa::IntoParams;

use super::instances::{FilterParameters, read_filter};
use crate::api::extract::{FromQuery, LastEventId, Parameters, QueryReader, read_revision};
use crate::api::problem::{Problem, problems};
use crate::api::sse::{Source, answer, frame};
use crate::api::state::Api;
use crate::api::wire::{Event, StreamEnd, StreamStart};
use crate::domain::{Filter, Revision};
use crate::service::EventStream;

/// Where to start.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the document's words; it is read into a revision")]
pub(crate) struct EventsParameters {
    /// Every event after this revision, for example that of a list; absent: what happens from now on.
    /// `Last-Event-ID` wins over it.
    #[param(minimum = 0)]
    since: Option<u64>,
}

/// The filters, and where to start.
pub(crate) struct EventsQuery {
    filter: Filter,
    since: Option<Revision>,
}

impl FromQuery for EventsQuery {
    fn from_query(query: &mut QueryReader) -> Self {
        Self { filter: read_filter(query), since: query.parsed("since", read_revision) }
    }
}

problems! {
    /// Of a stream of events.
    EventsProblems: InvalidQuery, InvalidLastEventId, RevisionCompacted, Busy, StoreUnavailable
}

/// Stream what happens, as server-sent events.
///
/// The first frame is `start`: every event after its revision follows, in order, each once. The frame of
/// an event has its revision as `id`, its type as `event`, and the event as `data`. Now and then there is
/// a comment, with the id to go on after. A stream that the daemon ends says why in a last frame, `end`.
///
/// A stream that was lost goes on where it was with `Last-Event-ID`. Events are kept for a while; when
/// those asked for are not, the answer is 410: list again, and stream from that list's `revision`.
///
/// An event passes a filter that its instance passed before it or passes after it: who keeps a filtered
/// list hears of all that comes in, changes and goes out, deletions included. Filters leave out events that
/// are about no instance.
#[utoipa::path(
    get,
    path = "/mcp/events",
    tag = "events",
    params(
        EventsParameters,
        FilterParameters,
        ("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was seen"),
    ),
    responses(
        (status = 200, description = "Frames `start` (StreamStart), events (Event), `end` (StreamEnd)",
            body = String, content_type = "text/event-stream"),
        EventsProblems,
    ),
)]
pub(crate) async fn stream_events(
    State(api): State<Api>,
    Parameters(EventsQuery { filter, since }): Parameters<EventsQuery>,
    LastEventId(seen): LastEventId,
) -> Result<Response, Problem> {
    let stream = api.service.follow_events(filter, seen.or(since)).await?;
    Ok(answer(&api, Events { stream, started: false }))
}

struct Events {
    stream: EventStream,
    started: bool,
}

impl Source for Events {
    async fn next(&mut self) -> Result<sse::Event, StreamEnd> {
        if !self.started {
            self.started = true;
            let Revision(revision) = self.stream.position();
            return Ok(frame("start", &StreamStart { revision }).id(revision.to_string()));
        }
        let event = self.stream.next().await?;
        let (kind, id) = (event.kind.clone(), event.revision.to_string());
        Ok(frame(&kind, &Event::from((*event).clone())).id(id))
    }

    fn position(&self) -> Option<Revision> {
        Some(self.stream.position())
    }
}
