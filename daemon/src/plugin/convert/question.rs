//! What a guest is asked. Secret values are in the create call alone, and only there.

use super::template::template_to_guest;
use super::{target_to_guest, to_pairs};
use crate::domain::{InstanceId, Spec};
use crate::extension::{CreateOrder, Review};
use crate::plugin::bindings::hook::api::ReviewCall;
use crate::plugin::bindings::imports::types;
use crate::plugin::bindings::provisioner::api::CreateCall;

fn request(id: InstanceId, spec: &Spec) -> types::InstanceRequest {
    types::InstanceRequest {
        id: id.to_string(),
        name: spec.name.as_str().to_owned(),
        template: template_to_guest(&spec.template),
        environment: to_pairs(&spec.environment),
        labels: to_pairs(&spec.labels),
        extra: Vec::new(),
    }
}

/// For `provisioner.create`. The deadline is filled in when the call begins.
pub(in crate::plugin) fn create_call(order: &CreateOrder) -> CreateCall {
    let secrets = order.secrets.0.iter();
    CreateCall {
        request: request(order.id, &order.spec),
        target: target_to_guest(&order.target),
        secrets: secrets.map(|(key, secret)| (key.clone(), secret.expose().to_owned())).collect(),
        deadline_ms: 0,
        extra: Vec::new(),
    }
}

/// For `hook.review`.
pub(in crate::plugin) fn review_call(review: &Review) -> ReviewCall {
    ReviewCall {
        operation: "create".to_owned(),
        request: request(review.id, &review.spec),
        provisioner: review.spec.provisioner.as_str().to_owned(),
        secret_names: review.spec.secret_names.clone(),
        dry_run: review.dry_run,
        extra: Vec::new(),
    }
}
