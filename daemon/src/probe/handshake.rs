//! Finds the era and opens what it needs.

use reqwest::StatusCode;
use serde_json::{Map, Value, json};

use super::exchange::{Ask, Body, Endpoint, Exchange, Silence};
use super::headers;
use super::message::{self, LEGACY, MODERN, RpcError, UNSUPPORTED_VERSION};
use crate::extension::Era;

/// A server that was understood.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) era: Era,
    version: String,
    /// Of a legacy server that keeps them.
    id: Option<String>,
    /// What the server says it is.
    pub(super) server: String,
    /// Whether it has tools at all.
    pub(super) has_tools: bool,
}

/// Why there is none.
#[derive(Debug)]
pub(super) enum NoSession {
    /// It said nothing at all.
    Silent(Silence),
    /// It wants its user's credentials.
    Unauthorised(StatusCode),
    /// It answered HTTP and is not understood: a word and a message.
    NotUnderstood { status: StatusCode, reason: &'static str, message: String },
}

impl Session {
    /// Speaks to a server whose era is known, or finds it out. What was spoken last is tried
    /// first: another server may stand at the same place now.
    pub(super) async fn open(endpoint: &mut Endpoint, era: Option<Era>) -> Result<Self, NoSession> {
        let first = era.unwrap_or(Era::Modern);
        let failure = match Self::open_as(endpoint, first).await {
            Ok(session) => return Ok(session),
            Err(failure) => failure,
        };
        match &failure {
            NoSession::Unauthorised(_) => return Err(failure),
            // Who is known and silent is down; asking otherwise would only take longer. But some
            // legacy servers say nothing to a method they do not know.
            NoSession::Silent(silence) if era.is_some() || !matches!(silence, Silence::TimedOut(_)) => {
                return Err(failure);
            }
            _ => {}
        }
        let second = match first {
            Era::Modern => Era::Legacy,
            Era::Legacy => Era::Modern,
        };
        match Self::open_as(endpoint, second).await {
            Ok(session) => Ok(session),
            Err(unauthorised @ NoSession::Unauthorised(_)) => Err(unauthorised),
            // What a legacy server says to `initialize` is worth more than what it says to a
            // method it cannot know.
            Err(other) if matches!(first, Era::Modern) && !matches!(other, NoSession::Silent(_)) => {
                Err(other)
            }
            Err(_) => Err(failure),
        }
    }

    async fn open_as(endpoint: &mut Endpoint, era: Era) -> Result<Self, NoSession> {
        match era {
            Era::Modern => Self::discover(endpoint).await,
            Era::Legacy => Self::initialize(endpoint).await,
        }
    }

    /// A modern server needs no opening: without asking, when its era is known.
    pub(super) const fn modern() -> Self {
        Self { era: Era::Modern, version: String::new(), id: None, server: String::new(), has_tools: true }
    }

    async fn discover(endpoint: &mut Endpoint) -> Result<Self, NoSession> {
        let exchange = Self::modern().ask(endpoint, "server/discover", Map::new(), Vec::new()).await;
        let exchange = exchange.map_err(NoSession::Silent)?;
        let status = exchange.status;
        let result = understood(endpoint, exchange, |error| match error.code {
            UNSUPPORTED_VERSION => no_common_version(status, &error.data),
            _ => NoSession::NotUnderstood { status, reason: "McpError", message: error.describe() },
        })?;
        let Some(versions) = result.get("supportedVersions").and_then(Value::as_array) else {
            let message = "the answer to server/discover names no supportedVersions".to_owned();
            return Err(NoSession::NotUnderstood { status, reason: "NotMcp", message });
        };
        if !versions.iter().any(|version| version == MODERN) {
            return Err(no_common_version(status, &json!({ "supported": versions })));
        }
        let info = result.pointer("/_meta/io.modelcontextprotocol~1serverInfo").or(result.get("serverInfo"));
        Ok(Self { server: name_of(info), has_tools: has_tools(&result), ..Self::modern() })
    }

    async fn initialize(endpoint: &mut Endpoint) -> Result<Self, NoSession> {
        let params = json!({
            "protocolVersion": LEGACY[0],
            "capabilities": {},
            "clientInfo": message::client_info(),
        });
        let ask = Ask { params: params.as_object().cloned(), ..Ask::default() };
        let exchange = endpoint.ask("initialize", ask).await.map_err(NoSession::Silent)?;
        let status = exchange.status;
        let id = exchange.session.clone().filter(|id| id.bytes().all(|byte| byte.is_ascii_graphic()));
        let result = understood(endpoint, exchange, |error| NoSession::NotUnderstood {
            status,
            reason: "McpError",
            message: error.describe(),
        })?;
        let version = result.get("protocolVersion").and_then(Value::as_str).unwrap_or_default().to_owned();
        let session = Self {
            era: Era::Legacy,
            version,
            id,
            server: name_of(result.get("serverInfo")),
            has_tools: has_tools(&result),
        };
        if !LEGACY.contains(&session.version.as_str()) {
            session.close(endpoint).await;
            return Err(no_common_version(status, &json!({ "supported": [session.version] })));
        }
        let initialized = Ask { headers: session.headers(), notification: true, ..Ask::default() };
        // A server that does not hear it complains about what comes next.
        let _ = endpoint.ask("notifications/initialized", initialized).await;
        Ok(session)
    }

