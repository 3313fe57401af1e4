//! Hooks.

use axum::Json;
use axum::extract::State;

use crate::api::extract::{HookPath, NoParameters, Parameters, Payload};
use crate::api::problem::{Problem, problems};
use crate::api::state::Api;
use crate::api::wire::{Rehearsal, RehearsalRequest};

problems! {
    /// Of a rehearsal.
    RehearsalProblems: InvalidQuery, InvalidJson, WrongType, UnknownMember, BodyIncomplete, BodyTimeout,
        HookNotFound, BodyTooLarge, UnsupportedMediaType, InvalidRequest, Busy, StoreUnavailable
}

/// Try a hook before it refuses anybody.
///
/// The hook of the configuration, with another file or other settings if the body says so, reviews
/// every living instance and the last recorded requests (`[rehearsal] keep`). Nothing is stored, and no
/// request is refused by it. It is loaded with the checks, limits and timeout of its table, and may be
/// one that is off; its mode does not matter, and what its `when` leaves out is skipped. A candidate that
/// cannot be loaded, or that refuses its settings, is an `invalid_request` with a pointer for each
/// complaint. One rehearsal is made at a time, and it ends by `[rehearsal] timeout`.
#[utoipa::path(
    post,
    path = "/mcp/hooks/{name}/rehearse",
    tag = "plugins",
    params(("name" = String, Path, description = "As in the configuration")),
    request_body = RehearsalRequest,
    responses((status = 200, description = "What it would refuse", body = Rehearsal), RehearsalProblems),
)]
pub(crate) async fn rehearse_hook(
    State(api): State<Api>,
    HookPath(hook): HookPath,
    _: Parameters<NoParameters>,
    Payload(request): Payload<RehearsalRequest>,
) -> Result<Json<Rehearsal>, Problem> {
    Ok(Json(api.service.rehearse_hook(request.of(hook)).await?.into()))
}
