//! One answer of the daemon, read whole.

use std::fmt;

use http::HeaderMap;
use reqwest::StatusCode;
use serde_json::Value;

/// Status, headers and body of an answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The body as JSON; a string when it was not JSON, null when it was empty.
    pub body: Value,
}

impl Answer {
    pub(super) async fn read(response: reqwest::Response) -> Self {
        Self::receive(response).await.unwrap_or_else(|error| panic!("the answer broke off: {error:?}"))
    }

    /// Reads it whole, if it comes whole.
    pub(crate) async fn receive(response: reqwest::Response) -> reqwest::Result<Self> {
        let status = response.status();
        let headers = response.headers().clone();
        let text = response.text().await?;
        let body = match text.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())),
        };
        Ok(Self { status, headers, body })
    }

    /// The body, when the status is the expected one.
    ///
    /// # Panics
    /// When it is another one, with the body.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self}");
        self.body
    }

    /// A header's value; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The stable code of a problem answer; empty when it is not a problem.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {:#}", self.status, self.body)
    }
}
