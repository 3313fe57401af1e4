//! Requests that hooks have judged, on the disk.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{SpecRecord, Unreadable, name};
use crate::domain::PastRequest;

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct PastRequestRecord {
    id: String,
    spec: SpecRecord,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused_by: Option<String>,
}

impl From<&PastRequest> for PastRequestRecord {
    fn from(past: &PastRequest) -> Self {
        Self {
            id: past.id.to_string(),
            spec: SpecRecord::from(&*past.spec),
            refused_by: past.refused_by.as_ref().map(ToString::to_string),
        }
    }
}

impl TryFrom<PastRequestRecord> for PastRequest {
    type Error = Unreadable;

    fn try_from(record: PastRequestRecord) -> Result<Self, Unreadable> {
        let PastRequestRecord { id, spec, refused_by } = record;
        Ok(Self {
            id: name("the instance's id", &id)?,
            spec: Arc::new(spec.try_into()?),
            refused_by: refused_by.as_deref().map(|hook| name("the hook's name", hook)).transpose()?,
        })
    }
}
