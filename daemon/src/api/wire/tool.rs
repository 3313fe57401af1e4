//! Tools of an instance's MCP server.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Time;
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
