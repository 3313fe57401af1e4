//! One consistent view of everything that is plugged in.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{HookEntry, ProvisionerEntry};
use crate::domain::{ProvisionerName, Timestamp};

/// All active extensions. Immutable and swapped whole: a request or a step takes one and never
/// mixes two.
#[derive(Clone)]
pub struct ExtensionSet {
    /// Number of swaps; never goes back, not even over a restart.
    pub generation: u64,
    /// By name.
    pub provisioners: BTreeMap<ProvisionerName, ProvisionerEntry>,
    /// In the order they are asked.
    pub hooks: Vec<HookEntry>,
    /// Used when neither request nor template names one.
    pub default_provisioner: ProvisionerName,
}

/// What a plugin is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PluginKind {
    /// Makes workloads.
    Provisioner,
    /// Reviews requests.
    Hook,
}

impl PluginKind {
    /// As on the wire, and as plugins write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioner => "provisioner",
            Self::Hook => "hook",
        }
    }
}

/// How a plugin stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PluginState {
    /// What the configuration asks for is what serves.
    Active,
    /// What the configuration asks for was refused; an earlier one may still serve.
    Refused,
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
    /// Why it is left alone, if it is.
    pub quarantine: Option<PluginQuarantine>,
    /// Calls since it began to serve.
    pub calls: u64,
    /// Median duration of the last calls.
    pub p50: Option<Duration>,
    /// 99th percentile of the last calls.
    pub p99: Option<Duration>,
}

/// Where the set comes from.
pub trait Extensions: Send + Sync {
    /// The set that is active now. Hold it for one request or one step, not longer.
    fn current(&self) -> Arc<ExtensionSet>;

    /// How each plugin stands.
    fn plugins(&self) -> Vec<PluginReport>;
}
