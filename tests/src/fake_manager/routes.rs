//! The routes of both dialects, with gin's habits: a wrong method is as unknown as a wrong
//! path, and a trailing slash is redirected.
//!
//! `/instances` and `/monitoring` are left out on purpose: they exist in the real service,
//! but nobody should use them, and here they are a plain 404.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::routing::get;
use http::{Method, StatusCode, Uri};
use serde_json::json;

use super::Dialect;
use super::manager::Manager;
use super::reply::Reply;
use super::request::CreateRequest;

type Shared = State<Arc<Manager>>;

pub(crate) fn router(manager: Arc<Manager>) -> Router {
    let dialect = manager.options.dialect;
    let common = Router::new()
        .route("/health", get(async |State(manager): Shared| manager.health().await))
        .route("/containers", get(async |State(manager): Shared| manager.list().await).post(create))
        .route("/containers/{service}", get(read).delete(delete));
    let own = match dialect {
        Dialect::Templates => common
            .route("/templates", get(async |State(manager): Shared| manager.templates()))
            .route("/caddy/status", get(async |State(manager): Shared| manager.caddy_status().await)),
        Dialect::Image => common
            // Hides a service of that name from reads, though not from deletes.
            .route("/containers/health", get(all_health).delete(delete_health))
            .route("/containers/{service}/health", get(container_health)),
    };
    own.fallback(unknown).method_not_allowed_fallback(unknown).with_state(manager)
}

async fn create(State(manager): Shared, body: Bytes) -> Reply {
    match CreateRequest::parse(manager.options.dialect, &body) {
        Ok(request) => manager.create(request).await,
        Err(message) => Reply::invalid(&message),
    }
}

async fn read(State(manager): Shared, Path(service): Path<String>) -> Reply {
    if service.contains('/') { Reply::PlainNotFound } else { manager.get(&service).await }
}

async fn delete(State(manager): Shared, Path(service): Path<String>) -> Reply {
    if service.contains('/') { Reply::PlainNotFound } else { manager.delete(&service).await }
}

async fn delete_health(State(manager): Shared) -> Reply {
    manager.delete("health").await
}

async fn container_health(State(manager): Shared, Path(service): Path<String>) -> Reply {
    if service.contains('/') { Reply::PlainNotFound } else { manager.container_health(&service).await }
}

async fn all_health() -> Reply {
    Reply::ok(json!({"health_checks": [], "total": 0}))
}

async fn unknown(method: Method, uri: Uri) -> Reply {
    let path = uri.path();
    match path.strip_suffix('/') {
        Some("") if method == Method::GET => Reply::Redirect(StatusCode::FOUND, "/docs".to_owned()),
        Some(shorter) if shorter.starts_with("/containers") || shorter == "/health" => {
            let status = if method == Method::GET {
                StatusCode::MOVED_PERMANENTLY
            } else {
                StatusCode::TEMPORARY_REDIRECT
            };
            Reply::Redirect(status, shorter.to_owned())
        }
        _ => Reply::PlainNotFound,
    }
}
