//! Instances.

mod list;
mod output;

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use utoipa::IntoParams;

pub(crate) use list::*;
pub(crate) use output::*;

use super::{MAX_WAIT, REPLAYED};
use crate::api::extract::{
    FromQuery, IfMatch, InstancePath, NoParameters, Nothing, Parameters, Payload, QueryReader, RepeatKey,
};
use crate::api::problem::{Problem, problems};
use crate::api::state::Api;
use crate::api::wire::{CreateRequest, DryRun, Forgotten, Instance};
use crate::service::{CreateOptions, Created, DeleteOutcome, Error, InstanceView};

/// How to make an instance.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CreateParameters {
    /// How long to wait for `running` or `failed`, `0s` to `300s`; absent: the configured default.
    #[param(value_type = Option<String>, example = "30s")]
    wait: Option<Duration>,
    /// Check it, ask every hook, and create nothing.
    #[param(required = false)]
    dry_run: bool,
}

impl FromQuery for CreateParameters {
    fn from_query(query: &mut QueryReader) -> Self {
        Self { wait: query.duration("wait", MAX_WAIT), dry_run: query.flag("dry_run") }
    }
}

problems! {
    /// Of a create.
    CreateProblems: InvalidQuery, InvalidIdempotencyKey, InvalidJson, WrongType, MissingMember, UnknownMember, BodyIncomplete,
        BodyTimeout, NameTaken, NameDeleting, IdempotentRequestInFlight, IdempotentInstanceGone, BodyTooLarge,
        UnsupportedMediaType, InvalidRequest, IdempotencyKeyReused, HookDenied, HookFailed, HookBusy, Busy,
        IdempotencyKeysFull, StoreUnavailable
}

/// Create an instance from a template.
///
/// 201 means that its record is durable; `status` says how far it is. A provisioning that fails is
/// no HTTP failure: the answer has the status `failed`, and `error`.
///
/// With an `Idempotency-Key` it can be sent again when no answer came: if it was accepted, the repeat
/// makes nothing, waits as this one would, and answers with the instance as it is then. That a request
/// was refused is not remembered, nor is a dry run.
#[utoipa::path(
    post,
    path = "/mcp/instances",
    tag = "instances",
    params(
        CreateParameters,
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable ASCII characters that \
            no other request has, best a UUID; in quotes, as the header's draft has it, or without. \
            Remembered for 24h, or as configured."),
    ),
    request_body = CreateRequest,
    responses(
        (status = 201, description = "It is recorded", body = Instance, headers(
            ("Location" = String, description = "Its path, by id"),
            ("ETag" = String, description = "Its revision, in quotes"),
            ("Idempotent-Replayed" = String, description = "`true` if an earlier request with the same key made it"),
        )),
        (status = 200, description = "The dry run went well", body = DryRun),
        CreateProblems,
    ),
)]
pub(crate) async fn create_instance(
    State(api): State<Api>,
    Parameters(CreateParameters { wait, dry_run }): Parameters<CreateParameters>,
    RepeatKey(key): RepeatKey,
    Payload(request): Payload<CreateRequest>,
) -> Result<Response, Problem> {
    let request = request.try_into().map_err(Error::Invalid)?;
    Ok(match api.service.create(request, CreateOptions { wait, dry_run, key }).await? {
        Created::Accepted { view, replayed } => {
            let location = HeaderValue::from_str(&format!("/mcp/instances/{}", view.instance.id));
            let mut response = answer(StatusCode::CREATED, *view);
            if let Ok(location) = location {
                response.headers_mut().insert(header::LOCATION, location);
            }
            if replayed {
                response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
            }
            response
        }
        Created::WouldBeAccepted { spec, admission } => Json(DryRun::new(&spec, admission)).into_response(),
    })
}

problems! {
    /// Of a read of one instance.
    ReadProblems: InvalidQuery, InstanceNotFound, StoreUnavailable
}

/// Read one instance.
#[utoipa::path(
    get,
    path = "/mcp/instances/{id}",
    tag = "instances",
    params(("id" = String, Path, description = "Its id or its name")),
    responses(
        (status = 200, description = "The instance", body = Instance, headers(
            ("ETag" = String, description = "Its revision, in quotes"),
        )),
        ReadProblems,
    ),
)]
pub(crate) async fn get_instance(
    State(api): State<Api>,
    InstancePath(reference): InstancePath,
    _: Parameters<NoParameters>,
) -> Result<Response, Problem> {
    Ok(answer(StatusCode::OK, api.service.get(&reference)?))
}

