//! A small blocking HTTP client for upstreams.
//!
//! A plugin addresses an upstream by the name it was granted (`http://manager`); the host maps the
//! name to URL, TLS and credentials, follows no redirects, and refuses every other authority.
//!
//! The errors tell one thing apart above all: whether the request may have reached the upstream.
//!
//! ```
//! use wharfinger_plugin_sdk::{Failure, http, testing};
//!
//! fn make(name: &str) -> Result<String, Failure> {
//!     let backend = http::Client::upstream("backend");
//!     // `?`: what was not sent was not applied, everything else is an unknown outcome.
//!     let response = backend.post("/boxes").json(&[name]).send()?;
//!     match response.status {
//!         201 => Ok(response.text().into_owned()),
//!         400 => Err(Failure::invalid("the backend refuses that name")),
//!         status => Err(Failure::outcome_unknown(format!("the backend answered {status}"))),
//!     }
//! }
//!
//! testing::script([testing::post("/boxes").answers(201, "b1")]);
//! assert_eq!(make("files").unwrap(), "b1");
//! assert_eq!(testing::sent()[0].json[0], "files");
//! ```

#[cfg(target_arch = "wasm32")]
mod wire;

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Failure, FailureKind};

/// A client for one upstream: cheap, keeps nothing.
#[derive(Clone, Debug)]
pub struct Client {
    upstream: String,
    timeout: Duration,
    max_body: usize,
}

impl Client {
    /// A client for the upstream with this name, with a timeout of 30 s and answers of at most 4 MiB.
    pub fn upstream(name: impl Into<String>) -> Self {
        Self { upstream: name.into(), timeout: Duration::from_secs(30), max_body: 4 << 20 }
    }

    /// How long one exchange may take, from the first byte sent to the last byte read.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many bytes an answer's body may have.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// A `GET` of this path (with a leading slash; see [`segment`] for names in it).
    pub fn get(&self, path: impl Into<String>) -> Request {
        self.request("GET", path)
    }

    /// A `POST` to this path.
    pub fn post(&self, path: impl Into<String>) -> Request {
        self.request("POST", path)
    }

    /// A `PUT` to this path.
    pub fn put(&self, path: impl Into<String>) -> Request {
        self.request("PUT", path)
    }

    /// A `DELETE` of this path.
    pub fn delete(&self, path: impl Into<String>) -> Request {
        self.request("DELETE", path)
    }

    fn request(&self, method: &'static str, path: impl Into<String>) -> Request {
        Request {
            upstream: self.upstream.clone(),
            method,
            path: path.into(),
            headers: Vec::new(),
            body: Ok(Vec::new()),
            timeout: self.timeout,
            max_body: self.max_body,
        }
    }
}

/// A request that is not sent yet.
#[derive(Clone, Debug)]
pub struct Request {
    pub(crate) upstream: String,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Result<Vec<u8>, String>,
    pub(crate) timeout: Duration,
    pub(crate) max_body: usize,
}

impl Request {
    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Overrides the client's timeout.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sends `value` as JSON, with its content type.
    #[must_use]
    pub fn json(mut self, value: &impl Serialize) -> Self {
        self.body = serde_json::to_vec(value).map_err(|error| error.to_string());
        self.header("content-type", "application/json")
    }

    /// Sends these bytes.
    #[must_use]
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.body = Ok(bytes.into());
        self
    }

    /// Sends the request and waits for the whole answer. Any status is an answer.
    pub fn send(self) -> Result<Response, Error> {
        if let Err(error) = &self.body {
            return Err(Error::NotSent(format!("the request cannot be written as JSON: {error}")));
        }
        #[cfg(target_arch = "wasm32")]
        return wire::send(self);
        #[cfg(not(target_arch = "wasm32"))]
        crate::testing::exchange(self)
    }
}

/// An upstream's answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status, for example 201.
    pub status: u16,
    /// The headers, in the order they came. Values that are not UTF-8 are made so.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Response {
    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header with this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body as JSON of the expected shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| Error::Malformed {
            status: self.status,
            // Where and what kind, never what the body said there: it may be a secret.
            reason: format!(
                "{} at line {}, column {}",
                match error.classify() {
                    serde_json::error::Category::Io => "unreadable",
                    serde_json::error::Category::Syntax => "not JSON",
                    serde_json::error::Category::Data => "JSON of another shape",
                    serde_json::error::Category::Eof => "JSON that ends too early",
                },
                error.line(),
                error.column()
            ),
        })
    }
}

