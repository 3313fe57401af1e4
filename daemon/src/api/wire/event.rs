//! Events: what happened, to an instance or to the daemon as a whole.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Status, Time};
use crate::domain;

/// One committed change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Event {
    /// Its number; the instance's revision from then on.
    pub(crate) revision: u64,
    pub(crate) at: Time,
    /// Whose event it is; null for one that is about no instance, or about many.
    #[schema(required)]
    pub(crate) instance: Option<EventInstance>,
    /// For example `create-started`. New ones may come.
    pub(crate) r#type: String,
    /// The status before; null for the first.
    #[schema(required)]
    pub(crate) from: Option<Status>,
    /// The status after; `gone` for the last; null if it is about no instance.
    #[schema(required)]
    pub(crate) to: Option<Status>,
    /// One word for machines.
    #[schema(required)]
    pub(crate) reason: Option<String>,
    /// For people.
    #[schema(required)]
    pub(crate) message: Option<String>,
}

/// Whose event it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventInstance {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// The history of one instance, oldest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EventList {
    pub(crate) events: Vec<Event>,
}

impl From<domain::Event> for Event {
    fn from(event: domain::Event) -> Self {
        let domain::Event { revision, at, subject, kind, reason, message } = event;
        let (from, to) = subject.as_ref().map_or((None, None), |subject| (subject.from, Some(subject.to)));
        Self {
            revision: revision.0,
            at: at.into(),
            instance: subject
                .map(|subject| EventInstance { id: subject.id.to_string(), name: subject.name.to_string() }),
            r#type: kind,
            from: from.map(Status::from),
            to: to.map(Status::from),
            reason,
            message,
        }
    }
}
