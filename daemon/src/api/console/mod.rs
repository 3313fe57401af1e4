//! The console: a page for browsers, and the files it is made of, embedded in the daemon.
//!
//! ```text
//! GET /assets/app-1a2b.js   a file by its name, which has its digest in it: may be kept for ever
//! GET /, /instances/weather the page, whatever the path: what is there is the page's own business
//! ```
//! It is one more client of the API and knows nothing the API does not say; so nothing is rendered here.
//! A daemon that was built without it says how to get it.
//!
//! # Invariants
//! * No path of the API is ever answered with the page, not even one that is misspelt: a program that asks
//!   for JSON gets a problem.
//! * Everything is served under one policy: nothing is loaded from elsewhere, no script or style stands in
//!   the page itself, and nobody may show it in a frame.

mod answer;
mod files;

use std::collections::BTreeSet;

use axum::extract::{Request, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, Method, header};

pub(crate) use files::Files;
#[cfg(test)]
pub(crate) use files::testing;

use super::pages;
use super::problem::{Code, Problem};
use super::state::Api;

/// Everything the daemon has to say to a browser that follows no route of the API.
pub(crate) struct Console {
    files: Files,
    /// The first segments of paths that are the API's, or a file's.
    taken: BTreeSet<String>,
}

impl Console {
    /// `paths`: those of the API.
    pub(crate) fn new<'a>(files: Files, paths: impl Iterator<Item = &'a str>) -> Self {
        let taken = paths.map(first_segment).chain(["assets"]).map(str::to_owned).collect();
        Self { files, taken }
    }

    fn answer(&self, path: &str, headers: &HeaderMap) -> Option<Response> {
        if let Some(file) = self.files.get(path.trim_start_matches('/')) {
            return Some(answer::file(file, headers));
        }
        let wants_a_page = path == "/" || accepts_html(headers) && !self.taken.contains(first_segment(path));
        wants_a_page.then(|| match self.files.page() {
            Some(page) => answer::file(page, headers),
            None => pages::no_console().into_response(),
        })
    }
}

/// What no route is for: the console's to answer, if it is a browser that asks.
pub(crate) async fn fallback(State(api): State<Api>, request: Request) -> Response {
    let read = matches!(*request.method(), Method::GET | Method::HEAD);
    let answer = read.then(|| api.console.answer(request.uri().path(), request.headers())).flatten();
    answer.unwrap_or_else(|| Problem::new(Code::NotFound, "there is nothing at this path").into_response())
}

fn first_segment(path: &str) -> &str {
    path.trim_start_matches('/').split('/').next().unwrap_or_default()
}

/// Whether it says so itself: `*/*` is what programs send.
fn accepts_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted
        .flat_map(|types| types.split(','))
        .any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/html")))
}
