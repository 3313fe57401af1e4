//! Orphans.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use utoipa::IntoParams;

use super::PlainProblems;
use super::instances::answer;
use crate::api::extract::{FromQuery, NoParameters, Nothing, OrphanPath, Parameters, Payload, QueryReader};
use crate::api::problem::{Problem, problems};
use crate::api::state::Api;
use crate::api::wire::{CreateRequest, Instance, Orphan, OrphanList};
use crate::domain::ProvisionerName;
use crate::service::{Error, OrphanReference};

/// List the workloads that carry this installation's mark and have no record.
///
/// As the last look at each provisioner saw them. They come from a restored backup, or from a lost
/// disk; nothing happens to them until somebody adopts or purges them.
#[utoipa::path(
    get,
    path = "/mcp/orphans",
    tag = "orphans",
    responses((status = 200, description = "Every orphan", body = OrphanList), PlainProblems),
)]
pub(crate) async fn list_orphans(State(api): State<Api>, _: Parameters<NoParameters>) -> Json<OrphanList> {
    Json(OrphanList { orphans: api.service.orphans().into_iter().map(Orphan::from).collect() })
}

/// Which orphan is meant, where its name alone does not say it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrphanParameters {
    /// Whose workload; needed where two provisioners show the same name.
    #[param(value_type = Option<String>)]
    provisioner: Option<ProvisionerName>,
}

impl FromQuery for OrphanParameters {
    fn from_query(query: &mut QueryReader) -> Self {
        let read = |text: &str| text.parse().map_err(|_| "is no name of a provisioner".to_owned());
        Self { provisioner: query.parsed("provisioner", read) }
    }
}

problems! {
    /// Of an adoption.
    AdoptProblems: InvalidQuery, InvalidJson, WrongType, MissingMember, UnknownMember, BodyIncomplete,
        BodyTimeout, OrphanNotFound, OrphanAmbiguous, NameTaken, NameDeleting, BodyTooLarge,
        UnsupportedMediaType, InvalidRequest, OrphanUnmarked, HookDenied, HookFailed, HookBusy, Busy,
        StoreUnavailable
}

/// Make an instance of an orphan.
///
/// The request is that of a create, and hooks review it; the workload stays as it is, and is made
/// anew from the template only when it dies. The instance gets the id the workload carries.
#[utoipa::path(
    post,
    path = "/mcp/orphans/{workload}/adopt",
    tag = "orphans",
    params(("workload" = String, Path, description = "Its name outside"), OrphanParameters),
    request_body = CreateRequest,
    responses((status = 202, description = "It is an instance", body = Instance), AdoptProblems),
)]
pub(crate) async fn adopt_orphan(
    State(api): State<Api>,
    OrphanPath(workload): OrphanPath,
    Parameters(OrphanParameters { provisioner }): Parameters<OrphanParameters>,
    Payload(request): Payload<CreateRequest>,
) -> Result<Response, Problem> {
    let request = request.try_into().map_err(Error::Invalid)?;
    let view = api.service.adopt(&OrphanReference { workload, provisioner }, request).await?;
    Ok(answer(StatusCode::ACCEPTED, view))
}

problems! {
    /// Of a purge.
    PurgeProblems: InvalidQuery, InvalidJson, WrongType, UnknownMember, BodyIncomplete, OrphanNotFound,
        BodyTimeout, OrphanAmbiguous, BodyTooLarge, UnsupportedMediaType, OrphanUnmarked, Busy,
        StoreUnavailable
}

/// Destroy an orphan's workload.
#[utoipa::path(
    post,
    path = "/mcp/orphans/{workload}/purge",
    tag = "orphans",
    params(("workload" = String, Path, description = "Its name outside"), OrphanParameters),
    responses((status = 202, description = "It is on its way out", body = Orphan), PurgeProblems),
)]
pub(crate) async fn purge_orphan(
    State(api): State<Api>,
    OrphanPath(workload): OrphanPath,
    Parameters(OrphanParameters { provisioner }): Parameters<OrphanParameters>,
    _: Payload<Nothing>,
) -> Result<Response, Problem> {
    let orphan = api.service.purge(&OrphanReference { workload, provisioner }).await?;
    Ok((StatusCode::ACCEPTED, Json(Orphan::from(orphan))).into_response())
}
