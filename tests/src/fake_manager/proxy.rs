//! The reverse proxy in front of the real service's containers (Traefik there).
//!
//! A container is reached at `/mcp/{slug}`, and that prefix is cut off before the request
//! goes on, so the MCP endpoint of a container that serves `/mcp` is `/mcp/{slug}/mcp`.
//! The proxy does not share the manager's lock.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, StatusCode, header};

use super::manager::Manager;

/// Headers that belong to one connection and are not passed on.
const HOP_BY_HOP: [header::HeaderName; 4] =
    [header::CONNECTION, header::CONTENT_LENGTH, header::HOST, header::TRANSFER_ENCODING];

#[derive(Clone)]
struct Proxy {
    manager: Arc<Manager>,
    http: reqwest::Client,
}

/// Serves for ever.
pub(crate) async fn run(listener: std::net::TcpListener, manager: Arc<Manager>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("the listener is non-blocking");
    let http =
        reqwest::Client::builder().no_proxy().build().expect("a client without TLS settings can be built");
    let router = Router::new().fallback(forward).with_state(Proxy { manager, http });
    axum::serve(listener, router).await.expect("the accept loop has no end");
}

async fn forward(State(proxy): State<Proxy>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let Some(target) = target(&proxy.manager, path) else {
        return (StatusCode::NOT_FOUND, "404 page not found").into_response();
    };
    let sent = proxy
        .http
        .request(head.method, target)
        .headers(end_to_end(&head.headers))
        .body(reqwest::Body::wrap_stream(body.into_data_stream()))
        .send()
        .await;
    match sent {
        Ok(answer) => {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = answer.status();
            *response.headers_mut() = end_to_end(answer.headers());
            *response.body_mut() = Body::from_stream(answer.bytes_stream());
            response
        }
        Err(_) => (StatusCode::BAD_GATEWAY, "Bad Gateway").into_response(),
    }
}

fn target(manager: &Manager, path: &str) -> Option<String> {
    let path = path.strip_prefix("/mcp/")?;
    let (slug, rest) = path.split_at(path.find(['/', '?']).unwrap_or(path.len()));
    let port = manager.podman.routed_port(slug)?;
    let slash = if rest.starts_with('/') { "" } else { "/" };
    Some(format!("http://127.0.0.1:{port}{slash}{rest}"))
}

fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let kept = headers.iter().filter(|(name, _)| !HOP_BY_HOP.contains(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}
