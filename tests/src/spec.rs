//! Specifications of instances, for tests and benches that have no catalogue.

use std::collections::BTreeMap;

use wharfinger::domain::{HealthPolicy, PluginIdentity, Spec, Template, Timestamp};

/// The least there can be. The plugin has the name of the provisioner.
pub fn bare(name: &str, provisioner: &str) -> Spec {
    let template = Template {
        name: "t".parse().expect("a short word is a name"),
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
    Spec {
        name: name.parse().expect("a test's names are well-formed"),
        description: None,
        template,
        provisioner: provisioner.parse().expect("a test's names are well-formed"),
        plugin: PluginIdentity { name: provisioner.to_owned(), digest: "sha256:0".to_owned() },
        environment: BTreeMap::new(),
        secret_names: Vec::new(),
        labels: BTreeMap::new(),
        admission: Vec::new(),
        created_at: Timestamp(0),
    }
}

/// One of ordinary size, some 1.2 KiB on the disk.
pub fn ordinary(name: &str, provisioner: &str) -> Spec {
    let environment: BTreeMap<String, String> = (0..8)
        .map(|index| (format!("SETTING_{index}"), format!("a value of ordinary length {index}")))
        .collect();
    let bare = bare(name, provisioner);
    let template = Template {
        name: "calm".parse().expect("a short word is a name"),
        description: "A template of ordinary size".to_owned(),
        image: Some("registry.example/team/server:1.2.3".to_owned()),
        port: 8_000,
        environment: environment.clone(),
        ..bare.template
    };
    let labels = [("team".to_owned(), "harbour".to_owned())].into();
    Spec { template, environment, labels, ..bare }
}
