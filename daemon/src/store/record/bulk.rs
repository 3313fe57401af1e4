//! Bulks on the disk: the whole, each item, and what an item is still to make.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::spec::AdmissionRecord;
use super::violation::ViolationRecord;
use super::{Unreadable, name};
use crate::domain::{
    Admission, BulkItem, BulkOp, CreateRequest, Progress, Refusal, Secret, Secrets, Violation,
};

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct BulkRecord {
    pub(in crate::store) created_at: i64,
    /// Items that have not ended.
    pub(in crate::store) open: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::store) finished_at: Option<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct ItemRecord {
    op: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    progress: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refusal: Option<RefusalRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
struct RefusalRecord {
    code: String,
    message: String,
    #[serde(default)]
    retryable: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    violations: Vec<ViolationRecord>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hook: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    admission: Vec<AdmissionRecord>,
}

/// Holds secrets, so it has no `Debug`.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct RequestRecord {
    name: String,
    template: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provisioner: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    environment: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    secrets: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
}

impl From<&BulkItem> for ItemRecord {
    fn from(item: &BulkItem) -> Self {
        let refusal = match &item.progress {
            Progress::Refused(refusal) => Some(RefusalRecord::from(&**refusal)),
            _ => None,
        };
        Self {
            op: item.op.as_str().to_owned(),
            name: item.name.clone(),
            instance: item.id.map(|id| id.to_string()),
            progress: item.progress.as_str().to_owned(),
            refusal,
        }
    }
}

impl TryFrom<ItemRecord> for BulkItem {
    type Error = Unreadable;

    fn try_from(record: ItemRecord) -> Result<Self, Unreadable> {
        let op = [BulkOp::Create, BulkOp::Delete].into_iter().find(|op| op.as_str() == record.op);
        let refusal = record.refusal.map(Refusal::try_from).transpose()?;
        let progress = match refusal {
            Some(refusal) => Some(Progress::Refused(Box::new(refusal))),
            None => [Progress::Pending, Progress::Accepted, Progress::Done, Progress::Failed]
                .into_iter()
                .find(|progress| progress.as_str() == record.progress),
        };
        Ok(Self {
            op: op.ok_or_else(|| Unreadable::word("the operation", &record.op))?,
            name: record.name,
            id: record.instance.as_deref().map(|id| name("the instance's id", id)).transpose()?,
            progress: progress.ok_or_else(|| Unreadable::word("the progress", &record.progress))?,
        })
    }
}

impl From<&Refusal> for RefusalRecord {
    fn from(refusal: &Refusal) -> Self {
        let Refusal { code, message, retryable, violations, hook, admission } = refusal.clone();
        Self {
            code,
            message,
            retryable,
            violations: violations.into_iter().map(ViolationRecord::from).collect(),
            hook: hook.map(|hook| hook.to_string()),
            admission: admission.iter().map(AdmissionRecord::from).collect(),
        }
    }
}

impl TryFrom<RefusalRecord> for Refusal {
    type Error = Unreadable;

    fn try_from(record: RefusalRecord) -> Result<Self, Unreadable> {
        Ok(Self {
            code: record.code,
            message: record.message,
            retryable: record.retryable,
            violations: record.violations.into_iter().map(Violation::from).collect(),
            hook: record.hook.as_deref().map(|hook| name("the hook's name", hook)).transpose()?,
            admission: record.admission.into_iter().map(Admission::try_from).collect::<Result<_, _>>()?,
        })
    }
}

impl From<CreateRequest> for RequestRecord {
    fn from(request: CreateRequest) -> Self {
        let CreateRequest { name, template, provisioner, environment, secrets, labels, description } =
            request;
        let secrets = secrets.0.iter().map(|(key, value)| (key.clone(), value.expose().to_owned()));
        Self {
            name: name.to_string(),
            template: template.to_string(),
            provisioner: provisioner.map(|provisioner| provisioner.to_string()),
            environment,
            secrets: secrets.collect(),
            labels,
            description,
        }
    }
}

impl TryFrom<RequestRecord> for CreateRequest {
    type Error = Unreadable;

    fn try_from(record: RequestRecord) -> Result<Self, Unreadable> {
        let provisioner = record.provisioner.as_deref();
        let secrets = record.secrets.into_iter().map(|(key, value)| (key, Secret::new(value)));
        Ok(Self {
            name: name("the instance's name", &record.name)?,
            template: name("the template's name", &record.template)?,
            provisioner: provisioner.map(|text| name("the provisioner's name", text)).transpose()?,
            environment: record.environment,
            secrets: Secrets(secrets.collect()),
            labels: record.labels,
            description: record.description,
        })
    }
}
