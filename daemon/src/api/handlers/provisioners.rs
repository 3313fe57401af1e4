//! Provisioners.

use axum::Json;
use axum::extract::State;

use super::PlainProblems;
use crate::api::extract::{NoParameters, Parameters};
use crate::api::state::Api;
use crate::api::wire::{Provisioner, ProvisionerList};

/// List who makes workloads, and whether their backends answer.
#[utoipa::path(
    get,
    path = "/mcp/provisioners",
    tag = "plugins",
    responses((status = 200, description = "Every provisioner", body = ProvisionerList), PlainProblems),
)]
pub(crate) async fn list_provisioners(
    State(api): State<Api>,
    _: Parameters<NoParameters>,
) -> Json<ProvisionerList> {
    let provisioners = api.service.provisioners();
    Json(ProvisionerList { provisioners: provisioners.into_iter().map(Provisioner::from).collect() })
}
