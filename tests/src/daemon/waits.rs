//! Waiting for what a daemon comes to: it is looked at again and again, and not for ever.

use std::fmt;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::Value;

use super::{Answer, POLL, TestDaemon};

/// One deadline for everything that a test waits for: long enough for dozens of servers on a busy machine.
/// How fast something comes is not what it tests.
const SOON: Duration = Duration::from_secs(110);

impl TestDaemon {
    /// Asks for `path`, which is there, until its body `holds`; the body as it is then.
    pub async fn until(&self, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let holds = |answer: &Answer| {
            assert_eq!(answer.status, StatusCode::OK, "{path}: {answer}");
            holds(&answer.body)
        };
        self.until_answer(path, holds).await.body
    }

    /// The same with whatever it is answered.
    pub async fn until_answer(&self, path: &str, holds: impl Fn(&Answer) -> bool) -> Answer {
        self.ask_until(path, holds, format_args!("{path} was not as it should be")).await
    }

    /// Waits until the instance (id or name) has this status; the instance as it is then.
    pub async fn wait_for_status(&self, id: &str, status: &str) -> Value {
        let has_it = |answer: &Answer| answer.body["status"] == status;
        let complaint = format_args!("{id} was not {status}");
        self.ask_until(&format!("/mcp/instances/{id}"), has_it, complaint).await.body
    }

    /// Waits until the instance is no longer there.
    pub async fn wait_until_gone(&self, id: &str) {
        let is_gone = |answer: &Answer| answer.status == StatusCode::NOT_FOUND;
        let complaint = format_args!("{id} was not gone");
        self.ask_until(&format!("/mcp/instances/{id}"), is_gone, complaint).await;
    }

    /// Waits for what is seen elsewhere than in the body of one path, such as in its log.
    pub async fn eventually(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let deadline = Instant::now() + SOON;
        while !holds().await {
            assert!(Instant::now() < deadline, "not within {SOON:?}: {what}\n{}", self.log());
            tokio::time::sleep(POLL).await;
        }
    }

    async fn ask_until(
        &self,
        path: &str,
        holds: impl Fn(&Answer) -> bool,
        complaint: fmt::Arguments<'_>,
    ) -> Answer {
        let deadline = Instant::now() + SOON;
        loop {
            let answer = self.get(path).await;
            if holds(&answer) {
                return answer;
            }
            assert!(Instant::now() < deadline, "{complaint} within {SOON:?}, but {answer}\n{}", self.log());
            tokio::time::sleep(POLL).await;
        }
    }
}
