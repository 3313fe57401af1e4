//! What an instance did and says: history, log, tools.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header;
use utoipa::IntoParams;

use super::ReadProblems;
use crate::api::extract::{FromQuery, InstancePath, NoParameters, Parameters, QueryReader};
use crate::api::problem::{Problem, problems};
use crate::api::state::Api;
use crate::api::wire::{Event, EventList, ToolList};

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
}

impl FromQuery for LogsParameters {
    fn from_query(query: &mut QueryReader) -> Self {
        Self { tail: query.number("tail", 0..=MAX_TAIL).unwrap_or(DEFAULT_TAIL) }
    }
}

problems! {
    /// Of a read that asks the provisioner.
    LogsProblems: InvalidQuery, InstanceNotFound, WorkloadNotFound, ProvisionerUnsupported, ProvisionerFailed,
        ProvisionerUnavailable, StoreUnavailable
}

/// The newest lines of a workload's output, oldest first.
///
/// Exact values of secrets are replaced.
#[utoipa::path(
    get,
    path = "/mcp/instances/{id}/logs",
    tag = "instances",
    params(("id" = String, Path, description = "Its id or its name"), LogsParameters),
    responses(
        (status = 200, description = "The lines", body = String, content_type = "text/plain"),
        LogsProblems,
    ),
)]
pub(crate) async fn read_instance_logs(
    State(api): State<Api>,
    InstancePath(reference): InstancePath,
    Parameters(LogsParameters { tail }): Parameters<LogsParameters>,
) -> Result<Response, Problem> {
    let logs = api.service.logs(&reference, tail).await?;
    let mut text = String::with_capacity(logs.lines.iter().map(|line| line.text.len() + 1).sum());
    for line in &logs.lines {
        text.push_str(&line.text);
        text.push('\n');
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

/// The MCP tools found at the last handshake, with their age.
#[utoipa::path(
    get,
    path = "/mcp/instances/{id}/tools",
    tag = "instances",
    params(("id" = String, Path, description = "Its id or its name")),
    responses((status = 200, description = "The tools", body = ToolList), ReadProblems),
)]
pub(crate) async fn list_instance_tools(
    State(api): State<Api>,
    InstancePath(reference): InstancePath,
    _: Parameters<NoParameters>,
) -> Result<Json<ToolList>, Problem> {
    Ok(Json(api.service.tools(&reference)?.into()))
}
