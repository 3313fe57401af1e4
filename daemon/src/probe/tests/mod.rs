//! The ladder against small real servers on loopback, well-behaved and not.

mod calls;
mod eras;
mod fake_server;
mod listing;
mod reach;

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Response;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::{CallOptions, Ladder, Options};
use crate::domain::ConditionKind::{Authenticated, Handshake, HttpAnswers, PortOpen, ToolsListed};
use crate::domain::{ConditionKind, EndpointRule, Secret, Secrets};
use crate::extension::{Answer, Era, Prober as _, Question, ToolCall, ToolCallError, ToolCaller as _};
use fake_server::{Asked, FakeServer, legacy, modern, reply, tools};

const SHORT: Duration = Duration::from_millis(300);
const SECRET: &str = "hunter2-of-the-harbour";

fn ladder() -> Ladder {
    let calls = CallOptions { timeout: Duration::from_secs(5), max_concurrent: 2, max_answer: 64 << 10 };
    ladder_for(calls)
}

fn ladder_for(calls: CallOptions) -> Ladder {
    Ladder::new(Options { max_concurrent: 2, max_answer: 64 << 10, max_tools: 3, calls })
}

fn question(url: &str) -> Question {
    let timeout = Duration::from_secs(5);
    Question { url: url.to_owned(), era: None, timeout, rules: Vec::new(), expect_tools: Vec::new() }
}

/// A call by somebody who keeps one secret.
async fn call(question: &Question, tool: &str, arguments: &str) -> Result<String, ToolCallError> {
    let secrets = Secrets([("KEY".to_owned(), Secret::new(SECRET.to_owned()))].into());
    ladder().call(question, ToolCall { tool, arguments, secrets: &secrets }).await
}

async fn probe(url: &str) -> Answer {
    ladder().probe(&question(url)).await
}

/// Each rung as `kind:status:reason`.
fn rungs(answer: &Answer) -> Vec<String> {
    let one = |rung: &crate::extension::Rung| {
        format!("{}:{}:{}", rung.kind.as_str(), rung.status.as_str(), rung.reason)
    };
    answer.rungs.iter().map(one).collect()
}

/// The rung that failed, and what it says.
fn failed(answer: &Answer) -> (ConditionKind, &str, &str) {
    let rung = answer.failed().expect("a rung fails");
    assert_eq!(answer.rungs.last().unwrap().kind, rung.kind, "nothing stands above a failed rung");
    (rung.kind, &rung.reason, &rung.message)
}

fn names(answer: &Answer) -> Vec<&str> {
    answer.tools.as_ref().unwrap().iter().map(|tool| tool.name.as_str()).collect()
}
