//! Climbs: one rung after the other, until one fails.

use async_trait::async_trait;
use reqwest::StatusCode;
use tokio::time::Instant;

use super::Ladder;
use super::exchange::{Endpoint, MaxAnswer};
use super::handshake::{NoSession, Session};
use super::route;
use super::tools::{self, NoTools, Tools};
use crate::domain::ConditionKind::{Authenticated, Handshake, HttpAnswers, PortOpen, ToolsListed};
use crate::domain::{ConditionKind, ConditionStatus};
use crate::extension::{Answer, Era, Prober, Question, Rung};

#[async_trait]
impl Prober for Ladder {
    async fn probe(&self, question: &Question) -> Answer {
        let mut climb = Climb::new();
        match self.probes.acquire().await {
            Ok(_permit) => {
                let max_answer = MaxAnswer { bytes: self.options.max_answer, key: "probe.max_answer" };
                climb.up(question, max_answer, self.options.max_tools).await;
            }
            // It is never closed.
            Err(_) => climb.cannot_ask(PortOpen, "NotAsked", "the daemon is stopping".to_owned()),
        }
        climb.answer
    }
}

/// The way up so far.
struct Climb {
    answer: Answer,
    /// When the rung that is tried now was begun.
    begun: Instant,
}

impl Climb {
    fn new() -> Self {
        Self { answer: Answer { rungs: Vec::new(), era: None, tools: None }, begun: Instant::now() }
    }

    async fn up(&mut self, question: &Question, max_answer: MaxAnswer, max_tools: usize) {
        self.begun = Instant::now();
        let route = match route::find(&question.url, &question.rules, question.timeout).await {
            Ok(route) => route,
            Err(error) if error.is_the_workloads() => {
                return self.fails(PortOpen, error.reason(), error.to_string());
            }
            Err(error) => return self.cannot_ask(PortOpen, error.reason(), error.to_string()),
        };
        self.holds(PortOpen, "Connected", format!("connected to {}", route.address));
        let mut endpoint = match Endpoint::new(route, question.timeout, max_answer) {
            Ok(endpoint) => endpoint,
            Err(silence) => return self.cannot_ask(HttpAnswers, silence.reason(), silence.to_string()),
        };
        match Session::open(&mut endpoint, question.era).await {
            Ok(session) => {
                self.answers_http(None);
                self.understood(&session);
                self.lists_tools(&session, &mut endpoint, question, max_tools).await;
                session.close(&endpoint).await;
            }
            Err(failure) => self.not_understood(&endpoint, failure),
        }
    }

    /// Both rungs are one request: the second question would only ask for the first answer again.
    fn answers_http(&mut self, status: Option<StatusCode>) {
        let message = status.map_or("HTTP answers".to_owned(), |status| format!("HTTP {}", status.as_u16()));
        let latency = self.begun.elapsed();
        self.holds(HttpAnswers, "Answered", message);
        self.begun -= latency;
    }

    fn understood(&mut self, session: &Session) {
        self.answer.era = Some(session.era);
        let reason = match session.era {
            Era::Modern => "Discovered",
            Era::Legacy => "Initialized",
        };
        self.holds(Handshake, reason, session.describe());
    }

    fn not_understood(&mut self, endpoint: &Endpoint, failure: NoSession) {
        match failure {
            NoSession::Silent(silence) => self.fails(HttpAnswers, silence.reason(), silence.to_string()),
            NoSession::Unauthorised(status) => {
                self.answers_http(Some(status));
                self.wants_credentials(endpoint, status);
            }
            // A proxy speaks for a server that does not.
            NoSession::NotUnderstood {
                status:
                    status @ (StatusCode::BAD_GATEWAY
                    | StatusCode::SERVICE_UNAVAILABLE
                    | StatusCode::GATEWAY_TIMEOUT),
                ..
            } => {
                let message =
                    format!("HTTP {}: a proxy answers, and the server behind it does not", status.as_u16());
                self.fails(HttpAnswers, "BadGateway", message);
            }
            NoSession::NotUnderstood { status, reason, message } => {
                self.answers_http(Some(status));
                self.fails(Handshake, reason, message);
            }
        }
    }

    async fn lists_tools(
        &mut self,
        session: &Session,
        endpoint: &mut Endpoint,
        question: &Question,
        max_tools: usize,
    ) {
        self.begun = Instant::now();
        let tools = if session.has_tools {
            tools::list(session, endpoint, max_tools).await
        } else {
            Ok(Tools::default())
        };
        match tools {
            Ok(tools) => {
                self.judge(&tools, session.has_tools, &question.expect_tools);
                self.answer.tools = Some(tools.list);
                self.holds(Authenticated, "NotAsked", "no credentials were asked for".to_owned());
                // That was no question of its own.
                if let Some(rung) = self.answer.rungs.last_mut() {
                    rung.latency = None;
                }
            }
            Err(NoTools::Unauthorised(status)) => self.wants_credentials(endpoint, status),
            Err(NoTools::Silent(silence)) => self.fails(ToolsListed, silence.reason(), silence.to_string()),
            Err(NoTools::Refused(message)) => {
                self.fails(ToolsListed, "NotListed", format!("tools/list: {message}"))
            }
        }
    }

    fn judge(&mut self, tools: &Tools, has_tools: bool, expected: &[String]) {
        let missing: Vec<&str> = expected
            .iter()
            .map(String::as_str)
            .filter(|name| !tools.list.iter().any(|tool| tool.name == *name))
            .collect();
        if !missing.is_empty() {
            let message = format!(
                "{} of the template's `expect_tools` are not listed: {}",
                missing.len(),
                missing.join(", ")
            );
            return self.fails(ToolsListed, "ToolsMissing", message);
        }
        let count = tools.list.len();
        let (reason, message) = match (has_tools, tools.cut) {
            (false, _) => ("NoTools", "the server has no tools".to_owned()),
            (true, false) => ("Listed", format!("{count} tools, {}", tools.digest())),
            (true, true) => (
                "Listed",
                format!("{count} tools are kept, {}; there are more (probe.max_tools)", tools.digest()),
            ),
        };
        self.holds(ToolsListed, reason, message);
    }

    fn wants_credentials(&mut self, endpoint: &Endpoint, status: StatusCode) {
        let message = match status {
            StatusCode::FORBIDDEN => format!(
                "HTTP 403 at {}: the server wants credentials of its user, or it does not serve this host name",
                endpoint.path()
            ),
            _ => format!(
                "HTTP {} at {}: the server wants credentials of its user",
                status.as_u16(),
                endpoint.path()
            ),
        };
        self.fails(Authenticated, "NeedsAuthentication", message);
    }

    fn holds(&mut self, kind: ConditionKind, reason: &str, message: String) {
        self.rung(kind, ConditionStatus::True, reason, message);
    }

    fn fails(&mut self, kind: ConditionKind, reason: &str, message: String) {
        self.rung(kind, ConditionStatus::False, reason, message);
    }

    /// The question could not be asked, for a reason of ours: that says nothing about the workload.
    fn cannot_ask(&mut self, kind: ConditionKind, reason: &str, message: String) {
        self.rung(kind, ConditionStatus::Unknown, reason, message);
    }

    fn rung(&mut self, kind: ConditionKind, status: ConditionStatus, reason: &str, message: String) {
        let latency = Some(self.begun.elapsed());
        self.answer.rungs.push(Rung { kind, status, reason: reason.to_owned(), message, latency });
        self.begun = Instant::now();
    }
}
