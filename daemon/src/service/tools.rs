//! Tools of an instance: what it offers, and calling one.

use std::sync::Arc;
use std::time::Instant;

use super::{Error, Reference, Service};
use crate::domain::{Instance, InstanceId, Timestamp, Tool, shown};
use crate::extension::{Question, ToolCall, ToolCallError};

/// What a server says of a tool that it does not have (JSON-RPC 2.0, section 5.1; servers differ).
const NO_METHOD: i64 = -32_601;
const BAD_PARAMETERS: i64 = -32_602;

/// The tools found at the last handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolsView {
    /// As the server described them.
    pub tools: Arc<[Tool]>,
    /// When; none before the first handshake since the daemon's start.
    pub observed_at: Option<Timestamp>,
}

impl Service {
    /// The tools of an instance. Asks nobody.
    pub fn tools(&self, reference: &Reference) -> Result<ToolsView, Error> {
        let instance = self.instance(reference)?;
        Ok(match self.known_tools(instance.id) {
            Some((at, tools)) => ToolsView { tools, observed_at: Some(at) },
            None => ToolsView { tools: Arc::from([]), observed_at: None },
        })
    }

    /// Calls a tool of an instance with `arguments`, a JSON object as text, and answers with the MCP
    /// result as JSON text. Once: whether a call that failed had its effect is not known.
    pub async fn call_tool(
        &self,
        reference: &Reference,
        tool: &str,
        arguments: &str,
    ) -> Result<String, Error> {
        let instance = self.instance(reference)?;
        let question = self.question(&instance)?;
        let secrets = self.inner.lifecycle.secrets(&instance).map_err(Error::reading)?;
        let begun = Instant::now();
        let call = ToolCall { tool, arguments, secrets: &secrets };
        let result = self.inner.caller.call(&question, call).await;
        let (id, took) = (instance.id, begun.elapsed());
        let name: String = shown(tool);
        match &result {
            Ok(_) => tracing::info!(instance = %id, tool = ?name, ?took, "a tool was called"),
            Err(error) => {
                tracing::info!(instance = %id, tool = ?name, ?took, %error, "a tool gave no result");
            }
        }
        result.map_err(|error| self.explain(&instance, tool, error))
    }

    /// Where to ask: the rules are the provisioner's, as for its probes.
    fn question(&self, instance: &Instance) -> Result<Question, Error> {
        let url = instance.endpoint().ok_or(Error::NoEndpoint { phase: instance.status.phase.kind() })?;
        let set = self.inner.extensions.current();
        let entry = Self::provisioner_of(&set, instance)?;
        Ok(Question {
            url,
            era: None,
            timeout: instance.spec.template.health.timeout,
            rules: entry.endpoints.clone(),
            expect_tools: Vec::new(),
        })
    }

    /// A server says of a tool it does not have that the parameters are bad: who knows its tools can say
    /// more.
    fn explain(&self, instance: &Instance, tool: &str, error: ToolCallError) -> Error {
        let known = self.known_tools(instance.id);
        let is_unknown = known.is_some_and(|(_, tools)| tools.iter().all(|known| known.name != tool));
        match error {
            ToolCallError::Refused { code: NO_METHOD | BAD_PARAMETERS, message } if is_unknown => {
                Error::ToolNotFound { instance: instance.spec.name.clone(), tool: shown(tool), message }
            }
            error => Error::Call(error),
        }
    }

    fn known_tools(&self, id: InstanceId) -> Option<(Timestamp, Arc<[Tool]>)> {
        self.inner.lifecycle.sighting(id)?.tools
    }
}
