//! The documentation, for people.

use axum::extract::State;
use axum::response::Response;

use super::PlainProblems;
use crate::api::extract::{NoParameters, Parameters, ProblemPath};
use crate::api::pages::{self, Page};
use crate::api::problem::problems;
use crate::api::state::Api;

/// The API on a page: every operation with its parameters, bodies, answers and problems.
#[utoipa::path(
    get,
    path = "/docs",
    tag = "documentation",
    responses((status = 200, description = "A page", body = String, content_type = "text/html"), PlainProblems),
)]
pub(crate) async fn operations_page(State(api): State<Api>, _: Parameters<NoParameters>) -> Page {
    api.operations.clone()
}

/// Every problem code on a page.
#[utoipa::path(
    get,
    path = "/docs/problems",
    tag = "documentation",
    responses((status = 200, description = "A page", body = String, content_type = "text/html"), PlainProblems),
)]
pub(crate) async fn problems_page(_: Parameters<NoParameters>) -> Page {
    pages::problems()
}

problems! {
    /// Of a read of one problem's page.
    ProblemPageProblems: InvalidQuery, NotFound
}

/// One problem code on a page.
///
/// What it means, when it comes, and what to do about it. The `type` of every problem leads here.
#[utoipa::path(
    get,
    path = "/docs/problems/{code}",
    tag = "documentation",
    params(("code" = String, Path, description = "As in a problem's `code`")),
    responses(
        (status = 200, description = "A page", body = String, content_type = "text/html"),
        ProblemPageProblems,
    ),
)]
pub(crate) async fn problem_page(ProblemPath(code): ProblemPath, _: Parameters<NoParameters>) -> Page {
    pages::problem(code)
}

/// The codes of failed instances, of provisioners and of plugins on a page.
#[utoipa::path(
    get,
    path = "/docs/errors",
    tag = "documentation",
    responses((status = 200, description = "A page", body = String, content_type = "text/html"), PlainProblems),
)]
pub(crate) async fn errors_page(_: Parameters<NoParameters>) -> Page {
    pages::errors()
}

/// Every metric on a page.
#[utoipa::path(
    get,
    path = "/docs/metrics",
    tag = "documentation",
    responses((status = 200, description = "A page", body = String, content_type = "text/html"), PlainProblems),
)]
pub(crate) async fn metrics_page(State(api): State<Api>, _: Parameters<NoParameters>) -> Page {
    pages::metrics(&api.metrics.entries())
}

/// The style of these pages.
#[utoipa::path(
    get,
    path = "/docs/style.css",
    tag = "documentation",
    responses((status = 200, description = "CSS", body = String, content_type = "text/css"), PlainProblems),
)]
pub(crate) async fn docs_style(_: Parameters<NoParameters>) -> Response {
    pages::style()
}
