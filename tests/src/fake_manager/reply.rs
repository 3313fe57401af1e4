//! The fake's answers: bodies, errors, and the answer that never comes.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde_json::{Value, json};

/// What a request comes to.
#[derive(Debug)]
pub(crate) enum Reply {
    Json(StatusCode, Value),
    /// gin's own 404, for routes it does not know.
    PlainNotFound,
    Redirect(StatusCode, String),
    /// The connection closes with no bytes.
    Lost,
}

/// Marks a response that the listener must throw away together with its connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lost;

impl Reply {
    pub(crate) fn ok(body: Value) -> Self {
        Self::Json(StatusCode::OK, body)
    }

    pub(crate) fn error(status: StatusCode, error: &str, message: &str) -> Self {
        Self::Json(status, json!({"error": error, "code": status.as_u16(), "message": message}))
    }

    pub(crate) fn invalid(message: &str) -> Self {
        Self::error(StatusCode::BAD_REQUEST, "invalid_request", message)
    }

    pub(crate) fn create_failed(message: &str) -> Self {
        Self::error(StatusCode::INTERNAL_SERVER_ERROR, "container_creation_failed", message)
    }

    pub(crate) fn delete_failed(message: &str) -> Self {
        Self::error(StatusCode::INTERNAL_SERVER_ERROR, "container_deletion_failed", message)
    }

    pub(crate) fn container_not_found(service: &str) -> Self {
        Self::error(
            StatusCode::NOT_FOUND,
            "container_not_found",
            &format!("container for service {service} not found"),
        )
    }
}

impl IntoResponse for Reply {
    fn into_response(self) -> Response {
        match self {
            Self::Json(status, body) => (status, Json(body)).into_response(),
            Self::PlainNotFound => {
                (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain")], "404 page not found")
                    .into_response()
            }
            Self::Redirect(status, to) => (status, [(header::LOCATION, to)]).into_response(),
            Self::Lost => {
                let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
                response.extensions_mut().insert(Lost);
                response
            }
        }
    }
}
