//! Conditions: machine-readable facts about an instance, beside its phase.

use std::time::Duration;

use super::Timestamp;

/// What a condition speaks of. The first five are the rungs of the health ladder, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConditionKind {
    /// The provisioner sees the workload running.
    WorkloadObserved,
    /// A TCP connection to the endpoint opens.
    PortOpen,
    /// HTTP answers at all; 401, 403, 404 and 405 are answers.
    HttpAnswers,
    /// The server spoke MCP: `server/discover` or `initialize`, by era.
    Handshake,
    /// `tools/list` answered.
    ToolsListed,
    /// The server lets us in without credentials of its user.
    Authenticated,
    /// The provisioner's backend answers.
    BackendReachable,
    /// Everything the template asks for is honoured by the backend.
    TemplateHonoured,
    /// Its workload should be made anew, and that waits.
    RecoveryHeldBack,
    /// A workload of an earlier name may remain where nobody can see it.
    OrphanSuspected,
}

impl ConditionKind {
    /// Every kind, in the order users see them.
    pub const ALL: [Self; 10] = [
        Self::WorkloadObserved,
        Self::PortOpen,
        Self::HttpAnswers,
        Self::Handshake,
        Self::ToolsListed,
        Self::Authenticated,
        Self::BackendReachable,
        Self::TemplateHonoured,
        Self::RecoveryHeldBack,
        Self::OrphanSuspected,
    ];

    /// As on the wire and on disk.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WorkloadObserved => "WorkloadObserved",
            Self::PortOpen => "PortOpen",
            Self::HttpAnswers => "HttpAnswers",
            Self::Handshake => "Handshake",
            Self::ToolsListed => "ToolsListed",
            Self::Authenticated => "Authenticated",
            Self::BackendReachable => "BackendReachable",
            Self::TemplateHonoured => "TemplateHonoured",
            Self::RecoveryHeldBack => "RecoveryHeldBack",
            Self::OrphanSuspected => "OrphanSuspected",
        }
    }

    /// Only a failure of these rungs may destroy a workload and make it again; the others degrade.
    pub const fn may_cause_recovery(self) -> bool {
        matches!(self, Self::WorkloadObserved | Self::PortOpen | Self::HttpAnswers)
    }

    /// What belongs to one workload and is forgotten when a new one is made.
    pub const fn is_rung(self) -> bool {
        matches!(
            self,
            Self::WorkloadObserved
                | Self::PortOpen
                | Self::HttpAnswers
                | Self::Handshake
                | Self::ToolsListed
                | Self::Authenticated
        )
    }
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConditionStatus {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Nobody could look.
    Unknown,
    /// It holds in part: something was ignored.
    Warning,
}

impl ConditionStatus {
    /// As on the wire and on disk.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::True => "True",
            Self::False => "False",
            Self::Unknown => "Unknown",
            Self::Warning => "Warning",
        }
    }
}

/// One fact about an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What it speaks of; at most one of each kind per instance.
    pub kind: ConditionKind,
    /// Whether it holds.
    pub status: ConditionStatus,
    /// One word for machines, `CamelCase`.
    pub reason: String,
    /// For people.
    pub message: String,
    /// When its status last changed.
    pub since: Timestamp,
    /// How long the question took, for rungs that ask over the network.
    pub latency: Option<Duration>,
}

impl Condition {
    /// Whether `other` says the same, its age, wording and latency aside: what would not be worth an event.
    pub fn says_the_same_as(&self, other: &Self) -> bool {
        (self.kind, self.status, &self.reason) == (other.kind, other.status, &other.reason)
    }

    /// Puts `next` into `conditions`, in the place of its kind. `since` stays while the status does, so that an
    /// outage that is told in other words is not another outage.
    pub fn merge(conditions: &mut Vec<Self>, mut next: Self) {
        match conditions.iter_mut().find(|old| old.kind == next.kind) {
            Some(old) => {
                if old.status == next.status {
                    next.since = old.since;
                }
                *old = next;
            }
            None => {
                conditions.push(next);
                conditions.sort_by_key(|condition| condition.kind);
            }
        }
    }
}
