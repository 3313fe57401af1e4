//! The metrics. Takes any query, as the daemon's health does.

use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, header};

use crate::api::state::Api;
use crate::runtime::TextFormat;

/// Read what is counted and measured.
///
/// In the text format of Prometheus 0.0.4, or in OpenMetrics 1.0 for those that accept it.
/// `/docs/metrics` says what each metric means.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "health",
    responses((
        status = 200, description = "Every metric", content(
            (String = "text/plain; version=0.0.4; charset=utf-8"),
            (String = "application/openmetrics-text; version=1.0.0; charset=utf-8"),
        ),
    )),
)]
pub(crate) async fn read_metrics(State(api): State<Api>, headers: HeaderMap) -> Response {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let format = match accepted.into_iter().any(|types| types.contains("application/openmetrics-text")) {
        true => TextFormat::OpenMetrics,
        false => TextFormat::Prometheus,
    };
    let text = api.metrics.text(format, &api.service.readings());
    ([(header::CONTENT_TYPE, format.content_type())], text).into_response()
}
