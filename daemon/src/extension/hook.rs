//! Reviews a request before it is accepted.

use std::sync::Arc;

use async_trait::async_trait;

use crate::domain::{Decision, Failure, HookMode, HookName, InstanceId, Scope, Spec, Verdict, Violation};

/// What is to be reviewed. Holds no secret value, only names.
#[derive(Debug, Clone)]
pub struct Review {
    /// The id the instance will have.
    pub id: InstanceId,
    /// Everything that will be stored, but for the verdicts.
    pub spec: Arc<Spec>,
    /// Nothing will be created.
    pub dry_run: bool,
}

/// A policy.
#[async_trait]
pub trait Hook: Send + Sync {
    /// The verdict. Bounded by the hook's timeout.
    async fn review(&self, review: &Review) -> Result<Verdict, Failure>;
}

/// A hook in a set, in the order it is asked.
#[derive(Clone)]
pub struct HookEntry {
    /// As in the configuration.
    pub name: HookName,
    /// What its verdict does.
    pub mode: HookMode,
    /// What a failed review counts as.
    pub on_error: Decision,
    /// Which requests it is asked about.
    pub scope: Scope,
    /// `sha256:<hex>` of the component.
    pub digest: String,
    /// `sha256:<hex>` of its settings as JSON.
    pub settings_hash: String,
    /// Whom to ask.
    pub hook: Arc<dyn Hook>,
}

/// What is different about a hook that is tried and not plugged in. What is not said here is as the
/// configuration has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Candidate {
    /// A plain file name in the folder of the hook's plugin.
    pub plugin: Option<String>,
    /// A JSON object.
    pub settings: Option<String>,
}

/// Why a candidate is not tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CandidateRefusal {
    /// The configuration has no hook of this name.
    Unknown {
        /// Those it has.
        hooks: Vec<HookName>,
    },
    /// It cannot be loaded as that hook. Pointers lead into the candidate.
    Refused(Vec<Violation>),
}