/// Why there is no usable answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The host does not let this plugin go there. Nothing was sent.
    Denied(String),
    /// No byte of the request was sent: connection refused, no such name, no connection in time.
    NotSent(String),
    /// The request may have been sent and may have had its effect, but no whole answer came: a
    /// timeout, a reset, an empty answer.
    Lost(String),
    /// The answer's body is larger than allowed. The request had its effect.
    TooLarge {
        /// The answer's status.
        status: u16,
        /// The most that was allowed, in bytes.
        limit: usize,
    },
    /// The answer is not what it should be. The request had its effect.
    Malformed {
        /// The answer's status.
        status: u16,
        /// What is wrong with the body.
        reason: String,
    },
}

impl Error {
    /// True: the request had no effect, for not a byte of it was sent.
    pub fn nothing_was_sent(&self) -> bool {
        matches!(self, Self::Denied(_) | Self::NotSent(_))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(reason) => write!(formatter, "the host refused the request: {reason}"),
            Self::NotSent(reason) => write!(formatter, "the request was not sent: {reason}"),
            Self::Lost(reason) => write!(formatter, "the answer was lost: {reason}"),
            Self::TooLarge { status, limit } => {
                write!(formatter, "the answer (status {status}) is larger than {limit} bytes")
            }
            Self::Malformed { status, reason } => {
                write!(formatter, "the answer (status {status}) is {reason}")
            }
        }
    }
}

impl std::error::Error for Error {}

impl From<Error> for Failure {
    /// The cautious reading, right for requests that change something: what was not sent was not
    /// applied, everything else has an unknown outcome.
    fn from(error: Error) -> Self {
        let kind = match &error {
            Error::Denied(_) => FailureKind::Denied,
            Error::NotSent(_) => FailureKind::NotApplied,
            Error::Lost(_) | Error::TooLarge { .. } | Error::Malformed { .. } => FailureKind::OutcomeUnknown,
        };
        Self::new(kind, error.to_string())
    }
}

/// A name as one segment of a path: everything but letters, digits, `-`, `.`, `_` and `~` is
/// percent-encoded.
///
/// ```
/// use wharfinger_plugin_sdk::http;
///
/// assert_eq!(format!("/boxes/{}", http::segment("a/b")), "/boxes/a%2Fb");
/// ```
pub fn segment(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn a_segment_holds_no_slash() {
        assert_eq!(segment("a/b c-ü"), "a%2Fb%20c-%C3%BC");
    }

    #[test]
    fn what_was_not_sent_was_not_applied_and_all_else_is_unknown() {
        for (error, kind) in [
            (Error::Denied("x".into()), FailureKind::Denied),
            (Error::NotSent("x".into()), FailureKind::NotApplied),
            (Error::Lost("x".into()), FailureKind::OutcomeUnknown),
            (Error::TooLarge { status: 200, limit: 1 }, FailureKind::OutcomeUnknown),
            (Error::Malformed { status: 201, reason: "x".into() }, FailureKind::OutcomeUnknown),
        ] {
            assert_eq!(
                error.nothing_was_sent(),
                matches!(kind, FailureKind::Denied | FailureKind::NotApplied)
            );
            assert_eq!(Failure::from(error).kind, kind);
        }
    }

    #[test]
    fn a_complaint_about_an_answer_does_not_quote_it() {
        let response = Response { status: 200, body: br#"{"a": "s3cret"}"#.to_vec(), ..Response::default() };
        let error = response.json::<Vec<u8>>().unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }

    #[test]
    fn an_answer_over_the_cap_is_refused() {
        testing::script([testing::get("/big").answers(200, "12345")]);
        let error = Client::upstream("x").max_body(4).get("/big").send().unwrap_err();
        assert_eq!(error, Error::TooLarge { status: 200, limit: 4 });
    }
}
