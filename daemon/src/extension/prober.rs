//! Asks an endpoint whether it speaks MCP.

use std::time::Duration;

use async_trait::async_trait;

use crate::domain::{ConditionKind, ConditionStatus, EndpointRule, Tool};

/// Which generation of the protocol a server speaks. Found once, remembered per workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// 2026-07-28 and later: stateless, `server/discover`.
    Modern,
    /// 2025-11-25 and earlier: `initialize`.
    Legacy,
}

/// Where to ask, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The MCP endpoint, path included.
    pub url: String,
    /// What it spoke last time; none: find out.
    pub era: Option<Era>,
    /// Of one rung.
    pub timeout: Duration,
    /// Where the endpoint may be; empty: anywhere but the addresses always refused.
    pub rules: Vec<EndpointRule>,
    /// Tools that must be listed.
    pub expect_tools: Vec<String>,
}

/// What one rung of the ladder said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// Which rung.
    pub kind: ConditionKind,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// One word for machines, `CamelCase`.
    pub reason: String,
    /// For people.
    pub message: String,
    /// How long the question took.
    pub latency: Option<Duration>,
}

/// What a climb of the ladder found. Rungs above the first that failed are not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Lowest first, without the provisioner's own rung.
    pub rungs: Vec<Rung>,
    /// What it speaks, if it spoke.
    pub era: Option<Era>,
    /// What it offers, if it said so.
    pub tools: Option<Vec<Tool>>,
}

impl Answer {
    /// Whether the server counts as healthy: it answered as an MCP server, or it answered that
    /// it wants credentials of its user, which is its own condition and no illness.
    pub fn is_healthy(&self) -> bool {
        let holds = |kind| self.rungs.iter().find(|rung| rung.kind == kind).map(|rung| rung.status);
        let asks_for_credentials = holds(ConditionKind::Authenticated) == Some(ConditionStatus::False);
        let speaks = holds(ConditionKind::Handshake) == Some(ConditionStatus::True)
            && holds(ConditionKind::ToolsListed) != Some(ConditionStatus::False);
        speaks || asks_for_credentials
    }

    /// The rung at which the climb ended: one that failed, or that could not be asked for.
    pub fn failed(&self) -> Option<&Rung> {
        self.rungs.iter().find(|rung| rung.status != ConditionStatus::True)
    }
}

/// Climbs the ladder.
#[async_trait]
pub trait Prober: Send + Sync {
    /// Never fails: what went wrong is what a rung says.
    async fn probe(&self, question: &Question) -> Answer;
}
