//! One request of ordinary size, in the words of each host.

use std::sync::Arc;

use serde_json::{Value, json};
use wharfinger::domain::{InstanceId, Spec};
use wharfinger::extension::Review;
use wharfinger_plugin_sdk as sdk;

/// The hook's settings.
pub(crate) const SETTINGS: &str =
    r#"{"pattern":"^[a-z][a-z0-9]*(-[a-z0-9]+)*$","max_length":40,"message":"names are words and dashes"}"#;
const NAME: &str = "quay-seven-of-the-old-harbour";
const PROVISIONER: &str = "local";

fn spec() -> Spec {
    wharfinger_tests::spec::ordinary(NAME, PROVISIONER)
}

fn id() -> InstanceId {
    InstanceId::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001)
}

/// For our host.
pub(crate) fn review() -> Review {
    Review { id: id(), spec: Arc::new(spec()), dry_run: true }
}

/// For the native function; the other guests' words are made of these.
pub(crate) fn native() -> sdk::ReviewCall {
    let Spec { template, environment, labels, .. } = spec();
    let template = sdk::Template {
        name: template.name.to_string(),
        description: template.description,
        image: template.image,
        port: template.port,
        path: template.path,
        transport: template.transport,
        environment: template.environment,
        inputs: "[]".to_owned(),
        ..sdk::Template::default()
    };
    let request = sdk::InstanceRequest {
        id: id().to_string(),
        name: NAME.to_owned(),
        template,
        environment,
        labels,
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
