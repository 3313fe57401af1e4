//! Instances.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{Admission, ConditionStatus, Status, Time};
use crate::domain::{self, Phase};
use crate::service::InstanceView;

/// What a user asked for and the daemon looks after.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Instance {
    /// A UUID that sorts by creation time.
    pub(crate) id: String,
    /// Unique among living instances.
    pub(crate) name: String,
    /// For people.
    #[schema(required)]
    pub(crate) description: Option<String>,
    /// What it was made from, as it was then.
    pub(crate) template: String,
    /// Who makes its workload.
    pub(crate) provisioner: String,
    pub(crate) status: Status,
    /// At most one of each type.
    pub(crate) conditions: Vec<Condition>,
    /// Where it answers; null while there is no workload.
    #[schema(required)]
    pub(crate) endpoint: Option<Endpoint>,
    /// What stands for it outside; null while there is none.
    #[schema(required)]
    pub(crate) workload: Option<Workload>,
    /// Template's, inputs' defaults and request's, merged.
    pub(crate) environment: BTreeMap<String, String>,
    /// Names only: values are never shown.
    pub(crate) secrets: Vec<String>,
    pub(crate) labels: BTreeMap<String, String>,
    /// Why it failed; null unless `status` is `failed`.
    #[schema(required)]
    pub(crate) error: Option<InstanceError>,
    /// Tries since it last was stable.
    pub(crate) attempt: u32,
    /// When it is tried again, if it waits for that.
    #[schema(required)]
    pub(crate) next_attempt_at: Option<Time>,
    /// What the hooks said when it was accepted.
    pub(crate) admission: Vec<Admission>,
    pub(crate) created_at: Time,
    pub(crate) updated_at: Time,
    /// When somebody last looked, with success; null before the first time since the daemon's start.
    #[schema(required)]
    pub(crate) observed_at: Option<Time>,
    /// Also its `ETag`.
    pub(crate) revision: u64,
}

/// One machine-readable fact about an instance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Condition {
    /// For example `Handshake`. New ones may come.
    pub(crate) r#type: &'static str,
    pub(crate) status: ConditionStatus,
    /// One word for machines.
    pub(crate) reason: String,
    /// For people.
    pub(crate) message: String,
    /// When its status last changed.
    pub(crate) since: Time,
    /// How long the question took then, in microseconds; null if it was not one over the network.
    #[schema(required)]
    pub(crate) latency_us: Option<u64>,
}

/// Where an instance answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Endpoint {
    /// Path included.
    pub(crate) url: String,
    /// For example `streamable-http`.
    pub(crate) transport: String,
}

/// What stands for an instance outside.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Workload {
    /// The backend's own identifier.
    pub(crate) id: String,
    pub(crate) name: String,
    #[schema(required)]
    pub(crate) port: Option<u16>,
    /// As the backend gave it.
    #[schema(required)]
    pub(crate) url: Option<String>,
    /// What the provisioner tells beside.
    pub(crate) details: BTreeMap<String, String>,
}

/// Why an instance failed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstanceError {
    /// Stable, `snake_case`.
    pub(crate) code: String,
    pub(crate) message: String,
    /// Whether the same may go well another time.
    pub(crate) retryable: bool,
    /// What to do about it.
    pub(crate) remedy: String,
    /// How its last workload ended, if the backend told it.
    #[schema(required)]
    pub(crate) exit_code: Option<i32>,
    /// What led to it, oldest first: why each of the last tries was made.
    pub(crate) causes: Vec<Cause>,
}

/// Why a workload was made anew.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cause {
    /// One word for machines.
    pub(crate) reason: String,
    /// For people.
    pub(crate) message: String,
    /// Of a workload that ended, if the backend told it.
    #[schema(required)]
    pub(crate) exit_code: Option<i32>,
}

/// An instance whose record was forgotten by force.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Forgotten {
    /// As it was.
    pub(crate) instance: Instance,
    /// The workload that may remain outside, by its name there; it is destroyed when it is seen.
    #[schema(required)]
    pub(crate) may_remain: Option<String>,
}

/// One page, in creation order.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct InstanceList {
    pub(crate) instances: Vec<Instance>,
    /// Where the next page starts; null on the last one.
    #[schema(required)]
    pub(crate) next_cursor: Option<String>,
    /// The store's, when the page was read.
    pub(crate) revision: u64,
}

impl From<InstanceView> for Instance {
    fn from(InstanceView { instance, sighting }: InstanceView) -> Self {
        let endpoint = instance.endpoint();
        let domain::Instance { id, spec, status, revision } = instance;
        let error = match &status.phase {
            Phase::Failed { error, .. } => Some(InstanceError::from(error)),
            _ => None,
        };
        Self {
            id: id.to_string(),
            name: spec.name.to_string(),
            description: spec.description.clone(),
            template: spec.template.name.to_string(),
            provisioner: spec.provisioner.to_string(),
            status: status.phase.kind().into(),
            endpoint: endpoint.map(|url| Endpoint { url, transport: spec.template.transport.clone() }),
            workload: status.phase.workload().map(Workload::from),
            environment: spec.environment.clone(),
            secrets: spec.secret_names.clone(),
            labels: spec.labels.clone(),
            error,
            attempt: status.attempt,
            next_attempt_at: status.next_attempt_at().map(Time::from),
            admission: spec.admission.iter().map(Admission::from).collect(),
            created_at: spec.created_at.into(),
            updated_at: status.updated_at.into(),
            observed_at: sighting.map(|sighting| sighting.observed_at.into()),
            revision: revision.0,
            conditions: status.conditions.into_iter().map(Condition::from).collect(),
        }
    }
}

impl From<InstanceView> for Forgotten {
    fn from(view: InstanceView) -> Self {
        let status = &view.instance.status;
        let may_remain = status.phase.workload_may_exist().then(|| status.workload_name.to_string());
        Self { may_remain, instance: view.into() }
    }
}

impl From<domain::Condition> for Condition {
    fn from(condition: domain::Condition) -> Self {
        let domain::Condition { kind, status, reason, message, since, latency } = condition;
        let latency_us = latency.map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        Self {
            r#type: kind.as_str(),
            status: status.into(),
            reason,
            message,
            since: since.into(),
            latency_us,
        }
    }
}

impl From<&domain::Workload> for Workload {
    fn from(workload: &domain::Workload) -> Self {
        let domain::Workload { id, name, url, port, details } = workload.clone();
        Self { id, name, port, url, details }
    }
}

impl From<&domain::InstanceError> for InstanceError {
    fn from(error: &domain::InstanceError) -> Self {
        let exit_code = error.exit_code();
        let domain::InstanceError { code, message, retryable, remedy, causes } = error.clone();
        let cause = |domain::Cause { reason, message, exit_code }| Cause { reason, message, exit_code };
        Self { code, message, retryable, remedy, exit_code, causes: causes.into_iter().map(cause).collect() }
    }
}
