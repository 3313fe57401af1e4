//! What a daemon without plugins has in their place.

use std::sync::Arc;

use wharfinger::domain::{PluginIdentity, ProvisionerName};
use wharfinger::extension::{ExtensionSet, Provisioner, ProvisionerEntry, ProvisionerStanding};

/// One provisioner of this name, which serves, and no hooks. Its plugin has the same name.
pub fn only(name: &str, capabilities: &[&str], provisioner: Arc<dyn Provisioner>) -> Arc<ExtensionSet> {
    let plugin = PluginIdentity { name: name.to_owned(), digest: "sha256:0".to_owned() };
    let name: ProvisionerName = name.parse().expect("a test's names are well-formed");
    let entry = ProvisionerEntry {
        name: name.clone(),
        plugin,
        identities: Vec::new(),
        standing: ProvisionerStanding::Serving,
        capabilities: capabilities.iter().map(|&word| word.to_owned()).collect(),
        endpoints: Vec::new(),
        provisioner,
    };
    let provisioners = [(name.clone(), entry)].into();
    Arc::new(ExtensionSet { generation: 1, provisioners, hooks: Vec::new(), default_provisioner: name })
}
