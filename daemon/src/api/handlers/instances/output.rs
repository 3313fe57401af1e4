//! What an instance did and says: history, log.

use axum::Json;
use axum::extract::State;
use axum::response::sse::Event as Frame;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, header};
use utoipa::IntoParams;

use super::ReadProblems;
use crate::api::extract::{FromQuery, InstancePath, NoParameters, Parameters, QueryReader};
use crate::api::problem::{Problem, problems};
use crate::api::sse;
use crate::api::state::Api;
use crate::api::wire::{Event, EventList, LogInterruption, LogLine, LogSource, LogWorkload, StreamEnd, Time};
use crate::domain::{Failure, Revision};
use crate::service::{self, LogStream, Logs, Said};

const DEFAULT_TAIL: usize = 200;
/// The provisioner gives at most 1 MiB anyway.
const MAX_TAIL: usize = 100_000;

/// The history of an instance, oldest first.
///
/// Also of a deleted one, by its id.
#[utoipa::path(
    get,
    path = "/mcp/instances/{id}/events",
    tag = "instances",
    params(("id" = String, Path, description = "Its id, or its name while it lives")),
    responses((status = 200, description = "Its events", body = EventList), ReadProblems),
)]
pub(crate) async fn list_instance_events(
    State(api): State<Api>,
    InstancePath(reference): InstancePath,
    _: Parameters<NoParameters>,
) -> Result<Json<EventList>, Problem> {
    let events = api.service.events(&reference)?;
    Ok(Json(EventList { events: events.into_iter().map(Event::from).collect() }))
}

/// Which lines of the log.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LogsParameters {
    /// The newest so many lines, 0 to 100000; absent: 200.
    #[param(value_type = Option<usize>, minimum = 0, maximum = 100_000)]
    tail: usize,
    /// Stream them as server-sent events, and every line that comes after them.
    #[param(required = false)]
    follow: bool,
}

impl FromQuery for LogsParameters {
    fn from_query(query: &mut QueryReader) -> Self {
        Self {
            tail: query.number("tail", 0..=MAX_TAIL).unwrap_or(DEFAULT_TAIL),
            follow: query.flag("follow"),
        }
    }
}

problems! {
    /// Of a read that asks the provisioner.
    LogsProblems: InvalidQuery, InstanceNotFound, WorkloadNotFound, ProvisionerUnsupported, ProvisionerFailed,
        Busy, ProvisionerUnavailable, StoreUnavailable
}

/// The newest lines of a workload's output, oldest first.
///
/// Of a workload that was given up or removed the last 200 lines are kept, and are the answer when nobody
/// knows more; so are those of a deleted instance, by its id, as long as its deletion is remembered (a day
/// by default). Exact values of secrets are replaced.
///
/// With `follow` it is a stream: `workload` says whose lines follow, each `line` is one; when the workload
/// is made anew the stream says so and goes on with the new one, and what its provisioner cannot say for
/// a while is an `interrupted`. It ends when the instance is gone, with an `end`.
#[utoipa::path(
    get,
    path = "/mcp/instances/{id}/logs",
    tag = "instances",
    params(("id" = String, Path, description = "Its id, or its name while it lives"), LogsParameters),
    responses(
        (status = 200, description = "The lines; with `follow` frames `workload` (LogWorkload), `line` \
            (LogLine), `interrupted` (LogInterruption), `end` (StreamEnd)",
            content((String = "text/plain"), (String = "text/event-stream")),
            headers(
                ("Log-Source" = String, description = "`live`: the provisioner had them; `kept`: they were \
                    read before the workload was given up or removed"),
                ("Log-Kept-At" = Option<String>, description = "When, if they were kept"),
                ("Log-Exit-Code" = Option<i32>, description = "How the workload ended, if they were kept and \
                    its backend told it"),
            )),
        LogsProblems,
    ),
)]
pub(crate) async fn read_instance_logs(
    State(api): State<Api>,
    InstancePath(reference): InstancePath,
    Parameters(LogsParameters { tail, follow }): Parameters<LogsParameters>,
) -> Result<Response, Problem> {
    if follow {
        let stream = api.service.follow_logs(&reference, tail).await?;
        return Ok(sse::answer(&api, Lines(stream)));
    }
    let Logs { source, lines } = api.service.logs(&reference, tail).await?;
    let mut text = String::with_capacity(lines.iter().map(|line| line.text.len() + 1).sum());
    for line in &lines {
        text.push_str(&line.text);
        text.push('\n');
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert("log-source", HeaderValue::from_static(LogSource::from(source).as_str()));
    if let service::LogSource::Kept { at, exit_code } = source {
        if let Ok(at) = HeaderValue::from_str(Time::from(at).as_str()) {
            headers.insert("log-kept-at", at);
        }
        if let Some(code) = exit_code {
            headers.insert("log-exit-code", HeaderValue::from(code));
        }
    }
    Ok((headers, text).into_response())
}

struct Lines(LogStream);

impl sse::Source for Lines {
    async fn next(&mut self) -> Result<Frame, StreamEnd> {
        Ok(match self.0.next().await? {
            Said::Workload { name, creation, source } => {
                sse::frame("workload", &LogWorkload::new(name, creation, source))
            }
            Said::Line(line) => sse::frame("line", &LogLine::from(line)),
            Said::Interrupted(Failure { code, message, .. }) => {
                sse::frame("interrupted", &LogInterruption { code, message })
            }
        })
    }

    fn position(&self) -> Option<Revision> {
        None
    }
}
