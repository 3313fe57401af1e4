//! Tools of an instance's MCP server.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header;

use super::instances::ReadProblems;
use crate::api::extract::{InstancePath, NoParameters, Parameters, Payload, ToolPath};
use crate::api::problem::{Problem, problems};
use crate::api::state::Api;
use crate::api::wire::{ToolCall, ToolList, ToolResult};

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

problems! {
    /// Of a call.
    CallProblems: InvalidQuery, InvalidJson, WrongType, UnknownMember, BodyIncomplete, InstanceNotFound,
        ToolNotFound, BodyTimeout, NoEndpoint, BodyTooLarge, UnsupportedMediaType, ToolRefused,
        EndpointUnreachable, EndpointRefused, NeedsCredentials, ToolFailed, Busy, ProvisionerUnavailable,
        StoreUnavailable, ToolTimedOut
}

/// Call one of its tools.
///
/// The daemon calls the instance's endpoint under the address rules of its probes, never again once the
/// tool may have run, and passes the MCP result on. A tool that ran and failed is no HTTP failure: its result
/// has `isError`. After `tool_failed` and `tool_timed_out` the tool may have run; after a client went away it
/// may run on. Bounds are in `[tools]`.
#[utoipa::path(
    post,
    path = "/mcp/instances/{id}/tools/{tool}",
    tag = "instances",
    params(
        ("id" = String, Path, description = "Its id or its name"),
        ("tool" = String, Path, description = "As the server calls it"),
    ),
    request_body = ToolCall,
    responses((status = 200, description = "What the server answered", body = ToolResult), CallProblems),
)]
pub(crate) async fn call_instance_tool(
    State(api): State<Api>,
    ToolPath { instance, tool }: ToolPath,
    _: Parameters<NoParameters>,
    Payload(ToolCall { arguments }): Payload<ToolCall>,
) -> Result<Response, Problem> {
    let result = api.service.call_tool(&instance, &tool, arguments.as_deref().unwrap_or("{}")).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], result).into_response())
}
