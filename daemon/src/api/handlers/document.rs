//! The OpenAPI document.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::header;

use crate::api::state::Api;

/// This document.
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "health",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)),
)]
pub(crate) async fn openapi(State(api): State<Api>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], api.document.clone()).into_response()
}
