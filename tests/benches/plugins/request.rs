//! One request of ordinary size, in the words of each host.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use wharfinger::domain::{HealthPolicy, InstanceId, PluginIdentity, Spec, Template, Timestamp};
use wharfinger::extension::Review;
use wharfinger_plugin_sdk as sdk;

/// The hook's settings.
pub(crate) const SETTINGS: &str =
    r#"{"pattern":"^[a-z][a-z0-9]*(-[a-z0-9]+)*$","max_length":40,"message":"names are words and dashes"}"#;
const NAME: &str = "quay-seven-of-the-old-harbour";
const PROVISIONER: &str = "local";

fn environment() -> BTreeMap<String, String> {
    (0..8).map(|index| (format!("SETTING_{index}"), format!("a value of ordinary length {index}"))).collect()
}

fn labels() -> BTreeMap<String, String> {
    [("team".to_owned(), "harbour".to_owned())].into()
}

fn id() -> InstanceId {
    InstanceId::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001)
}

/// For our host.
pub(crate) fn review() -> Review {
    let template = Template {
        name: "calm".parse().expect("well-formed"),
        description: "A template of ordinary size".to_owned(),
        icon: None,
        provisioner: None,
        image: Some("registry.example/team/server:1.2.3".to_owned()),
        command: Vec::new(),
        port: 8_000,
        path: "/mcp".to_owned(),
        transport: "streamable-http".to_owned(),
        environment: environment(),
        labels: BTreeMap::new(),
        resources: BTreeMap::new(),
        health: HealthPolicy::default(),
        inputs: Vec::new(),
    };
    let spec = Spec {
        name: NAME.parse().expect("well-formed"),
        description: None,
        template,
        provisioner: PROVISIONER.parse().expect("well-formed"),
        plugin: PluginIdentity { name: "calm".to_owned(), digest: "sha256:0".to_owned() },
        environment: environment(),
        secret_names: Vec::new(),
        labels: labels(),
        admission: Vec::new(),
        created_at: Timestamp(0),
    };
    Review { id: id(), spec: Arc::new(spec), dry_run: true }
}

/// For the native function; the other guests' words are made of these.
pub(crate) fn native() -> sdk::ReviewCall {
    let template = sdk::Template {
        name: "calm".to_owned(),
        description: "A template of ordinary size".to_owned(),
        image: Some("registry.example/team/server:1.2.3".to_owned()),
        port: 8_000,
        path: "/mcp".to_owned(),
        transport: "streamable-http".to_owned(),
        environment: environment(),
        inputs: "[]".to_owned(),
        ..sdk::Template::default()
    };
    let request = sdk::InstanceRequest {
        id: id().to_string(),
        name: NAME.to_owned(),
        template,
        environment: environment(),
        labels: labels(),
        ..sdk::InstanceRequest::default()
    };
    sdk::ReviewCall {
        operation: "create".to_owned(),
        request,
        provisioner: PROVISIONER.to_owned(),
        dry_run: true,
        ..sdk::ReviewCall::default()
    }
}

/// For Extism's guest.
pub(crate) fn json() -> Value {
    let call = native();
    let (request, template) = (&call.request, &call.request.template);
    json!({
        "operation": call.operation,
        "provisioner": call.provisioner,
        "secret_names": call.secret_names,
        "dry_run": call.dry_run,
        "request": {
            "id": request.id,
            "name": request.name,
            "environment": request.environment,
            "labels": request.labels,
            "template": {
                "name": template.name,
                "description": template.description,
                "image": template.image,
                "command": template.command,
                "port": template.port,
                "path": template.path,
                "transport": template.transport,
                "environment": template.environment,
                "labels": template.labels,
                "resources": template.resources,
                "inputs": template.inputs,
            },
        },
    })
}
