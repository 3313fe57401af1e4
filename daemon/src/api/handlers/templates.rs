//! Templates.

use axum::Json;
use axum::extract::State;

use super::PlainProblems;
use crate::api::extract::{NoParameters, Parameters, TemplatePath};
use crate::api::problem::{Problem, problems};
use crate::api::state::Api;
use crate::api::wire::{Template, TemplateList};

/// List what instances can be made from, by name.
#[utoipa::path(
    get,
    path = "/mcp/templates",
    tag = "templates",
    responses((status = 200, description = "Every template", body = TemplateList), PlainProblems),
)]
pub(crate) async fn list_templates(
    State(api): State<Api>,
    _: Parameters<NoParameters>,
) -> Json<TemplateList> {
    let templates = api.service.templates();
    Json(TemplateList { templates: templates.into_iter().map(Template::from).collect() })
}

problems! {
    /// Of a read of one template.
    TemplateProblems: InvalidQuery, TemplateNotFound
}

/// Read one template.
#[utoipa::path(
    get,
    path = "/mcp/templates/{name}",
    tag = "templates",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "The template", body = Template), TemplateProblems),
)]
pub(crate) async fn get_template(
    State(api): State<Api>,
    TemplatePath(name): TemplatePath,
    _: Parameters<NoParameters>,
) -> Result<Json<Template>, Problem> {
    Ok(Json(api.service.template(&name)?.into()))
}
