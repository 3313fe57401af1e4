//! Pages for people under `/docs`: what the API can do, and what its codes mean. And one that stands in the
//! console's place when there is none.
//!
//! Rendered here from what exists anyway: the OpenAPI document, the table of problems, the
//! metrics. No script, and no request to anybody else; it works as well without a network and for
//! a reader that shows text alone. [`maud`] escapes whatever it is given.

mod failures;
mod metrics;
mod no_console;
mod operations;
mod problems;
mod prose;
mod types;

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, header};
use maud::{DOCTYPE, Markup, html};

pub(crate) use failures::errors;
pub(crate) use metrics::metrics;
pub(crate) use no_console::no_console;
pub(crate) use operations::operations;
pub(crate) use problems::{problem, problems};

/// Nothing may be loaded but our own style, nothing may run, and nobody may show us in a frame.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);
const STYLE: &str = include_str!("style.css");

/// Where one is, of the pages that every page leads to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Operations,
    Problems,
    Errors,
    Metrics,
}

impl Place {
    /// Each with its path and its name.
    const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Operations, "/docs", "Operations"),
        (Self::Problems, "/docs/problems", "Problems"),
        (Self::Errors, "/docs/errors", "Errors"),
        (Self::Metrics, "/docs/metrics", "Metrics"),
    ];
}

/// A page as it is sent.
#[derive(Clone)]
pub(crate) struct Page(String);

impl Page {
    fn new(place: impl Into<Option<Place>>, title: &str, body: &Markup) -> Self {
        let place = place.into();
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " – Wharfinger" }
                    link rel="stylesheet" href="/docs/style.css";
                }
                body {
                    header {
                        nav aria-label="Documentation" {
                            a.brand href="/" { "Wharfinger" }
                            @for (target, path, name) in Place::ALL {
                                a href=(path) aria-current=[(Some(target) == place).then_some("page")] { (name) }
                            }
                        }
                    }
                    main { (body) }
                    footer { "wharfinger " (env!("CARGO_PKG_VERSION")) " · " a href="/openapi.json" { "openapi.json" } }
                }
            }
        };
        Self(page.into_string())
    }

    #[cfg(test)]
    pub(crate) fn text(self) -> String {
        self.0
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let kind = HeaderValue::from_static("text/html; charset=utf-8");
        guarded(kind, self.0)
    }
}

/// The style of every page.
pub(crate) fn style() -> Response {
    guarded(HeaderValue::from_static("text/css; charset=utf-8"), STYLE)
}

fn guarded(kind: HeaderValue, body: impl IntoResponse) -> Response {
    let headers: [(HeaderName, HeaderValue); 4] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ];
    (headers, body).into_response()
}
