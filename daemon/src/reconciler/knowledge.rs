//! What the reconciler remembers of one workload between two looks. In memory: a restart begins
//! anew, with the same judgement a little later.

use crate::domain::{HealthTracker, Instance, Timestamp};
use crate::extension::Era;

/// Of one workload.
#[derive(Debug, Clone, Default)]
pub(super) struct Knowledge {
    /// The creation it stands for; another one is another workload.
    creations: u32,
    /// Probes in a row.
    pub(super) tracker: HealthTracker,
    /// What the server speaks.
    pub(super) era: Option<Era>,
    /// Looks that found it not healthy yet.
    pub(super) looks: u32,
    /// When it is looked at next.
    pub(super) next_look: Timestamp,
    /// When its provisioner was last asked.
    pub(super) inspected_at: Option<Timestamp>,
    /// The last time its provisioner was asked, it could not answer.
    pub(super) backend_is_away: bool,
    /// Removals that failed in a row.
    pub(super) destroy_tries: u32,
    /// Its last output was written down.
    pub(super) output_is_kept: bool,
}

impl Knowledge {
    /// What is known of this instance's workload, after forgetting what was known of an earlier one.
    pub(super) fn of(known: Option<&Self>, instance: &Instance, now: Timestamp) -> Self {
        match known {
            Some(known) if known.creations == instance.status.creations => known.clone(),
            _ => Self { creations: instance.status.creations, next_look: now, ..Self::default() },
        }
    }
}
