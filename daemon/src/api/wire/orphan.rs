//! Orphans.

use serde::Serialize;
use utoipa::ToSchema;

use super::Time;
use crate::domain;

/// A workload that carries this installation's mark and has no record.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Orphan {
    /// Its name outside.
    pub(crate) workload: String,
    /// Where it was found.
    pub(crate) provisioner: String,
    /// The id of the instance it was made for; null if its mark is lost: then it can only be
    /// removed by the backend's own means.
    #[schema(required)]
    pub(crate) instance_id: Option<String>,
    /// How its backend says it stands: `running`, `stopped`, …
    pub(crate) state: String,
    /// Why, for people.
    pub(crate) reason: String,
    /// Where it answers, if its backend told it.
    #[schema(required)]
    pub(crate) url: Option<String>,
    /// When this daemon first saw it.
    pub(crate) first_seen: Time,
    /// When it was last seen.
    pub(crate) last_seen: Time,
}

/// Every orphan, by provisioner and name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrphanList {
    pub(crate) orphans: Vec<Orphan>,
}

impl From<domain::Orphan> for Orphan {
    fn from(orphan: domain::Orphan) -> Self {
        let domain::Orphan {
            provisioner,
            workload,
            instance,
            incarnation: _,
            observation,
            first_seen,
            last_seen,
        } = orphan;
        Self {
            workload,
            provisioner: provisioner.to_string(),
            instance_id: instance.map(|id| id.to_string()),
            state: observation.state.as_str().to_owned(),
            reason: observation.reason,
            url: observation.workload.and_then(|workload| workload.url),
            first_seen: first_seen.into(),
            last_seen: last_seen.into(),
        }
    }
}
