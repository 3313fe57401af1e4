//! Tools of an MCP server.

/// One tool, as `tools/list` described it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// Unique in its server.
    pub name: String,
    /// For people and models.
    pub description: Option<String>,
    /// JSON Schema of the arguments, as JSON text.
    pub input_schema: String,
}
