//! Workloads: what stands outside the daemon for one instance.

use std::collections::BTreeMap;

use super::{InstanceId, OwnerId, WorkloadName};

/// What a provisioner made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// The backend's own identifier.
    pub id: String,
    /// The name the backend knows it by.
    pub name: String,
    /// Base URL as the backend gave it; the template's path is joined by [`Workload::endpoint`].
    pub url: Option<String>,
    /// Port, if the backend told it.
    pub port: Option<u16>,
    /// Shown to users.
    pub details: BTreeMap<String, String>,
}

impl Workload {
    /// Where the MCP endpoint answers: the backend's URL joined with the template's path.
    pub fn endpoint(&self, path: &str) -> Option<String> {
        let base = self.url.as_deref()?.trim_end_matches('/');
        Some(if path == "/" { format!("{base}/") } else { format!("{base}{path}") })
    }
}

/// Which workload is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Chosen by us before anything is made.
    pub name: WorkloadName,
    /// The instance it stands for.
    pub instance: InstanceId,
    /// This installation.
    pub owner: OwnerId,
    /// How often the workload was made anew, from 0. Never goes back, so that a superseded
    /// workload can be told from the wanted one.
    pub incarnation: u32,
    /// What the last successful answer said.
    pub last_known: Option<Workload>,
}

/// How a workload stands, by its backend's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkloadState {
    /// Not there.
    Absent,
    /// On its way.
    Starting,
    /// Its process runs; whether it answers is the prober's question.
    Running,
    /// Ended.
    Stopped,
    /// Ended badly, or could not start.
    Failed,
    /// A word of the plugin's own; proves nothing.
    Other(String),
}

impl WorkloadState {
    /// `snake_case`, for messages.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Absent => "absent",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Failed => "failed",
            Self::Other(word) => word,
        }
    }

    /// Positively not running: counts at once, without waiting for probes.
    pub const fn is_down(&self) -> bool {
        matches!(self, Self::Absent | Self::Stopped | Self::Failed)
    }
}

/// What an inspection saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// By the backend's word.
    pub state: WorkloadState,
    /// For people: why.
    pub reason: String,
    /// Of a workload that ended.
    pub exit_code: Option<i32>,
    /// The workload, when it is there.
    pub workload: Option<Workload>,
}
