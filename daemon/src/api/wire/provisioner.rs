//! Provisioners.

use serde::Serialize;
use utoipa::ToSchema;

use super::Time;
use crate::domain::BreakerState;
use crate::service::{ProvisionerStanding, ProvisionerView};

/// Who makes workloads.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Provisioner {
    pub(crate) name: String,
    pub(crate) plugin: ProvisionerPlugin,
    /// Used when neither request nor template names one.
    pub(crate) default: bool,
    /// `serving`: it takes new instances; `retired`: the configuration lacks it, and it looks after those it
    /// has; `disabled`: every call is denied.
    pub(crate) standing: &'static str,
    /// As the plugin describes them.
    pub(crate) capabilities: Vec<String>,
    /// Whether its backend answered the last call; null before the first one.
    #[schema(required)]
    pub(crate) reachable: Option<bool>,
    /// Since when that is so.
    #[schema(required)]
    pub(crate) since: Option<Time>,
    /// Calls that are out now.
    pub(crate) in_flight: usize,
    /// Living instances it made.
    pub(crate) instances: usize,
    /// When its workloads were last held against the records; null before the first time.
    #[schema(required)]
    pub(crate) swept_at: Option<Time>,
    pub(crate) breaker: Breaker,
    pub(crate) recovery: Recovery,
}

/// Whether the provisioner is called. After repeated failures to reach its backend it is left alone
/// for a while: its instances are not recovered and do not fail meanwhile.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Breaker {
    /// `closed`: it is called; `paused`: it is not; `half_open`: one call tries it.
    pub(crate) state: &'static str,
    /// Since when it is not closed.
    #[schema(required)]
    pub(crate) since: Option<Time>,
    /// When a paused one is tried again.
    #[schema(required)]
    pub(crate) until: Option<Time>,
    /// Failures to reach the backend, in a row.
    pub(crate) failures: u32,
    /// Why the last call did not reach it.
    #[schema(required)]
    pub(crate) reason: Option<String>,
}

/// Whether and how many workloads are being made anew.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Recovery {
    /// Too many workloads went silent at once: what its backend does not report gone is left alone.
    pub(crate) frozen: bool,
    /// Since when.
    #[schema(required)]
    pub(crate) frozen_since: Option<Time>,
    /// Instances whose workload is being made anew.
    pub(crate) in_recovery: usize,
    /// So many may be at once.
    pub(crate) limit: usize,
}

/// What is behind a provisioner.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProvisionerPlugin {
    /// What the plugin calls itself.
    pub(crate) name: String,
    /// `sha256:<hex>` of the component.
    pub(crate) digest: String,
}

/// Every provisioner, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProvisionerList {
    pub(crate) provisioners: Vec<Provisioner>,
}

impl From<ProvisionerView> for Provisioner {
    fn from(view: ProvisionerView) -> Self {
        let ProvisionerView {
            name,
            plugin,
            default,
            standing,
            capabilities,
            reach,
            instances,
            outlook,
            recovering,
        } = view;
        let until = match outlook.breaker {
            BreakerState::Paused { until } => Some(until.into()),
            BreakerState::Closed | BreakerState::HalfOpen { .. } => None,
        };
        Self {
            name: name.to_string(),
            plugin: ProvisionerPlugin { name: plugin.name, digest: plugin.digest },
            default,
            standing: match standing {
                ProvisionerStanding::Serving => "serving",
                ProvisionerStanding::Retired => "retired",
                ProvisionerStanding::Disabled => "disabled",
            },
            capabilities,
            reachable: reach.reachable,
            since: reach.since.map(Time::from),
            in_flight: reach.in_flight,
            instances,
            swept_at: outlook.swept_at.map(Time::from),
            breaker: Breaker {
                state: outlook.breaker.as_str(),
                since: outlook.paused_since.map(Time::from),
                until,
                failures: outlook.failures,
                reason: outlook.reason,
            },
            recovery: Recovery {
                frozen: outlook.frozen_since.is_some(),
                frozen_since: outlook.frozen_since.map(Time::from),
                in_recovery: recovering.0,
                limit: recovering.1,
            },
        }
    }
}
