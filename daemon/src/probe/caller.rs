//! Calls one tool.
//!
//! Once: a call that was sent is never sent again, since nobody knows what it did. The one exception is a
//! server that refused it for want of headers, before it had any effect.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::exchange::{Body, Endpoint, Exchange, MaxAnswer, Silence};
use super::handshake::{NoSession, Session};
use super::message::{HEADER_MISMATCH, RpcError};
use super::{CallOptions, Ladder, headers, redaction, route, tools};
use crate::domain::Secrets;
use crate::extension::{Era, Question, ToolCall, ToolCallError, ToolCaller};

/// What closing a session may take from a result that is there.
const CLOSING: Duration = Duration::from_millis(500);
/// Of a server's own words about an error.
const MAX_MESSAGE: usize = 1_000;

#[async_trait]
impl ToolCaller for Ladder {
    async fn call(&self, question: &Question, call: ToolCall<'_>) -> Result<String, ToolCallError> {
        // Held until the end of the call, whoever waits for it.
        let Ok(_permit) = self.calls.try_acquire() else { return Err(ToolCallError::Busy) };
        let result = self.call_at(question, call).await;
        match result {
            Ok(result) => Ok(redaction::redact(result, call.secrets).to_string()),
            Err(error) => Err(said_safely(error, call.secrets)),
        }
    }
}

impl Ladder {
    async fn call_at(&self, question: &Question, call: ToolCall<'_>) -> Result<Value, ToolCallError> {
        let Ok(Value::Object(arguments)) = serde_json::from_str(call.arguments) else {
            return Err(ToolCallError::Failed("the arguments are no JSON object".to_owned()));
        };
        let route =
            route::find(&question.url, &question.rules, question.timeout).await.map_err(
                |error| match error.reason() {
                    "AddressRefused" => ToolCallError::NotAllowed(error.to_string()),
                    _ => ToolCallError::Unreachable(error.to_string()),
                },
            )?;
        let CallOptions { timeout: within, max_answer, .. } = self.options.calls;
        let max_answer = MaxAnswer { bytes: max_answer, key: "tools.max_answer" };
        let mut endpoint =
            Endpoint::new(route, question.timeout, max_answer).map_err(|silence| not_sent(&silence))?;
        let session = match question.era {
            Some(Era::Modern) => Session::modern(),
            era => Session::open(&mut endpoint, era).await.map_err(no_session)?,
        };
        // The call is bounded as a whole, here: its exchanges must not end before that.
        endpoint.within = within.saturating_mul(2);
        let calling = ask(&session, &mut endpoint, call.tool, arguments, self.options.max_tools);
        let result = timeout(within, calling).await.unwrap_or(Err(ToolCallError::TimedOut(within)));
        endpoint.within = question.timeout.min(CLOSING);
        session.close(&endpoint).await;
        result
    }
}

async fn ask(
    session: &Session,
    endpoint: &mut Endpoint,
    tool: &str,
    arguments: Map<String, Value>,
    max_tools: usize,
) -> Result<Value, ToolCallError> {
    let mut params = Map::new();
    params.insert("name".to_owned(), json!(tool));
    params.insert("arguments".to_owned(), Value::Object(arguments.clone()));
    let first =
        session.ask(endpoint, "tools/call", params.clone(), Vec::new()).await.map_err(|s| cut_off(&s))?;
    let exchange = match &first.body {
        // Refused before it had any effect: the tool wants some arguments repeated as headers,
        // and only its schema says which.
        Body::Answer(Err(error)) if error.code == HEADER_MISMATCH => {
            let more = repeated(session, endpoint, tool, &arguments, max_tools).await;
            if more.is_empty() {
                first
            } else {
                session.ask(endpoint, "tools/call", params, more).await.map_err(|s| cut_off(&s))?
            }
        }
        _ => first,
    };
    result(exchange)
}

async fn repeated(
    session: &Session,
    endpoint: &mut Endpoint,
    tool: &str,
    arguments: &Map<String, Value>,
    max_tools: usize,
) -> Vec<(String, String)> {
    let Ok(tools) = tools::list(session, endpoint, max_tools).await else { return Vec::new() };
    let schema = tools.list.iter().find(|listed| listed.name == tool).map(|listed| &listed.input_schema);
    let schema: Option<Value> = schema.and_then(|schema| serde_json::from_str(schema).ok());
    schema.map(|schema| headers::of_arguments(&schema, arguments)).unwrap_or_default()
}

fn result(exchange: Exchange) -> Result<Value, ToolCallError> {
    let status = exchange.status;
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return Err(needs_credentials(status));
    }
    match exchange.body {
        Body::Answer(Ok(result)) => Ok(result),
        Body::Answer(Err(error)) => Err(refused(error)),
        Body::Nothing => Err(ToolCallError::Failed("the server answered with nothing".to_owned())),
        Body::Other(what) => {
            Err(ToolCallError::Failed(format!("HTTP {}: the server {what}", status.as_u16())))
        }
    }
}

fn refused(error: RpcError) -> ToolCallError {
    match error.code {
        // No such method, bad parameters (an unknown tool is one), or a modern precondition.
        -32_602..=-32_600 | -32_700 => ToolCallError::Refused { code: error.code, message: error.message },
        _ if error.is_modern() => ToolCallError::Refused { code: error.code, message: error.message },
        code => ToolCallError::Failed(format!("the server failed: error {code}: {}", error.message)),
    }
}

fn no_session(failure: NoSession) -> ToolCallError {
    match failure {
        NoSession::Silent(silence) => not_sent(&silence),
        NoSession::Unauthorised(status) => needs_credentials(status),
        // Its words were cut for people: half a secret would not be found. The condition has them.
        NoSession::NotUnderstood { status, reason, .. } => ToolCallError::Unreachable(format!(
            "no MCP session could be opened ({reason}, HTTP {}); the instance's conditions say more",
            status.as_u16()
        )),
    }
}

fn needs_credentials(status: StatusCode) -> ToolCallError {
    ToolCallError::NeedsCredentials(format!(
        "HTTP {}: the server wants credentials of its user",
        status.as_u16()
    ))
}

/// Before the tool was called.
fn not_sent(silence: &Silence) -> ToolCallError {
    ToolCallError::Unreachable(silence.to_string())
}

/// While the tool was called: it may have run.
fn cut_off(silence: &Silence) -> ToolCallError {
    ToolCallError::Failed(silence.to_string())
}

/// Without secrets, and only then cut: half a secret would not be found.
fn said_safely(error: ToolCallError, secrets: &Secrets) -> ToolCallError {
    let safe = |text: String| secrets.redact(&text).chars().take(MAX_MESSAGE).collect::<String>();
    match error {
        ToolCallError::NotAllowed(text) => ToolCallError::NotAllowed(safe(text)),
        ToolCallError::Unreachable(text) => ToolCallError::Unreachable(safe(text)),
        ToolCallError::NeedsCredentials(text) => ToolCallError::NeedsCredentials(safe(text)),
        ToolCallError::Failed(text) => ToolCallError::Failed(safe(text)),
        ToolCallError::Refused { code, message } => ToolCallError::Refused { code, message: safe(message) },
        ToolCallError::Busy | ToolCallError::TimedOut(_) => error,
    }
}
