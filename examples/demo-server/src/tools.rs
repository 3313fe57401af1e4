//! The three tools.
//!
//! A tool that cannot do what it was asked answers an MCP result marked as an error
//! (the caller reads the reason); only arguments of the wrong shape are protocol errors,
//! and `rmcp` makes those from the argument types.

use std::time::Duration;

use rmcp::handler::server::router::tool::ToolRouter;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{Implementation, ServerCapabilities, ServerConfig};
use rmcp::schemars::JsonSchema;
use rmcp::{ServerHandler, tool, tool_handler, tool_router};
use serde::Deserialize;

/// What of a message the log shows; a line must stay a line.
const LOGGED_CHARACTERS: usize = 200;

/// The server: it keeps nothing but its tool table, and how long an echo takes.
#[derive(Debug, Clone)]
pub(crate) struct DemoServer {
    tool_router: ToolRouter<Self>,
    echo_delay: Duration,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub(crate) struct EchoArguments {
    /// What to answer.
    message: String,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
pub(crate) struct AddArguments {
    /// The first number.
    a: i64,
    /// The second number.
    b: i64,
}

impl DemoServer {
    pub(crate) fn new(echo_delay: Duration) -> Self {
        Self { tool_router: Self::tool_router(), echo_delay }
    }
}

#[tool_router]
impl DemoServer {
    #[tool(description = "Answers the message it was given")]
    async fn echo(&self, Parameters(EchoArguments { message }): Parameters<EchoArguments>) -> String {
        log_call(&format!("echo {:?}", message.chars().take(LOGGED_CHARACTERS).collect::<String>()));
        tokio::time::sleep(self.echo_delay).await;
        message
    }

    #[tool(description = "Adds two whole numbers")]
    fn add(&self, Parameters(AddArguments { a, b }): Parameters<AddArguments>) -> Result<String, String> {
        log_call(&format!("add {a} {b}"));
        match a.checked_add(b) {
            Some(sum) => Ok(sum.to_string()),
            None => Err(format!("{a} + {b} does not fit in 64 bits")),
        }
    }

    #[tool(description = "Answers the time, RFC 3339 in UTC")]
    fn clock(&self) -> String {
        log_call("clock");
        now()
    }
}

#[tool_handler(router = self.tool_router)]
impl ServerHandler for DemoServer {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("demo-server", env!("CARGO_PKG_VERSION")))
            .with_instructions("Three small tools to try a client with: echo, add, clock.")
    }
}

#[expect(clippy::disallowed_methods, reason = "telling the real time is what the tool is for")]
fn now() -> String {
    jiff::Timestamp::now().to_string()
}

#[expect(
    clippy::print_stderr,
    reason = "a demo's stderr is its log, which the daemon shows as the workload's"
)]
fn log_call(call: &str) {
    eprintln!("tool call: {call}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server() -> DemoServer {
        DemoServer::new(Duration::ZERO)
    }

    fn add(a: i64, b: i64) -> Result<String, String> {
        server().add(Parameters(AddArguments { a, b }))
    }

    #[tokio::test]
    async fn echo_answers_the_message_unchanged() {
        let message = "grüße\n🚢".to_owned();
        let answer = server().echo(Parameters(EchoArguments { message: message.clone() })).await;
        assert_eq!(answer, message);
    }

    #[test]
    fn add_answers_the_sum_or_says_why_not() {
        assert_eq!(add(40, 2), Ok("42".to_owned()));
        assert_eq!(add(-1, 1), Ok("0".to_owned()));
        assert!(add(i64::MAX, 1).unwrap_err().contains("does not fit"));
    }

    #[test]
    fn clock_answers_a_utc_timestamp() {
        let text = server().clock();
        assert!(text.ends_with('Z'), "{text}");
        text.parse::<jiff::Timestamp>().unwrap();
    }

    #[test]
    fn the_tools_are_listed_with_their_arguments() {
        let tools = DemoServer::tool_router().list_all();
        let names: Vec<_> = tools.iter().map(|tool| tool.name.to_string()).collect();
        assert_eq!(names, ["add", "clock", "echo"]);
        let echo = serde_json::to_value(&tools[2].input_schema).unwrap();
        assert_eq!(echo["required"], serde_json::json!(["message"]));
    }
}
