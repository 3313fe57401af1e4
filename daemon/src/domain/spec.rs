//! The resolved specification: what was asked for, as it was when it was accepted.

use std::collections::BTreeMap;

use super::{Admission, InstanceName, ProvisionerName, Template, Timestamp};

/// Which plugin admitted or makes something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginIdentity {
    /// What the plugin calls itself (`describe.name`).
    pub name: String,
    /// `sha256:<hex>` of the component.
    pub digest: String,
}

/// Everything needed to make the workload again without reading the catalogue or the request.
/// Cold: written once. Secret values are kept apart from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Unique among living instances.
    pub name: InstanceName,
    /// For people.
    pub description: Option<String>,
    /// The template as it was.
    pub template: Template,
    /// Who makes it.
    pub provisioner: ProvisionerName,
    /// The plugin behind that provisioner when the request was accepted.
    pub plugin: PluginIdentity,
    /// Template's environment, inputs' defaults and the request's environment, merged.
    pub environment: BTreeMap<String, String>,
    /// Keys of the secrets.
    pub secret_names: Vec<String>,
    /// Template's and request's labels, merged.
    pub labels: BTreeMap<String, String>,
    /// What the hooks said.
    pub admission: Vec<Admission>,
    /// When it was accepted.
    pub created_at: Timestamp,
}

#[cfg(test)]
impl Spec {
    /// A small one, for tests.
    pub(crate) fn example(name: &str, provisioner: &str) -> Self {
        use super::{HealthPolicy, Template, Timestamp};
        let template = Template {
            name: "t".parse().unwrap(),
            description: String::new(),
            icon: None,
            provisioner: None,
            image: None,
            command: Vec::new(),
            port: 1,
            path: "/mcp".to_owned(),
            transport: "streamable-http".to_owned(),
            environment: BTreeMap::new(),
            labels: BTreeMap::new(),
            resources: BTreeMap::new(),
            health: HealthPolicy::default(),
            inputs: Vec::new(),
        };
        Self {
            name: name.parse().unwrap(),
            description: None,
            template,
            provisioner: provisioner.parse().unwrap(),
            plugin: PluginIdentity { name: provisioner.to_owned(), digest: "sha256:0".to_owned() },
            environment: BTreeMap::new(),
            secret_names: Vec::new(),
            labels: BTreeMap::new(),
            admission: Vec::new(),
            created_at: Timestamp(0),
        }
    }
}
