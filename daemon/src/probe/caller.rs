//! Calls one tool.

use async_trait::async_trait;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::exchange::{Body, Endpoint, Exchange, Silence};
use super::handshake::{NoSession, Session};
use super::message::{HEADER_MISMATCH, RpcError};
use super::{Ladder, headers, route, tools};
use crate::domain::{Failure, FailureKind};
use crate::extension::{Caller, Era, Question};

#[async_trait]
impl Caller for Ladder {
    async fn call(&self, question: &Question, tool: &str, arguments: &str) -> Result<String, Failure> {
        let Ok(Value::Object(arguments)) = serde_json::from_str(arguments) else {
            return Err(Failure::new(FailureKind::Invalid, "the arguments must be a JSON object"));
        };
        let Ok(Ok(_permit)) = timeout(question.timeout, self.calls.acquire()).await else {
            let message = "too many tools are being called at the same time; try again";
            return Err(Failure::new(FailureKind::NotApplied, message).with_code("busy"));
        };
        let route = route::find(&question.url, &question.rules, question.timeout).await.map_err(|error| {
            let kind = if error.reason() == "AddressRefused" {
                FailureKind::Denied
            } else {
                FailureKind::NotApplied
            };
            Failure::new(kind, error.to_string()).with_code("endpoint_unreachable")
        })?;
        let mut endpoint = Endpoint::new(route, question.timeout, self.options.max_answer)
            .map_err(|silence| not_sent(&silence))?;
        let session = match question.era {
            Some(Era::Modern) => Session::modern(),
            era => Session::open(&mut endpoint, era).await.map_err(no_session)?,
        };
        let result = call(&session, &mut endpoint, tool, arguments, self.options.max_tools).await;
        session.close(&endpoint).await;
        result
    }
}

async fn call(
    session: &Session,
    endpoint: &mut Endpoint,
    tool: &str,
    arguments: Map<String, Value>,
    max_tools: usize,
) -> Result<String, Failure> {
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

fn result(exchange: Exchange) -> Result<String, Failure> {
    let status = exchange.status;
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return Err(needs_authentication(status));
    }
    match exchange.body {
        Body::Answer(Ok(result)) => Ok(result.to_string()),
        Body::Answer(Err(error)) => Err(refused(&error)),
        Body::Nothing => Err(Failure::new(FailureKind::OutcomeUnknown, "the server answered with nothing")),
        Body::Other(what) => {
            let message = format!("HTTP {}: the server {what}", status.as_u16());
            Err(Failure::new(FailureKind::OutcomeUnknown, message).with_code("not_mcp"))
        }
    }
}

fn refused(error: &RpcError) -> Failure {
    let kind = match error.code {
        // No such method, bad parameters (an unknown tool is one), or a modern precondition.
        -32_602..=-32_600 | -32_700 => FailureKind::Invalid,
        _ if error.is_modern() => FailureKind::Invalid,
        _ => FailureKind::OutcomeUnknown,
    };
    Failure::new(kind, error.describe()).with_code("mcp_error")
}

fn no_session(failure: NoSession) -> Failure {
    match failure {
        NoSession::Silent(silence) => not_sent(&silence),
        NoSession::Unauthorised(status) => needs_authentication(status),
        NoSession::NotUnderstood { message, .. } => {
            Failure::new(FailureKind::NotApplied, message).with_code("not_mcp")
        }
    }
}

fn needs_authentication(status: StatusCode) -> Failure {
    let message = format!("HTTP {}: the server wants credentials of its user", status.as_u16());
    Failure::new(FailureKind::Denied, message).with_code("needs_authentication")
}

/// Before the tool was called.
fn not_sent(silence: &Silence) -> Failure {
    Failure::new(FailureKind::NotApplied, silence.to_string()).with_code("endpoint_unreachable")
}

/// While the tool was called: it may have run.
fn cut_off(silence: &Silence) -> Failure {
    let code = if matches!(silence, Silence::TimedOut(_)) { "tool_timed_out" } else { "connection_broken" };
    Failure::new(FailureKind::OutcomeUnknown, silence.to_string()).with_code(code)
}
