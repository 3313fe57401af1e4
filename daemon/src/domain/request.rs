//! What a user asks for.

use std::collections::BTreeMap;

use super::{InstanceName, ProvisionerName, Secrets, TemplateName};

/// A request to make an instance, its names checked and everything else as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateRequest {
    /// Unique among living instances.
    pub name: InstanceName,
    /// What to make it from.
    pub template: TemplateName,
    /// Else the template's, else the configured default.
    pub provisioner: Option<ProvisionerName>,
    /// Environment of the workload.
    pub environment: BTreeMap<String, String>,
    /// Environment of the workload whose values are never shown.
    pub secrets: Secrets,
    /// For selection.
    pub labels: BTreeMap<String, String>,
    /// For people.
    pub description: Option<String>,
}
