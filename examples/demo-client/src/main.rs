//! What a frontend and an MCP client do, once: `demo-client http://127.0.0.1:7180`.
//!
//! Creates an instance from the template `demo`, speaks MCP with it at `endpoint.url`, calls a
//! tool, lists and deletes. Prints each step; exits 0 only if every one went well. What it makes
//! it removes, also when a step fails.
#![expect(clippy::print_stdout, reason = "a command line talks to its user")]

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use reqwest::{Client, RequestBuilder, StatusCode};
use rmcp::model::{CallToolRequestParams, ClientConfig, ProtocolVersion};
use rmcp::transport::StreamableHttpClientTransport;
use rmcp::transport::streamable_http_client::StreamableHttpClientTransportConfig;
use rmcp::{ClientLifecycleMode, ClientServiceExt as _};
use serde_json::{Value, json};

/// Unique among living instances, so a second run beside a first one is refused by name.
const NAME: &str = "demo-of-wharfinger";
/// Longer than any wait asked for below.
const PATIENCE: Duration = Duration::from_secs(90);

#[tokio::main]
async fn main() -> Result<()> {
    let base = std::env::args().nth(1).context("usage: demo-client http://HOST:PORT")?;
    let frontend = Frontend {
        http: Client::builder().no_proxy().timeout(PATIENCE).build()?,
        base: base.trim_end_matches('/').to_owned(),
    };
    let played = play(&frontend).await;
    if played.is_err() {
        // 404 if it was never made: then there is nothing to remove.
        let _ = frontend.http.delete(frontend.url("/mcp/instances/demo-of-wharfinger?wait=30s")).send().await;
    }
    played
}

async fn play(frontend: &Frontend) -> Result<()> {
    let templates = frontend.ask(frontend.http.get(frontend.url("/mcp/templates")), StatusCode::OK).await?;
    let names: Vec<&str> = templates["templates"]
        .as_array()
        .context("no list of templates")?
        .iter()
        .filter_map(|template| template["name"].as_str())
        .collect();
    println!("      GET  /mcp/templates          {}", names.join(", "));

    let request = json!({ "name": NAME, "template": "demo" });
    let create = frontend.http.post(frontend.url("/mcp/instances?wait=60s")).json(&request);
    let instance = frontend.ask(create, StatusCode::CREATED).await?;
    let status = &instance["status"];
    println!("      POST /mcp/instances          {NAME} is {status}");
    ensure!(status == "running", "the instance did not come up: {}", instance["error"]);
    let endpoint = instance["endpoint"]["url"].as_str().context("a running instance has an endpoint")?;
    println!("                                   endpoint {endpoint}");

    speak_mcp(endpoint).await?;

    let list =
        frontend.ask(frontend.http.get(frontend.url("/mcp/instances?q=demo-of")), StatusCode::OK).await?;
    let listed = list["instances"].as_array().is_some_and(|list| list.iter().any(|one| one["name"] == NAME));
    ensure!(listed, "the list does not show the instance: {list}");
    println!("      GET  /mcp/instances          {NAME} is listed");

    let events = frontend.url(&format!("/mcp/instances/{NAME}/events"));
    let events = frontend.ask(frontend.http.get(events), StatusCode::OK).await?;
    let steps = events["events"].as_array().context("no list of events")?;
    let steps: Vec<&str> = steps.iter().filter_map(|event| event["to"].as_str()).collect();
    println!("      GET  …/events                {}", steps.join(" -> "));

    let delete = frontend.http.delete(frontend.url(&format!("/mcp/instances/{NAME}?wait=60s")));
    frontend.ask(delete, StatusCode::NO_CONTENT).await?;
    let gone = frontend.http.get(frontend.url(&format!("/mcp/instances/{NAME}")));
    frontend.ask(gone, StatusCode::NOT_FOUND).await?;
    println!("      DELETE …/{NAME}  gone");
    Ok(())
}

/// A real MCP client, in whichever era the server speaks.
async fn speak_mcp(endpoint: &str) -> Result<()> {
    let http = Client::builder().no_proxy().build()?;
    let config = StreamableHttpClientTransportConfig::with_uri(endpoint);
    let transport = StreamableHttpClientTransport::with_client(http, config);
    let lifecycle = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: None,
    };
    let connecting = ClientConfig::default().serve_with_lifecycle(transport, lifecycle);
    let client = tokio::time::timeout(PATIENCE, connecting).await.context("no MCP handshake")??;
    let version = client.peer_info().map(|info| info.protocol_version.to_string()).unwrap_or_default();
    println!("      MCP  handshake               protocol {version}");

    let arguments = json!({ "a": 19, "b": 23 });
    let mut call = CallToolRequestParams::new("add");
    if let Value::Object(arguments) = arguments {
        call = call.with_arguments(arguments);
    }
    let result = client.call_tool(call).await.context("tools/call failed")?;
    let text: String =
        result.content.iter().filter_map(|block| block.as_text()).map(|text| text.text.as_str()).collect();
    ensure!(text.contains("42"), "19 + 23 is not {text}");
    println!("      MCP  tools/call add(19, 23)  {text}");
    client.cancel().await?;
    Ok(())
}

/// The REST side.
struct Frontend {
    http: Client,
    base: String,
}

impl Frontend {
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// Sends, and answers with the body if the status is the one expected.
    async fn ask(&self, request: RequestBuilder, expected: StatusCode) -> Result<Value> {
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        if status != expected {
            bail!("expected {expected}, got {status}: {text}");
        }
        Ok(if text.is_empty() { Value::Null } else { serde_json::from_str(&text)? })
    }
}
