//! Plugins.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use utoipa::IntoParams;

use super::{MAX_WAIT, PlainProblems};
use crate::api::extract::{FromQuery, NoParameters, Nothing, Parameters, Payload, PluginPath, QueryReader};
use crate::api::problem::{Problem, problems};
use crate::api::state::Api;
use crate::api::wire::PluginList;
use crate::domain::PluginKind;

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

/// How long a reload may keep its caller.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReloadParameters {
    /// How long to wait for it, `0s` to `300s`; absent: the configured default.
    #[param(value_type = Option<String>)]
    wait: Option<Duration>,
}

impl FromQuery for ReloadParameters {
    fn from_query(query: &mut QueryReader) -> Self {
        Self { wait: query.duration("wait", MAX_WAIT) }
    }
}

problems! {
    /// Of a reload.
    ReloadProblems: InvalidQuery, InvalidJson, WrongType, UnknownMember, BodyIncomplete, BodyTimeout,
        BodyTooLarge, UnsupportedMediaType
}

/// Read the configuration and every plugin's file again.
///
/// The daemon does that by itself when something changes; this is for file systems that say nothing,
/// and for whoever wants to know what came of an edit. What was refused is in the answer.
#[utoipa::path(
    post,
    path = "/mcp/plugins/reload",
    tag = "plugins",
    params(ReloadParameters),
    responses(
        (status = 200, description = "It was read; every plugin as it stands now", body = PluginList),
        (status = 202, description = "It is being read; every plugin as it stands now", body = PluginList),
        ReloadProblems,
    ),
)]
pub(crate) async fn reload_plugins(
    State(api): State<Api>,
    Parameters(ReloadParameters { wait }): Parameters<ReloadParameters>,
    _: Payload<Nothing>,
) -> (StatusCode, Json<PluginList>) {
    let done = api.service.reload(wait).await;
    let status = if done { StatusCode::OK } else { StatusCode::ACCEPTED };
    (status, Json(api.service.plugins().into()))
}

/// Which plugin is meant, where its name alone does not say it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct RollbackParameters {
    /// `provisioner` or `hook`; needed where both have the name.
    #[param(value_type = Option<String>)]
    kind: Option<PluginKind>,
}

impl FromQuery for RollbackParameters {
    fn from_query(query: &mut QueryReader) -> Self {
        let read = |text: &str| {
            [PluginKind::Provisioner, PluginKind::Hook]
                .into_iter()
                .find(|kind| kind.as_str() == text)
                .ok_or_else(|| "is neither \"provisioner\" nor \"hook\"".to_owned())
        };
        Self { kind: query.parsed("kind", read) }
    }
}

problems! {
    /// Of a rollback.
    RollbackProblems: InvalidQuery, InvalidJson, WrongType, UnknownMember, BodyIncomplete, BodyTimeout,
        PluginNotFound, PluginAmbiguous, NothingToRollBackTo, BodyTooLarge, UnsupportedMediaType,
        RollbackRefused
}

/// Put the version of a plugin before the one that serves in its place.
///
/// The component and its table as they were, out of the daemon's own copies. What the configuration
/// asks for is refused as `rolled_back` until its file or its table changes. Again: one version further
/// back.
#[utoipa::path(
    post,
    path = "/mcp/plugins/{name}/rollback",
    tag = "plugins",
    params(("name" = String, Path, description = "Its table's name"), RollbackParameters),
    responses((status = 200, description = "Every plugin as it stands now", body = PluginList), RollbackProblems),
)]
pub(crate) async fn roll_back_plugin(
    State(api): State<Api>,
    PluginPath(name): PluginPath,
    Parameters(RollbackParameters { kind }): Parameters<RollbackParameters>,
    _: Payload<Nothing>,
) -> Result<Json<PluginList>, Problem> {
    Ok(Json(api.service.roll_back(&name, kind).await?.into()))
}
