//! Events on the disk. The revision is the key.

use serde::{Deserialize, Serialize};

use super::{Unreadable, name, phase_kind, time};
use crate::domain::{Event, InstanceId, Revision};

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct EventRecord {
    at: i64,
    instance: String,
    name: String,
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    to: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl From<&Event> for EventRecord {
    fn from(event: &Event) -> Self {
        Self {
            at: event.at.0,
            instance: event.instance.to_string(),
            name: event.name.to_string(),
            kind: event.kind.clone(),
            from: event.from.map(|phase| phase.as_str().to_owned()),
            to: event.to.as_str().to_owned(),
            reason: event.reason.clone(),
            message: event.message.clone(),
        }
    }
}

impl EventRecord {
    pub(in crate::store) fn into_event(self, revision: Revision) -> Result<Event, Unreadable> {
        Ok(Event {
            revision,
            at: time(self.at),
            instance: name::<InstanceId>("the instance's id", &self.instance)?,
            name: name("the instance's name", &self.name)?,
            kind: self.kind,
            from: self.from.as_deref().map(phase_kind).transpose()?,
            to: phase_kind(&self.to)?,
            reason: self.reason,
            message: self.message,
        })
    }
}
