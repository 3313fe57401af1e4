//! The plugins behind a set, for people: how they stand, and what can be asked of them.

use std::time::Duration;

use async_trait::async_trait;

use super::{Extensions, HookEntry};
use crate::domain::{HookName, PluginKind, Timestamp, Violation};

/// How a plugin stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginState {
    /// What the configuration asks for is what serves.
    Active,
    /// What the configuration asks for was refused; an earlier one may still serve.
    Refused,
    /// The configuration lacks it; it serves on for the instances it has.
    Retired,
    /// Turned off: a hook is not asked, and every call of a provisioner is denied.
    Disabled,
    /// What serves ends badly again and again, and is left alone for a while.
    Quarantined,
}

/// Why a plugin was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginRefusal {
    /// When.
    pub at: Timestamp,
    /// Stable, `snake_case`.
    pub code: String,
    /// For the operator: what is wrong and what to do.
    pub message: String,
    /// Of the refused file, if it could be read: `sha256:<hex>`.
    pub digest: Option<String>,
}

/// Why a plugin is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginQuarantine {
    /// When it began.
    pub since: Timestamp,
    /// When the next call tries it; none while one does.
    pub until: Option<Timestamp>,
    /// Bad ends in a row.
    pub failures: u32,
    /// The last of them.
    pub reason: String,
}

/// One plugin, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginReport {
    /// The provisioner's or hook's name in the configuration.
    pub name: String,
    /// What it is for.
    pub kind: PluginKind,
    /// How it stands.
    pub state: PluginState,
    /// What the configuration asks for: `sha256:<hex>`; none if the file cannot be read.
    pub desired_digest: Option<String>,
    /// What serves.
    pub active_digest: Option<String>,
    /// The set in which it began to serve.
    pub active_generation: Option<u64>,
    /// When it began to serve.
    pub active_since: Option<Timestamp>,
    /// The last refusal, if it came after the last success.
    pub last_refusal: Option<PluginRefusal>,
    /// Of a provisioner: how many instances it has.
    pub instances: Option<usize>,
    /// Calls that are out now.
    pub in_flight: usize,
    /// What it can be rolled back to, the last first.
    pub previous: Vec<PreviousVersion>,
    /// Why it is left alone, if it is.
    pub quarantine: Option<PluginQuarantine>,
    /// Calls since it began to serve.
    pub calls: u64,
    /// Median duration of the last calls.
    pub p50: Option<Duration>,
    /// 99th percentile of the last calls.
    pub p99: Option<Duration>,
}

/// A version that served before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousVersion {
    /// `sha256:<hex>` of the component.
    pub digest: String,
    /// The set in which it began to serve.
    pub generation: u64,
    /// When it began to serve.
    pub since: Timestamp,
}

/// How the configuration as a whole stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigurationReport {
    /// When it was refused and why; none: what the file says is in force.
    pub refusal: Option<(Timestamp, String)>,
    /// Keys that changed and are read at the start alone.
    pub needs_restart: Vec<String>,
}

/// Why an earlier version of a plugin was not put back.
#[derive(Debug, thiserror::Error)]
pub enum RollbackError {
    /// No plugin has this name.
    #[error("there is no plugin {name:?}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// All there are.
        known: Vec<String>,
    },
    /// A provisioner and a hook have this name.
    #[error("{0:?} is a provisioner and a hook")]
    Ambiguous(String),
    /// No earlier version is kept.
    #[error("of the {kind} {name:?} no version is kept from before the one that serves")]
    NothingBefore {
        /// What it is for.
        kind: &'static str,
        /// Which plugin.
        name: String,
    },
    /// It cannot serve now.
    #[error("{message}")]
    Refused {
        /// Stable, `snake_case`.
        code: String,
        /// What is wrong and what to do.
        message: String,
    },
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

/// The plugins behind a set, for people: how they stand, and what can be asked of them.
#[async_trait]
pub trait Plugins: Extensions {
    /// How each plugin stands.
    fn reports(&self) -> Vec<PluginReport>;

    /// How the configuration as a whole stands.
    fn configuration(&self) -> ConfigurationReport;

    /// Reads the configuration and its files again, and ends when that was done.
    async fn reload(&self);

    /// Puts the version before the one that serves in its place; the generation in which it serves.
    async fn roll_back(&self, name: &str, kind: Option<PluginKind>) -> Result<u64, RollbackError>;

    /// Builds a hook of the configuration as it would be with `candidate`, under all the checks there
    /// are, and plugs it in nowhere. Also one that is off.
    async fn trial_hook(&self, hook: &str, candidate: Candidate) -> Result<HookEntry, CandidateRefusal>;
}
