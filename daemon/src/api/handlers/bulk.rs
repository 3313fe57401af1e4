//! Bulks.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, StatusCode, header};
use utoipa::IntoParams;

use super::{MAX_WAIT, REPLAYED};
use crate::api::extract::{
    BulkPath, FromQuery, NoParameters, Parameters, Payload, QueryReader, RepeatKey, RequestId,
};
use crate::api::problem::{Problem, problems, refusal};
use crate::api::state::Api;
use crate::api::wire::{Bulk, BulkRequest};
use crate::service::{BulkOptions, BulkOutcome};

/// How to do a bulk.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BulkParameters {
    /// How long to wait until it is finished, `0s` to `300s`; absent: the configured default.
    #[param(value_type = Option<String>, example = "30s")]
    wait: Option<Duration>,
}

impl FromQuery for BulkParameters {
    fn from_query(query: &mut QueryReader) -> Self {
        Self { wait: query.duration("wait", MAX_WAIT) }
    }
}

problems! {
    /// Of a bulk.
    BulkProblems: InvalidQuery, InvalidIdempotencyKey, InvalidJson, WrongType, MissingMember, UnknownMember,
        BodyIncomplete, BodyTimeout, IdempotentRequestInFlight, IdempotentBulkGone, SelectionDiffers,
        BodyTooLarge, UnsupportedMediaType, InvalidRequest, IdempotencyKeyReused, HookBusy, Busy,
        IdempotencyKeysFull,
        StoreUnavailable
}

/// Create and delete many instances.
///
/// The bulk is recorded before anything is done, goes on after a crash, and has one result per item: an
/// item that is wrong spoils nothing. Items are done independently of each other, in no particular
/// order; what is deleted is what had the name when the request came. A dry run stores nothing, and an
/// `Idempotency-Key` means nothing to it.
#[utoipa::path(
    post,
    path = "/mcp/bulk",
    tag = "bulk",
    params(
        BulkParameters,
        ("Idempotency-Key" = Option<String>, Header, description = "As for POST /mcp/instances"),
    ),
    request_body = BulkRequest,
    responses(
        (status = 202, description = "It is recorded", body = Bulk, headers(
            ("Location" = String, description = "Where its progress is"),
            ("Idempotent-Replayed" = String, description = "`true` if an earlier request with the same key made it"),
        )),
        (status = 200, description = "It is finished, or was a dry run", body = Bulk, headers(
            ("Location" = String, description = "Where its result is; not of a dry run"),
            ("Idempotent-Replayed" = String, description = "`true` if an earlier request with the same key made it"),
        )),
        BulkProblems,
    ),
)]
pub(crate) async fn create_bulk(
    State(api): State<Api>,
    Parameters(BulkParameters { wait }): Parameters<BulkParameters>,
    RepeatKey(key): RepeatKey,
    RequestId(request_id): RequestId,
    Payload(request): Payload<BulkRequest>,
) -> Result<Response, Problem> {
    if request.dry_run {
        let items = api.service.dry_run_bulk(request.into(), refusal).await?;
        return Ok(Json(Bulk::of_dry_run(items, &request_id)).into_response());
    }
    let options = BulkOptions { wait, key };
    let BulkOutcome { bulk, replayed } = api.service.bulk(request.into(), options, refusal).await?;
    let status = if bulk.finished_at.is_some() { StatusCode::OK } else { StatusCode::ACCEPTED };
    let location = HeaderValue::from_str(&format!("/mcp/bulk/{}", bulk.id));
    let mut response = (status, Json(Bulk::new(bulk, &request_id))).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    if replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}

problems! {
    /// Of a read of a bulk.
    ReadProblems: InvalidQuery, BulkNotFound, StoreUnavailable
}

/// Read how far a bulk is.
#[utoipa::path(
    get,
    path = "/mcp/bulk/{id}",
    tag = "bulk",
    params(("id" = String, Path, description = "Its id")),
    responses((status = 200, description = "The bulk and its items", body = Bulk), ReadProblems),
)]
pub(crate) async fn get_bulk(
    State(api): State<Api>,
    BulkPath(id): BulkPath,
    _: Parameters<NoParameters>,
    RequestId(request_id): RequestId,
) -> Result<Json<Bulk>, Problem> {
    Ok(Json(Bulk::new(api.service.bulk_status(&id)?, &request_id)))
}
