//! The outermost layer: an id for every request, one log line, its place in the metrics, and what
//! every answer has.
//!
//! Writes the body of problems, since it knows the id. A handler that panics is a problem of its
//! request and of nobody else: the daemon goes on.

use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use http::{HeaderName, HeaderValue, Method, header};
use tracing::Instrument as _;

use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::runtime::Metrics;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Of an id that a client brings.
const MAX_ID: usize = 128;

/// The layer.
pub(crate) async fn observe(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    let id = request_id(&request);
    if let Ok(value) = HeaderValue::from_str(&id) {
        request.headers_mut().insert(REQUEST_ID, value);
    }
    let span = tracing::info_span!("request", request_id = %id);
    let line = Line::new(&request, api.metrics.clone());
    async move {
        let outcome = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        let mut response = outcome.unwrap_or_else(|panic| panicked(&*panic));
        if let Some(problem) = response.extensions_mut().remove::<Problem>() {
            response = with_body(response, problem, &id);
        }
        let headers = response.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        // What may be kept says so itself.
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        if let Ok(value) = HeaderValue::from_str(&id) {
            headers.insert(REQUEST_ID, value);
        }
        line.answered(response.status().as_u16());
        response
    }
    .instrument(span)
    .await
}

/// The client's, if it is short and plain: it goes into the log.
fn request_id(request: &Request) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let brought = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
    brought
        .filter(|id| (1..=MAX_ID).contains(&id.len()) && id.bytes().all(plain))
        .map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned)
}

fn with_body(response: Response, problem: Problem, id: &str) -> Response {
    let (mut parts, _) = response.into_parts();
    let body = serde_json::to_vec(&problem.body(id)).unwrap_or_default();
    parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    // What stood there was the length of no body.
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(body))
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Response {
    let said = panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    tracing::error!(panic = said, "a request's handler panicked");
    Problem::new(Code::Internal, "the request could not be finished").into_response()
}

/// A method that a client made up is none of ours.
fn word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// The one log line of a request. The path itself is not in it: a client may put anything there.
struct Line {
    method: Method,
    route: Option<MatchedPath>,
    started: Instant,
    status: Option<u16>,
    metrics: Metrics,
}

impl Line {
    fn new(request: &Request, metrics: Metrics) -> Self {
        metrics.request_began();
        Self {
            metrics,
            method: request.method().clone(),
            route: request.extensions().get::<MatchedPath>().cloned(),
            started: Instant::now(),
            status: None,
        }
    }

    fn answered(mut self, status: u16) {
        self.status = Some(status);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str);
        let (method, took) = (&self.method, self.started.elapsed());
        self.metrics.request_ended(route, word(method), self.status, took);
        match self.status {
            // Asked every few seconds by whoever runs us.
            Some(status) if matches!(route, "/livez" | "/readyz" | "/metrics") => {
                tracing::debug!(%method, route, status, ?took, "answered");
            }
            Some(status) => tracing::info!(%method, route, status, ?took, "answered"),
            // Dropped before its end: hyper does so when the connection is gone.
            None => {
                tracing::info!(%method, route, ?took, "the client left, or was cut, before the answer");
            }
        }
    }
}
