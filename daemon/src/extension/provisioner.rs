//! Makes, inspects and destroys workloads.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::{
    Failure, InstanceId, LogLine, Observation, OwnerId, Secrets, Spec, Target, Template, Timestamp, Workload,
};

/// What is to be made.
#[derive(Debug, Clone)]
pub struct CreateOrder {
    /// For whom.
    pub id: InstanceId,
    /// From what.
    pub spec: Arc<Spec>,
    /// Under which name and marks.
    pub target: Target,
    /// Values for the workload's environment.
    pub secrets: Arc<Secrets>,
}

/// How a creation went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CreateOutcome {
    /// Made by this call.
    Created,
    /// It was there already and is ours.
    Adopted,
    /// Being made; inspect until it is there.
    Pending,
}

impl CreateOutcome {
    /// One word, to count by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Adopted => "adopted",
            Self::Pending => "pending",
        }
    }
}

/// A creation that did not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Creation {
    /// How it went.
    pub outcome: CreateOutcome,
    /// Always there unless pending.
    pub workload: Option<Workload>,
    /// What the template asked for and the backend ignored.
    pub warnings: Vec<String>,
}

/// A workload that carries our mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedWorkload {
    /// Its name outside, as text: it need not be one we would choose.
    pub name: String,
    /// Whose it says it is.
    pub instance: Option<InstanceId>,
    /// Which creation it says it came from.
    pub incarnation: Option<u32>,
    /// How it stands.
    pub observation: Observation,
}

/// One page of workloads that carry our mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedPage {
    /// In no order.
    pub workloads: Vec<OwnedWorkload>,
    /// Where the next page starts.
    pub next_cursor: Option<String>,
}

/// Which output is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogsRequest {
    /// Where the last page ended, also when the workload was made anew since: a backend whose output
    /// begins anew with it goes on at that beginning. None: the newest `max_bytes`.
    pub cursor: Option<String>,
    /// At most so much text.
    pub max_bytes: u32,
}

/// Lines of output, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogsPage {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// Where to go on.
    pub next_cursor: Option<String>,
}

/// Whether the backend behind a provisioner answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// None until the first call.
    pub reachable: Option<bool>,
    /// Since when that is so.
    pub since: Option<Timestamp>,
    /// Calls that are out now.
    pub in_flight: usize,
}

/// A backend. `secrets` are the instance's: their exact values are replaced in everything that
/// comes back, messages of failures included.
#[async_trait]
pub trait Provisioner: Send + Sync {
    /// The templates this backend brings itself.
    async fn templates(&self) -> Result<Vec<Template>, Failure>;

    /// Makes or adopts the workload. Bounded by the provisioner's create timeout, after which
    /// the outcome is unknown.
    async fn create(&self, order: &CreateOrder) -> Result<Creation, Failure>;

    /// Looks, and changes nothing. A workload that is not there is an observation, not a failure.
    async fn inspect(&self, target: &Target, secrets: &Secrets) -> Result<Observation, Failure>;

    /// Removes the workload; true when it is gone, false when it is still going.
    async fn destroy(&self, target: &Target, secrets: &Secrets) -> Result<bool, Failure>;

    /// Every workload that carries our mark.
    async fn owned(&self, owner: OwnerId, cursor: Option<String>) -> Result<OwnedPage, Failure>;

    /// Output of the workload.
    async fn logs(
        &self,
        target: &Target,
        request: LogsRequest,
        secrets: &Secrets,
    ) -> Result<LogsPage, Failure>;

    /// Whether the backend answers, by the last calls. Asks nobody.
    fn reach(&self) -> Reach;
}
