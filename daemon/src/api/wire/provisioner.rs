//! Provisioners.

use serde::Serialize;
use utoipa::ToSchema;

use super::Time;
use crate::service::ProvisionerView;

/// Who makes workloads.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Provisioner {
    pub(crate) name: String,
    pub(crate) plugin: ProvisionerPlugin,
    /// Used when neither request nor template names one.
    pub(crate) default: bool,
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
        let ProvisionerView { name, plugin, default, capabilities, reach, instances } = view;
        Self {
            name: name.to_string(),
            plugin: ProvisionerPlugin { name: plugin.name, digest: plugin.digest },
            default,
            capabilities,
            reachable: reach.reachable,
            since: reach.since.map(Time::from),
            in_flight: reach.in_flight,
            instances,
        }
    }
}
