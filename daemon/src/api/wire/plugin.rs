//! Plugins.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Time, microseconds};
use crate::service::{self, PluginQuarantine, PluginRefusal, PluginReport, PluginsView};

/// A WebAssembly component that is plugged in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Plugin {
    /// The provisioner's or hook's name in the configuration.
    pub(crate) name: String,
    pub(crate) kind: PluginKind,
    pub(crate) state: PluginState,
    /// What the configuration asks for; null if its file cannot be read.
    #[schema(required)]
    pub(crate) desired: Option<DesiredPlugin>,
    /// What serves; null if nothing does.
    #[schema(required)]
    pub(crate) active: Option<ActivePlugin>,
    /// Null when a later one was accepted.
    #[schema(required)]
    pub(crate) last_refusal: Option<Refusal>,
    /// Null when it may be called.
    #[schema(required)]
    pub(crate) quarantine: Option<Quarantine>,
    /// Since it began to serve.
    pub(crate) calls: u64,
    /// Median duration of the last calls, in microseconds.
    #[schema(required)]
    pub(crate) p50_us: Option<u64>,
    /// 99th percentile of the last calls, in microseconds.
    #[schema(required)]
    pub(crate) p99_us: Option<u64>,
}

/// What a plugin is for.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PluginKind {
    Provisioner,
    Hook,
}

/// How a plugin stands. New ones may come.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PluginState {
    /// What the configuration asks for is what serves.
    Active,
    /// What the configuration asks for was refused; an earlier one may still serve.
    Refused,
    /// What serves ended badly several times in a row: calls fail at once, but for a trial now and then.
    Quarantined,
}

/// What the configuration asks for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DesiredPlugin {
    /// `sha256:<hex>` of the component.
    pub(crate) digest: String,
}

/// What serves.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ActivePlugin {
    /// `sha256:<hex>` of the component.
    pub(crate) digest: String,
    /// The set in which it began to serve.
    #[schema(required)]
    pub(crate) generation: Option<u64>,
    /// When it began to serve.
    #[schema(required)]
    pub(crate) since: Option<Time>,
}

/// Why a plugin was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Refusal {
    pub(crate) at: Time,
    /// Stable, `snake_case`.
    pub(crate) code: String,
    pub(crate) message: String,
    /// Of the refused file, if it could be read.
    #[schema(required)]
    pub(crate) digest: Option<String>,
}

/// Why a plugin is left alone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Quarantine {
    pub(crate) since: Time,
    /// When the next call tries it; null while one does.
    #[schema(required)]
    pub(crate) until: Option<Time>,
    /// Bad ends in a row: traps, timeouts, needs for more memory.
    pub(crate) failures: u32,
    /// The last of them.
    pub(crate) reason: String,
}

/// Every plugin and the number of the set.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PluginList {
    pub(crate) plugins: Vec<Plugin>,
    /// Of the active set; grows with every swap.
    pub(crate) generation: u64,
}

impl From<PluginsView> for PluginList {
    fn from(PluginsView { plugins, generation }: PluginsView) -> Self {
        Self { plugins: plugins.into_iter().map(Plugin::from).collect(), generation }
    }
}

impl From<PluginReport> for Plugin {
    fn from(report: PluginReport) -> Self {
        Self {
            name: report.name,
            kind: match report.kind {
                service::PluginKind::Provisioner => PluginKind::Provisioner,
                service::PluginKind::Hook => PluginKind::Hook,
            },
            state: match report.state {
                service::PluginState::Active => PluginState::Active,
                service::PluginState::Refused => PluginState::Refused,
                service::PluginState::Quarantined => PluginState::Quarantined,
            },
            desired: report.desired_digest.map(|digest| DesiredPlugin { digest }),
            active: report.active_digest.map(|digest| ActivePlugin {
                digest,
                generation: report.active_generation,
                since: report.active_since.map(Time::from),
            }),
            last_refusal: report.last_refusal.map(Refusal::from),
            quarantine: report.quarantine.map(Quarantine::from),
            calls: report.calls,
            p50_us: report.p50.map(microseconds),
            p99_us: report.p99.map(microseconds),
        }
    }
}

impl From<PluginRefusal> for Refusal {
    fn from(refusal: PluginRefusal) -> Self {
        let PluginRefusal { at, code, message, digest } = refusal;
        Self { at: at.into(), code, message, digest }
    }
}

impl From<PluginQuarantine> for Quarantine {
    fn from(quarantine: PluginQuarantine) -> Self {
        let PluginQuarantine { since, until, failures, reason } = quarantine;
        Self { since: since.into(), until: until.map(Time::from), failures, reason }
    }
}
