//! Events on the disk. The revision is the key.

use serde::{Deserialize, Serialize};

use super::{Unreadable, name, phase_kind, time};
use crate::domain::{Event, InstanceId, Revision, Subject};

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct EventRecord {
    at: i64,
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
}

impl From<&Event> for EventRecord {
    fn from(event: &Event) -> Self {
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
        }
    }
}

impl EventRecord {
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
