//! A real MCP client, as a user of an instance has one.
//!
//! It finds out by itself which era the server speaks, so a test need not know.

use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rmcp::model::{CallToolRequestParams, ClientConfig, ProtocolVersion};
use rmcp::service::RunningService;
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientLifecycleMode, ClientServiceExt as _, RoleClient};
use serde_json::Value;

/// No single exchange with a local server takes this long; without a bound a test would hang.
const DEADLINE: Duration = Duration::from_secs(15);

/// A connected client. Dropping it closes the connection.
#[derive(Debug)]
pub struct McpClient {
    service: RunningService<RoleClient, ClientConfig>,
}

impl McpClient {
    /// Connects to the MCP endpoint `url`, in whichever era it speaks.
    pub async fn connect(url: &str) -> Result<Self> {
        let auto = ClientLifecycleMode::Auto {
            preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            legacy_version: None,
        };
        Self::connect_with(url, auto).await
    }

    /// Connects in the way the test chose.
    pub async fn connect_with(url: &str, lifecycle: ClientLifecycleMode) -> Result<Self> {
        // The environment's proxies are for the outside world, never for loopback.
        let http = reqwest::Client::builder().no_proxy().build()?;
        let config = StreamableHttpClientTransportConfig::with_uri(url);
        let transport = StreamableHttpClientTransport::with_client(http, config);
        let connecting = ClientConfig::default().serve_with_lifecycle(transport, lifecycle);
        let service = tokio::time::timeout(DEADLINE, connecting)
            .await
            .with_context(|| format!("{url} did not answer the MCP handshake within {DEADLINE:?}"))?
            .with_context(|| format!("the MCP handshake with {url} failed"))?;
        Ok(Self { service })
    }

    /// The protocol revision both sides agreed on, such as `2026-07-28`.
    pub fn protocol_version(&self) -> Option<String> {
        self.service.peer_info().map(|info| info.protocol_version.to_string())
    }

    /// The names of the server's tools, sorted.
    pub async fn tools(&self) -> Result<Vec<String>> {
        let tools = tokio::time::timeout(DEADLINE, self.service.list_all_tools())
            .await
            .context("tools/list took too long")??;
        let mut names: Vec<String> = tools.into_iter().map(|tool| tool.name.into_owned()).collect();
        names.sort();
        Ok(names)
    }

    /// Calls `tool` with `arguments` (a JSON object, or null for none) and returns the text of its answer.
    /// A result marked as an error is an error here too, with its text.
    pub async fn call(&self, tool: &str, arguments: Value) -> Result<String> {
        let mut parameters = CallToolRequestParams::new(tool.to_owned());
        match arguments {
            Value::Object(arguments) => parameters = parameters.with_arguments(arguments),
            Value::Null => {}
            other => bail!("tool arguments are a JSON object, not {other}"),
        }
        let result = tokio::time::timeout(DEADLINE, self.service.call_tool(parameters))
            .await
            .with_context(|| format!("the tool {tool} took too long"))??;
        let texts: Vec<&str> = result
            .content
            .iter()
            .filter_map(|block| block.as_text())
            .map(|text| text.text.as_str())
            .collect();
        let text = texts.join("\n");
        if result.is_error == Some(true) {
            bail!("the tool {tool} answered an error: {text}");
        }
        Ok(text)
    }

    /// Says goodbye and waits until the connection is closed.
    pub async fn close(self) -> Result<()> {
        self.service.cancel().await.context("the MCP client ended badly")?;
        Ok(())
    }
}

/// Connects, calls one tool, closes: the shortest proof that an instance is of use.
pub async fn call_once(url: &str, tool: &str, arguments: Value) -> Result<String> {
    let client = McpClient::connect(url).await?;
    let text = client.call(tool, arguments).await?;
    client.close().await?;
    Ok(text)
}