    /// Asks within the session. `more` are headers that repeat parameters.
    pub(super) async fn ask(
        &self,
        endpoint: &mut Endpoint,
        method: &str,
        params: Map<String, Value>,
        more: Vec<(String, String)>,
    ) -> Result<Exchange, Silence> {
        let mut headers = self.headers();
        let params = match self.era {
            Era::Legacy => params,
            Era::Modern => {
                headers.push(("mcp-method".to_owned(), method.to_owned()));
                let name = params.get("name").and_then(Value::as_str);
                headers.extend(name.map(|name| ("mcp-name".to_owned(), headers::encode(name))));
                headers.extend(more);
                message::modern(params)
            }
        };
        endpoint.ask(method, Ask { params: Some(params), headers, notification: false }).await
    }

    /// Closes a legacy session.
    pub(super) async fn close(&self, endpoint: &Endpoint) {
        if let Some(id) = &self.id {
            endpoint.end_session(id, &self.version).await;
        }
    }

    /// Protocol, revision and server, for people.
    pub(super) fn describe(&self) -> String {
        format!(
            "{} speaks MCP {}",
            if self.server.is_empty() { "the server" } else { &self.server },
            self.version()
        )
    }

    fn version(&self) -> &str {
        match self.era {
            Era::Modern => MODERN,
            Era::Legacy => &self.version,
        }
    }

    fn headers(&self) -> Vec<(String, String)> {
        let mut headers = vec![("mcp-protocol-version".to_owned(), self.version().to_owned())];
        headers.extend(self.id.as_ref().map(|id| ("mcp-session-id".to_owned(), id.clone())));
        headers
    }
}

/// The result in an answer; everything else is a reason to stop or to try the other era.
fn understood(
    endpoint: &Endpoint,
    exchange: Exchange,
    refused: impl FnOnce(RpcError) -> NoSession,
) -> Result<Value, NoSession> {
    let status = exchange.status;
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return Err(NoSession::Unauthorised(status));
    }
    match exchange.body {
        Body::Answer(Ok(result)) => Ok(result),
        Body::Answer(Err(error)) => Err(refused(error)),
        Body::Nothing => Err(not_mcp(endpoint, status, "answers with nothing")),
        Body::Other(what) if status.is_redirection() => {
            let message = format!("HTTP {} at {}: it {what}", status.as_u16(), endpoint.path());
            Err(NoSession::NotUnderstood { status, reason: "Redirected", message })
        }
        Body::Other(what) => Err(not_mcp(endpoint, status, &what)),
    }
}

fn not_mcp(endpoint: &Endpoint, status: StatusCode, what: &str) -> NoSession {
    let path = endpoint.path();
    let message = match status {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
            format!("HTTP {} at {path}: is the template's `path` right?", status.as_u16())
        }
        _ => format!("HTTP {} at {path}: it {what}; is this the MCP endpoint?", status.as_u16()),
    };
    NoSession::NotUnderstood { status, reason: "NotMcp", message }
}

fn no_common_version(status: StatusCode, data: &Value) -> NoSession {
    let theirs: Vec<String> = data
        .get("supported")
        .and_then(Value::as_array)
        .map(|versions| versions.iter().take(8).filter_map(Value::as_str).map(cut).collect())
        .unwrap_or_default();
    let message = format!(
        "the server speaks MCP {}, and the daemon {MODERN} and {}",
        if theirs.is_empty() { "of no version it names".to_owned() } else { theirs.join(", ") },
        LEGACY.join(", ")
    );
    NoSession::NotUnderstood { status, reason: "NoCommonVersion", message }
}

fn has_tools(result: &Value) -> bool {
    result.pointer("/capabilities/tools").is_some()
}

fn name_of(info: Option<&Value>) -> String {
    let text = |key| info.and_then(|info| info.get(key)).and_then(Value::as_str).map(cut).unwrap_or_default();
    format!("{} {}", text("name"), text("version")).trim().to_owned()
}

/// A server's own words, cut.
fn cut(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}
