//! The daemon's own health. Takes any query: those who probe sometimes add one.

use axum::Json;
use axum::extract::State;
use http::StatusCode;

use crate::api::state::Api;
use crate::api::wire::{Liveness, Readiness};

/// The daemon answers.
#[utoipa::path(
    get,
    path = "/livez",
    tag = "health",
    responses((status = 200, description = "It answers", body = Liveness)),
)]
pub(crate) async fn live() -> Json<Liveness> {
    Json(Liveness { live: true })
}

/// The daemon has started to do its work, and can write it down.
///
/// Does not depend on backends: `/mcp/provisioners` tells of those.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    responses(
        (status = 200, description = "Every check holds", body = Readiness),
        (status = 503, description = "Some check does not hold", body = Readiness),
    ),
)]
pub(crate) async fn ready(State(api): State<Api>) -> (StatusCode, Json<Readiness>) {
    let readiness = Readiness::from(&api.readiness);
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness))
}
