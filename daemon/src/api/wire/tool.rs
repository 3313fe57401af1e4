//! Tools of an instance's MCP server.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Time;
use crate::api::extract::{FromBody, Members};
use crate::domain;
use crate::service::ToolsView;

/// One tool, as the server described it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tool {
    pub(crate) name: String,
    #[schema(required)]
    pub(crate) description: Option<String>,
    /// JSON Schema of the arguments.
    #[schema(value_type = Object)]
    pub(crate) input_schema: Value,
}

/// The tools found at the last handshake.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ToolList {
    pub(crate) tools: Vec<Tool>,
    /// When they were listed; null before the first handshake since the daemon's start.
    #[schema(required)]
    pub(crate) observed_at: Option<Time>,
}

impl From<ToolsView> for ToolList {
    fn from(ToolsView { tools, observed_at }: ToolsView) -> Self {
        Self { tools: tools.iter().map(Tool::from).collect(), observed_at: observed_at.map(Time::from) }
    }
}

impl From<&domain::Tool> for Tool {
    fn from(tool: &domain::Tool) -> Self {
        // A server may send anything; `{}` takes every argument, and claims nothing.
        let schema = serde_json::from_str(&tool.input_schema).ok().filter(Value::is_object);
        Self {
            name: tool.name.clone(),
            description: tool.description.clone(),
            input_schema: schema.unwrap_or_else(|| Value::Object(serde_json::Map::new())),
        }
    }
}

/// What a tool is called with.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolCall {
    /// As the tool's `input_schema` wants them; absent: none.
    #[schema(value_type = Option<Object>)]
    pub(crate) arguments: Option<String>,
}

impl FromBody for ToolCall {
    const REQUIRED: bool = false;

    fn from_body(members: &mut Members) -> Self {
        Self { arguments: members.json("arguments") }
    }
}

/// The result of a call as the server gave it: MCP's `CallToolResult`, of the revision that the server
/// speaks. Only the values of the instance's secrets are replaced.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it says what the server's own text holds, which is passed on as it is")]
pub(crate) struct ToolResult {
    /// Content blocks: texts, images, resources.
    #[schema(value_type = Option<Vec<Object>>)]
    content: (),
    /// As the tool's output schema has it.
    #[schema(value_type = Option<Object>)]
    structured_content: (),
    /// The tool ran and failed: `content` says why.
    is_error: Option<bool>,
}
