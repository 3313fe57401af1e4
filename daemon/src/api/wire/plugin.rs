//! Plugins.

use serde::Serialize;
use utoipa::ToSchema;

use super::admission::{HookMode, Verdict};
use super::{Time, microseconds};
use crate::domain;
use crate::service::{
    self, ConfigurationReport, HookView, PluginQuarantine, PluginRefusal, PluginReport, PluginsView,
    PreviousVersion,
};

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
    /// Of a provisioner: living instances it looks after; null for a hook.
    #[schema(required)]
    pub(crate) instances: Option<usize>,
    /// What it can be rolled back to, the last first.
    pub(crate) previous: Vec<PreviousPlugin>,
    /// Null when it may be called.
    #[schema(required)]
    pub(crate) quarantine: Option<Quarantine>,
    /// Since it began to serve.
    pub(crate) calls: u64,
    /// Calls that are out now.
    pub(crate) in_flight: usize,
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
    /// The configuration lacks it; it serves on for the instances it has.
    Retired,
    /// Turned off: a hook is not asked, and every call of a provisioner is denied.
    Disabled,
    /// What serves ended badly several times in a row: calls fail at once, but for a trial now and then.
    Quarantined,
}

/// A version that served before.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PreviousPlugin {
    /// `sha256:<hex>` of the component.
    pub(crate) digest: String,
    /// The set in which it began to serve.
    pub(crate) generation: u64,
    /// When it began to serve.
    pub(crate) since: Time,
}

/// How the configuration file as a whole stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Configuration {
    /// Why the file was refused; null if what it says is in force.
    #[schema(required)]
    pub(crate) refusal: Option<ConfigurationRefusal>,
    /// Keys that changed and take effect after a restart.
    pub(crate) needs_restart: Vec<String>,
}

/// Why the configuration file was refused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConfigurationRefusal {
    pub(crate) at: Time,
    /// Every complaint, one in a line, each with its place and key.
    pub(crate) message: String,
}

/// A hook that is asked. Beside it, its plugin has the same name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Hook {
    pub(crate) name: String,
    pub(crate) mode: HookMode,
    /// What a review that failed counts as.
    pub(crate) on_error: Verdict,
    pub(crate) when: HookScope,
}

/// Which requests a hook is asked about: one of each list must be true. An empty one does not matter.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HookScope {
    pub(crate) template: Vec<String>,
    /// As `key=value`.
    pub(crate) label: Vec<String>,
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
    /// Those that are asked, in this order; hooks that are off are not.
    pub(crate) hooks: Vec<Hook>,
    /// Of the active set; grows with every swap.
    pub(crate) generation: u64,
    pub(crate) configuration: Configuration,
}

impl From<PluginsView> for PluginList {
    fn from(PluginsView { plugins, hooks, generation, configuration }: PluginsView) -> Self {
        let plugins = plugins.into_iter().map(Plugin::from).collect();
        let hooks = hooks.into_iter().map(Hook::from).collect();
        Self { plugins, hooks, generation, configuration: configuration.into() }
    }
}

impl From<HookView> for Hook {
    fn from(HookView { name, mode, on_error, scope }: HookView) -> Self {
        let when = HookScope {
            template: scope.templates.iter().map(ToString::to_string).collect(),
            label: scope.labels.iter().map(|(key, value)| format!("{key}={value}")).collect(),
        };
        Self { name: name.to_string(), mode: mode.into(), on_error: on_error.into(), when }
    }
}

impl From<PluginReport> for Plugin {
    fn from(report: PluginReport) -> Self {
        Self {
            name: report.name,
            kind: match report.kind {
                domain::PluginKind::Provisioner => PluginKind::Provisioner,
                domain::PluginKind::Hook => PluginKind::Hook,
            },
            state: match report.state {
                service::PluginState::Active => PluginState::Active,
                service::PluginState::Refused => PluginState::Refused,
                service::PluginState::Retired => PluginState::Retired,
                service::PluginState::Disabled => PluginState::Disabled,
                service::PluginState::Quarantined => PluginState::Quarantined,
            },
            desired: report.desired_digest.map(|digest| DesiredPlugin { digest }),
            active: report.active_digest.map(|digest| ActivePlugin {
                digest,
                generation: report.active_generation,
                since: report.active_since.map(Time::from),
            }),
            last_refusal: report.last_refusal.map(Refusal::from),
            instances: report.instances,
            previous: report.previous.into_iter().map(PreviousPlugin::from).collect(),
            quarantine: report.quarantine.map(Quarantine::from),
            calls: report.calls,
            in_flight: report.in_flight,
            p50_us: report.p50.map(microseconds),
            p99_us: report.p99.map(microseconds),
        }
    }
}

impl From<PreviousVersion> for PreviousPlugin {
    fn from(PreviousVersion { digest, generation, since }: PreviousVersion) -> Self {
        Self { digest, generation, since: since.into() }
    }
}

impl From<ConfigurationReport> for Configuration {
    fn from(ConfigurationReport { refusal, needs_restart }: ConfigurationReport) -> Self {
        let refusal = refusal.map(|(at, message)| ConfigurationRefusal { at: at.into(), message });
        Self { refusal, needs_restart }
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
