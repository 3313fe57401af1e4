//! Events on the disk. The revision is the key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Unreadable, name, phase_kind, time};
use crate::domain::{Event, InstanceId, Origin, Revision, Subject};

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct EventRecord {
    pub(in crate::store) at: i64,
    /// This, the name and `to` are absent in an event that is about no instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// Only in the last event of an instance, whose specification is gone with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::store) origin: Option<OriginRecord>,
}

/// What an instance was made from, for filters.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct OriginRecord {
    template: String,
    provisioner: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
}

impl From<Origin> for OriginRecord {
    fn from(origin: Origin) -> Self {
        let Origin { template, provisioner, labels } = origin;
        Self { template, provisioner, labels }
    }
}

impl From<OriginRecord> for Origin {
    fn from(record: OriginRecord) -> Self {
        let OriginRecord { template, provisioner, labels } = record;
        Self { template, provisioner, labels }
    }
}

impl EventRecord {
    /// `origin`: of the instance, if this is its last event.
    pub(in crate::store) fn new(event: &Event, origin: Option<OriginRecord>) -> Self {
        let subject = event.subject.as_ref();
        Self {
            at: event.at.0,
            instance: subject.map(|subject| subject.id.to_string()),
            name: subject.map(|subject| subject.name.to_string()),
            kind: event.kind.clone(),
            from: subject.and_then(|subject| subject.from).map(|phase| phase.as_str().to_owned()),
            to: subject.map(|subject| subject.to.as_str().to_owned()),
            reason: event.reason.clone(),
            message: event.message.clone(),
            origin,
        }
    }

    pub(in crate::store) fn into_event(self, revision: Revision) -> Result<Event, Unreadable> {
        let subject = match (self.instance, self.name, self.to) {
            (None, None, None) => None,
            (Some(id), Some(called), Some(to)) => Some(Subject {
                id: name::<InstanceId>("the instance's id", &id)?,
                name: name("the instance's name", &called)?,
                from: self.from.as_deref().map(phase_kind).transpose()?,
                to: phase_kind(&to)?,
            }),
            _ => return Err(Unreadable::word("an event with half a subject, of kind", &self.kind)),
        };
        Ok(Event {
            revision,
            at: time(self.at),
            subject,
            kind: self.kind,
            reason: self.reason,
            message: self.message,
        })
    }
}
