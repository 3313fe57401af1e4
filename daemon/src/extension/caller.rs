//! Calls the tools of an endpoint.

use std::time::Duration;

use async_trait::async_trait;

use super::Question;
use crate::domain::{Secrets, format_duration};

/// One call of a tool.
#[derive(Debug, Clone, Copy)]
pub struct ToolCall<'a> {
    /// As the server calls it.
    pub tool: &'a str,
    /// A JSON object, as text.
    pub arguments: &'a str,
    /// What must not be in the answer, whatever it is.
    pub secrets: &'a Secrets,
}

/// Why a call has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolCallError {
    /// As many calls are out as may be. Nothing was sent.
    #[error("as many tools are being called as may be at once")]
    Busy,
    /// Nothing may be sent to where the endpoint is.
    #[error("{0}")]
    NotAllowed(String),
    /// There was no way to the server, or it is none: the tool was not called.
    #[error("{0}")]
    Unreachable(String),
    /// The server wants credentials of its user.
    #[error("{0}")]
    NeedsCredentials(String),
    /// The server would not do it: the tool has not run.
    #[error("the server refused the call: error {code}: {message}")]
    Refused {
        /// JSON-RPC's.
        code: i64,
        /// The server's own words.
        message: String,
    },
    /// There is no result, and the tool may have run.
    #[error("{0}")]
    Failed(String),
    /// No result came in time, and the tool may have run.
    #[error("the tool gave no result within {}", format_duration(*.0))]
    TimedOut(Duration),
}

/// Calls tools.
#[async_trait]
pub trait ToolCaller: Send + Sync {
    /// Calls a tool, once, and answers with the MCP result as JSON text. The question's timeout is that of
    /// each exchange before the call; the call has its own. Whoever stops waiting gives its turn back; the tool
    /// may run on.
    async fn call(&self, question: &Question, call: ToolCall<'_>) -> Result<String, ToolCallError>;
}