/// How to delete an instance.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeleteParameters {
    /// How long to wait until it is gone, `0s` to `300s`; absent: the configured default.
    #[param(value_type = Option<String>, example = "30s")]
    wait: Option<Duration>,
    /// Forget the record at once, whatever may remain outside: for a backend that is gone for good.
    /// What remains is destroyed, should it be seen again.
    #[param(required = false)]
    force: bool,
}

impl FromQuery for DeleteParameters {
    fn from_query(query: &mut QueryReader) -> Self {
        Self { wait: query.duration("wait", MAX_WAIT), force: query.flag("force") }
    }
}

problems! {
    /// Of a change that needs no body.
    DeleteProblems: InvalidQuery, InvalidIfMatch, InvalidJson, WrongType, UnknownMember, BodyIncomplete,
        InstanceNotFound, BodyTimeout, StaleRevision, BodyTooLarge, UnsupportedMediaType, Busy,
        StoreUnavailable
}

/// Delete an instance and its workload.
#[utoipa::path(
    delete,
    path = "/mcp/instances/{id}",
    tag = "instances",
    params(
        ("id" = String, Path, description = "Its id or its name"),
        DeleteParameters,
        ("If-Match" = Option<String>, Header, description = "Only if this is its ETag"),
    ),
    responses(
        (status = 204, description = "It is gone"),
        (status = 200, description = "It was forgotten by force", body = Forgotten),
        (status = 202, description = "It is on its way", body = Instance, headers(
            ("ETag" = String, description = "Its revision, in quotes"),
        )),
        DeleteProblems,
    ),
)]
pub(crate) async fn delete_instance(
    State(api): State<Api>,
    InstancePath(reference): InstancePath,
    Parameters(DeleteParameters { wait, force }): Parameters<DeleteParameters>,
    IfMatch(seen): IfMatch,
    _: Payload<Nothing>,
) -> Result<Response, Problem> {
    if force {
        return Ok(Json(Forgotten::from(api.service.forget(&reference, seen).await?)).into_response());
    }
    Ok(match api.service.delete(&reference, seen, wait).await? {
        DeleteOutcome::Gone => StatusCode::NO_CONTENT.into_response(),
        DeleteOutcome::Deleting(view) => answer(StatusCode::ACCEPTED, *view),
    })
}

problems! {
    /// Of a retry or restart.
    AskProblems: InvalidQuery, InvalidIfMatch, InvalidJson, WrongType, UnknownMember, BodyIncomplete,
        InstanceNotFound, BodyTimeout, PhaseRefuses, StaleRevision, BodyTooLarge, UnsupportedMediaType, Busy,
        StoreUnavailable
}

/// Try a failed instance again.
#[utoipa::path(
    post,
    path = "/mcp/instances/{id}/retry",
    tag = "instances",
    params(
        ("id" = String, Path, description = "Its id or its name"),
        ("If-Match" = Option<String>, Header, description = "Only if this is its ETag"),
    ),
    responses(
        (status = 202, description = "It is tried again", body = Instance, headers(
            ("ETag" = String, description = "Its revision, in quotes"),
        )),
        AskProblems,
    ),
)]
pub(crate) async fn retry_instance(
    State(api): State<Api>,
    InstancePath(reference): InstancePath,
    _: Parameters<NoParameters>,
    IfMatch(seen): IfMatch,
    _: Payload<Nothing>,
) -> Result<Response, Problem> {
    Ok(answer(StatusCode::ACCEPTED, api.service.retry(&reference, seen).await?))
}

/// Destroy the workload of an instance and make it again.
///
/// The instance keeps its id; its attempts are forgiven.
#[utoipa::path(
    post,
    path = "/mcp/instances/{id}/restart",
    tag = "instances",
    params(
        ("id" = String, Path, description = "Its id or its name"),
        ("If-Match" = Option<String>, Header, description = "Only if this is its ETag"),
    ),
    responses(
        (status = 202, description = "It is made again", body = Instance, headers(
            ("ETag" = String, description = "Its revision, in quotes"),
        )),
        AskProblems,
    ),
)]
pub(crate) async fn restart_instance(
    State(api): State<Api>,
    InstancePath(reference): InstancePath,
    _: Parameters<NoParameters>,
    IfMatch(seen): IfMatch,
    _: Payload<Nothing>,
) -> Result<Response, Problem> {
    Ok(answer(StatusCode::ACCEPTED, api.service.restart(&reference, seen).await?))
}

/// An instance with its `ETag`.
pub(super) fn answer(status: StatusCode, view: InstanceView) -> Response {
    let mut headers = HeaderMap::new();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", view.instance.revision)) {
        headers.insert(header::ETAG, tag);
    }
    (status, headers, Json(Instance::from(view))).into_response()
}
