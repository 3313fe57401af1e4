//! Doubles for the host, so that plain `cargo test` tests a plugin's rules.
//!
//! Each test thread has its own. [`plugin()`] reads a settings table as the host does, [`request()`] makes
//! everything a plugin can be asked in one line, [`log_lines`] are what it logged. [`script`] says which HTTP
//! requests an upstream expects and what it answers, in order; [`sent`] tells afterwards what the plugin asked.
//! Child processes started through [`process`](crate::process) live in a table in memory ([`processes`]).
//!
//! ```
//! use wharfinger_plugin_sdk::{http, testing};
//!
//! testing::script([
//!     testing::get("/health").answers(200, "fine"),
//!     testing::post("/things").loses_the_answer(),
//! ]);
//! let backend = http::Client::upstream("backend");
//! assert_eq!(backend.get("/health").send().unwrap().text(), "fine");
//! assert!(!backend.post("/things").send().unwrap_err().nothing_was_sent());
//! testing::script_is_done();
//! ```
//!
//! A whole test of a hook:
//!
//! ```
//! # use serde::Deserialize;
//! # use wharfinger_plugin_sdk::prelude::*;
//! # #[derive(Deserialize)]
//! # struct ShortNames { limit: usize }
//! # impl Plugin for ShortNames {
//! #     fn describe() -> Description { Description::new("short-names", "1") }
//! # }
//! # impl Hook for ShortNames {
//! #     fn review(&self, call: ReviewCall) -> Result<Verdict, Failure> {
//! #         if call.request.name.len() <= self.limit { return Ok(Verdict::allow()) }
//! #         Ok(Verdict::deny([Violation::new("/name", "too_long", "shorter")]))
//! #     }
//! # }
//! use wharfinger_plugin_sdk::testing;
//!
//! let hook: ShortNames = testing::plugin(r#"{ "limit": 5 }"#);
//! let review = |name| hook.review(testing::request(name).label("team", "docs").review()).unwrap();
//! assert_eq!(review("files"), Verdict::allow());
//! assert_eq!(review("archive").violations[0].pointer, "/name");
//! ```

use std::cell::RefCell;
use std::collections::VecDeque;

use serde_json::Value;

use crate::log::Level;
use crate::{Pairs, Plugin, http, settings};

pub use request::{Request, request};

pub mod processes;
mod request;

thread_local! {
    static SCRIPT: RefCell<VecDeque<Exchange>> = const { RefCell::new(VecDeque::new()) };
    static SENT: RefCell<Vec<Sent>> = const { RefCell::new(Vec::new()) };
    static LOG: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
}

/// The plugin with these settings, read and checked as before it goes live.
///
/// # Panics
/// When the settings are refused, with every complaint.
#[track_caller]
pub fn plugin<P: Plugin>(settings: &str) -> P {
    let read = settings::check::<P>(settings).and_then(|_warnings| settings::read(settings));
    read.unwrap_or_else(|failure| panic!("{failure}"))
}

/// A request that the script expects, and what becomes of it.
#[derive(Clone, Debug)]
pub struct Exchange {
    method: &'static str,
    path: String,
    outcome: Result<http::Response, http::Error>,
}

/// A request that the plugin sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// For example `POST`.
    pub method: String,
    /// The upstream's name.
    pub upstream: String,
    /// Path and query.
    pub path: String,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body; `Null` when it is empty or no JSON.
    pub json: Value,
    /// How long the plugin was ready to wait.
    pub timeout: std::time::Duration,
}

/// Expects a `GET` of this path.
pub fn get(path: impl Into<String>) -> Exchange {
    expect("GET", path)
}

/// Expects a `POST` to this path.
pub fn post(path: impl Into<String>) -> Exchange {
    expect("POST", path)
}

/// Expects a `PUT` to this path.
pub fn put(path: impl Into<String>) -> Exchange {
    expect("PUT", path)
}

/// Expects a `DELETE` of this path.
pub fn delete(path: impl Into<String>) -> Exchange {
    expect("DELETE", path)
}

fn expect(method: &'static str, path: impl Into<String>) -> Exchange {
    let outcome = Ok(http::Response { status: 200, ..http::Response::default() });
    Exchange { method, path: path.into(), outcome }
}

impl Exchange {
    /// Answers with this status and text.
    #[must_use]
    pub fn answers(mut self, status: u16, body: impl Into<Vec<u8>>) -> Self {
        self.outcome = Ok(http::Response { status, headers: Vec::new(), body: body.into() });
        self
    }

    /// Answers with this status and JSON.
    #[must_use]
    pub fn answers_json(self, status: u16, body: &Value) -> Self {
        self.answers(status, body.to_string())
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let Ok(response) = &mut self.outcome {
            response.headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// Takes the request and closes the connection without a byte.
    #[must_use]
    pub fn loses_the_answer(self) -> Self {
        self.fails(http::Error::Lost("the upstream closed the connection".into()))
    }

    /// Takes no connection.
    #[must_use]
    pub fn refuses_the_connection(self) -> Self {
        self.fails(http::Error::NotSent("connection refused".into()))
    }

    /// Ends with this error.
    #[must_use]
    pub fn fails(mut self, error: http::Error) -> Self {
        self.outcome = Err(error);
        self
    }
}

/// Sets what the upstreams expect, in order, and forgets what was sent before.
pub fn script(exchanges: impl IntoIterator<Item = Exchange>) {
    SCRIPT.set(exchanges.into_iter().collect());
    SENT.take();
}

/// What the plugin sent since the script was set.
pub fn sent() -> Vec<Sent> {
    SENT.with_borrow(Clone::clone)
}

/// Fails the test if the script expects more than came.
pub fn script_is_done() {
    SCRIPT.with_borrow(|script| {
        let waiting: Vec<String> =
            script.iter().map(|exchange| format!("{} {}", exchange.method, exchange.path)).collect();
        assert!(waiting.is_empty(), "the plugin did not ask: {waiting:?}");
    });
}

/// The lines that the plugin logged in this test.
pub fn log_lines() -> Vec<(Level, String)> {
    LOG.with_borrow(Clone::clone)
}

pub(crate) fn log_line(level: Level, message: String, fields: Pairs) {
    LOG.with_borrow_mut(|log| {
        log.push((level, if fields.is_empty() { message } else { format!("{message} {fields:?}") }))
    });
}

pub(crate) fn exchange(request: http::Request) -> Result<http::Response, http::Error> {
    let asked = format!("{} {}", request.method, request.path);
    let body = request.body.unwrap_or_default();
    SENT.with_borrow_mut(|sent| {
        sent.push(Sent {
            method: request.method.to_owned(),
            upstream: request.upstream,
            path: request.path,
            headers: request.headers,
            json: serde_json::from_slice(&body).unwrap_or(Value::Null),
            timeout: request.timeout,
        });
    });
    let expected = SCRIPT.with_borrow_mut(VecDeque::pop_front);
    let Some(expected) = expected else {
        panic!("the script expects nothing more, but the plugin asks {asked}")
    };
    assert_eq!(asked, format!("{} {}", expected.method, expected.path), "the script expects another request");
    match expected.outcome {
        Ok(response) if response.body.len() > request.max_body => {
            Err(http::Error::TooLarge { status: response.status, limit: request.max_body })
        }
        outcome => outcome,
    }
}
