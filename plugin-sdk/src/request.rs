//! What is asked for: a request, resolved, and the template it was made from.

use std::collections::BTreeMap;

/// Names and values: environment, labels, and the `extra` of every record. Names are unique, and
/// names that a receiver does not know are ignored.
pub type Pairs = BTreeMap<String, String>;

/// What an instance is made from, as it was when the request was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// A DNS label: `[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`.
    pub name: String,
    /// For people; may be empty.
    pub description: String,
    /// The container image, if the template names one.
    pub image: Option<String>,
    /// Program and arguments; empty when the image decides. Never run through a shell.
    pub command: Vec<String>,
    /// TCP port the server listens on inside its workload, 1-65535.
    pub port: u16,
    /// Path of the MCP endpoint, with a leading slash.
    pub path: String,
    /// `streamable-http`; other transports may follow.
    pub transport: String,
    /// The template's own environment. What an instance gets is [`InstanceRequest::environment`].
    pub environment: Pairs,
    /// The template's own labels.
    pub labels: Pairs,
    /// Quantities by name, as the operator wrote them: `cpu` → `500m`, `memory` → `256Mi`.
    pub resources: Pairs,
    /// The template's inputs as JSON text: an array of
    /// `{name, description, required, secret, default, choices, format, pattern}`.
    pub inputs: String,
    /// What later hosts say beside this.
    pub extra: Pairs,
}

impl Default for Template {
    /// A nameless template without image, port and inputs, with the usual path and transport.
    fn default() -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            image: None,
            command: Vec::new(),
            port: 0,
            path: "/mcp".into(),
            transport: "streamable-http".into(),
            environment: Pairs::new(),
            labels: Pairs::new(),
            resources: Pairs::new(),
            inputs: "[]".into(),
            extra: Pairs::new(),
        }
    }
}

/// What a user asked for, resolved: the template's defaults are already merged into `environment`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InstanceRequest {
    /// UUID, version 7.
    pub id: String,
    /// The name the user chose.
    pub name: String,
    /// The template as it was when the request was accepted.
    pub template: Template,
    /// Without secrets: their values travel in [`CreateCall::secrets`](crate::CreateCall) alone.
    pub environment: Pairs,
    /// Labels of template and request, merged.
    pub labels: Pairs,
    /// What later hosts say beside this.
    pub extra: Pairs,
}
