//! Plugins.

use axum::Json;
use axum::extract::State;

use super::PlainProblems;
use crate::api::extract::{NoParameters, Parameters};
use crate::api::state::Api;
use crate::api::wire::PluginList;

/// List what is plugged in, what was refused and why.
#[utoipa::path(
    get,
    path = "/mcp/plugins",
    tag = "plugins",
    responses((status = 200, description = "Every plugin", body = PluginList), PlainProblems),
)]
pub(crate) async fn list_plugins(State(api): State<Api>, _: Parameters<NoParameters>) -> Json<PluginList> {
    Json(api.service.plugins().into())
}
