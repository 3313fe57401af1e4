//! The OpenAPI 3.1 document: generated from the handlers, completed here with what every
//! operation shares.

use bytes::Bytes;
use utoipa::OpenApi as _;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, RefOr};
use utoipa_axum::router::OpenApiRouter;

use super::pages::{self, Page};
use super::problem::{Code, document_problem};
use super::state::Api;
use super::wire::{
    Event, LogInterruption, LogLine, LogWorkload, Problem, ProblemError, StreamEnd, StreamStart,
};

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Wharfinger",
        description = "The control plane for MCP server instances. Times are RFC 3339 in UTC, durations are \
            written 500ms, 30s, 5m. Every failure is application/problem+json (RFC 9457); its `code` is stable. \
            Every GET can be asked as HEAD.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "instances", description = "MCP server instances"),
        (name = "bulk", description = "Many instances at once"),
        (name = "events", description = "What happens, as it happens"),
        (name = "orphans", description = "Workloads without a record"),
        (name = "templates", description = "What instances can be made from"),
        (name = "plugins", description = "What is plugged in: provisioners and hooks"),
        (name = "health", description = "The daemon itself"),
        (name = "documentation", description = "The documentation, for people"),
    ),
    components(schemas(
        Event,
        LogInterruption,
        LogLine,
        LogWorkload,
        Problem,
        ProblemError,
        StreamEnd,
        StreamStart,
    )),
)]
struct Description;

/// Any request may be refused so.
const ANY: [Code; 5] =
    [Code::InvalidHost, Code::UriTooLong, Code::WrongHost, Code::HeadersTooLarge, Code::Internal];

/// The document as it is served.
pub(crate) struct Document(OpenApi);

impl Document {
    /// As text.
    pub(crate) fn json(&self) -> Bytes {
        // A document is plain data: it always serialises.
        self.0.to_pretty_json().map(Bytes::from).unwrap_or_default()
    }

    /// Every path there is.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.paths.paths.keys().map(String::as_str)
    }

    /// As a page.
    pub(crate) fn page(&self) -> Page {
        pages::operations(&serde_json::to_value(&self.0).unwrap_or_default())
    }
}

/// A router that knows what the document says about the whole.
pub(crate) fn start() -> OpenApiRouter<Api> {
    OpenApiRouter::with_openapi(Description::openapi())
}

/// Adds to every operation the problems that do not depend on it.
pub(crate) fn finish(mut document: OpenApi) -> Document {
    for item in document.paths.paths.values_mut() {
        for operation in [&mut item.get, &mut item.head].into_iter().flatten() {
            add(operation, &ANY);
        }
        for operation in
            [&mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten()
        {
            add(operation, &ANY);
            add(operation, &[Code::ForeignOrigin]);
        }
    }
    Document(document)
}

fn add(operation: &mut Operation, codes: &[Code]) {
    for code in codes {
        let status = code.entry().status.to_string();
        match operation.responses.responses.get_mut(&status) {
            Some(RefOr::T(response)) => {
                response.description.push_str("; ");
                response.description.push_str(&code.summary());
            }
            _ => {
                operation.responses.responses.insert(status, RefOr::T(document_problem(&[*code])));
            }
        }
    }
}
