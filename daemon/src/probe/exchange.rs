//! One HTTP request and its answer, within all bounds.

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout, timeout_at};

use super::event_stream::EventStream;
use super::message::{self, RpcError};
use super::route::Route;
use crate::domain::format_duration;
use crate::runtime::document::format_size;

const SESSION: &str = "mcp-session-id";

/// Asks one endpoint. Holds at most one connection, to the address that was checked.
#[derive(Debug)]
pub(super) struct Endpoint {
    client: Client,
    route: Route,
    max_answer: MaxAnswer,
    pub(super) within: Duration,
    next_id: u32,
}

/// The most bytes of an answer that are read, and the key of the configuration that says so.
#[derive(Debug, Clone, Copy)]
pub(super) struct MaxAnswer {
    pub(super) bytes: usize,
    pub(super) key: &'static str,
}

/// What is sent beside the method.
#[derive(Debug, Default)]
pub(super) struct Ask {
    pub(super) params: Option<Map<String, Value>>,
    pub(super) headers: Vec<(String, String)>,
    /// A notification is answered with nothing.
    pub(super) notification: bool,
}

/// What came back, once there was an HTTP status.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) status: StatusCode,
    pub(super) session: Option<String>,
    pub(super) body: Body,
}

#[derive(Debug)]
pub(super) enum Body {
    /// A JSON-RPC answer to what was asked.
    Answer(Result<Value, RpcError>),
    /// Nothing, as wanted of a notification.
    Nothing,
    /// Something else; for people.
    Other(String),
}

/// Why there was not even an HTTP status.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Silence {
    #[error("no HTTP answer within {}: the server accepts connections and says nothing", format_duration(*.0))]
    TimedOut(Duration),
    #[error("the answer is not HTTP, or the connection was cut: {0}")]
    Broken(String),
    #[error("the request could not be made: {0}")]
    NotMade(String),
}

impl Silence {
    pub(super) const fn reason(&self) -> &'static str {
        match self {
            Self::TimedOut(_) => "TimedOut",
            Self::Broken(_) => "ConnectionBroken",
            Self::NotMade(_) => "RequestNotMade",
        }
    }
}

impl Endpoint {
    pub(super) fn new(route: Route, within: Duration, max_answer: MaxAnswer) -> Result<Self, Silence> {
        let mut builder = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .http1_only()
            .retry(reqwest::retry::never())
            // Never asked for an address literal, which was checked as it stands.
            .resolve_to_addrs(&route.host, &[route.address])
            .user_agent(concat!("wharfinger/", env!("CARGO_PKG_VERSION")));
        if route.url.scheme() == "http" {
            // Reading the system's certificates would be most of a probe's cost.
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|error| Silence::NotMade(chain(&error)))?;
        Ok(Self { client, route, max_answer, within, next_id: 0 })
    }

    /// The path that is asked, for messages.
    pub(super) fn path(&self) -> &str {
        self.route.url.path()
    }

    /// Sends one request and reads until its answer is there.
    pub(super) async fn ask(&mut self, method: &str, ask: Ask) -> Result<Exchange, Silence> {
        self.next_id += 1;
        let id = self.next_id;
        let message = message::request((!ask.notification).then_some(id), method, ask.params.as_ref());
        let mut request = self
            .client
            .post(self.route.url.clone())
            .header(ACCEPT, "application/json, text/event-stream")
            .header(CONTENT_TYPE, "application/json")
            .body(message.to_string());
        for (name, value) in ask.headers {
            request = request.header(name, value);
        }
        let deadline = Instant::now() + self.within;
        let response = match timeout_at(deadline, request.send()).await {
            Err(_) => return Err(Silence::TimedOut(self.within)),
            Ok(Err(error)) if error.is_builder() => return Err(Silence::NotMade(chain(&error))),
            Ok(Err(error)) => return Err(Silence::Broken(chain(&error))),
            Ok(Ok(response)) => response,
        };
        let status = response.status();
        let session = text_of(response.headers(), SESSION);
        let reading = timeout_at(deadline, self.read(response, id, ask.notification)).await;
        let body = reading.unwrap_or_else(|_| {
            Body::Other(format!("began an answer and did not end it within {}", format_duration(self.within)))
        });
        Ok(Exchange { status, session, body })
    }

    /// Ends a legacy session. Whether that worked is nobody's concern: sessions end by themselves.
    pub(super) async fn end_session(&self, session: &str, version: &str) {
        let request = self
            .client
            .delete(self.route.url.clone())
            .header(SESSION, session)
            .header("mcp-protocol-version", version);
        // The status is enough; an answer's body is not read.
        if !matches!(timeout(self.within, request.send()).await, Ok(Ok(_))) {
            tracing::debug!(url = %self.route.url, "an MCP session could not be closed");
        }
    }

    async fn read(&self, mut response: Response, id: u32, notification: bool) -> Body {
        let status = response.status();
        if status.is_redirection() {
            let to = whole(text_of(response.headers(), LOCATION.as_str()).unwrap_or_default(), 200);
            return Body::Other(format!(
                "redirects to {to}, which is not followed: is the template's `path` right, to the last slash?"
            ));
        }
        if notification {
            return Body::Nothing;
        }
        let kind = text_of(response.headers(), CONTENT_TYPE.as_str()).unwrap_or_default();
        let mut events = kind.starts_with("text/event-stream").then(EventStream::default);
        let mut body = Vec::new();
        let mut length = 0;
        loop {
            let bytes = match response.chunk().await {
                Ok(Some(bytes)) => bytes,
                Ok(None) => break,
                Err(error) => return Body::Other(format!("was cut while it answered: {}", chain(&error))),
            };
            length += bytes.len();
            let MaxAnswer { bytes: most, key } = self.max_answer;
            if length > most {
                let most = format_size(u64::try_from(most).unwrap_or(u64::MAX));
                return Body::Other(format!("answers with more than {most}, which is not read ({key})"));
            }
            match &mut events {
                None => body.extend_from_slice(&bytes),
                Some(events) => {
                    let answer = events.feed(&bytes).iter().find_map(|event| message::answer(event, id));
                    if let Some(answer) = answer {
                        return Body::Answer(answer);
                    }
                }
            }
        }
        match message::answer(&body, id) {
            Some(answer) => Body::Answer(answer),
            None => Body::Other(format!("answers with {}, not with an MCP message", describe(&kind, length))),
        }
    }
}

fn describe(kind: &str, length: usize) -> String {
    let kind = whole(kind.split(';').next().unwrap_or_default().to_owned(), 80);
    match (kind.trim(), length) {
        (_, 0) => "nothing".to_owned(),
        ("", _) => "something without a type".to_owned(),
        (kind, _) => kind.to_owned(),
    }
}

/// A header's text, all of it or nothing: a secret that was cut in two would not be found.
fn whole(text: String, most: usize) -> String {
    if text.len() <= most { text } else { format!("something of {} bytes", text.len()) }
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

/// The innermost cause says what happened; the URL around it is known.
fn chain(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
