//! The few members of a status that a start needs: a million of them are read before anything else
//! happens, so nothing is copied that is not kept.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Unreadable, name, phase_kind, time};
use crate::domain::{InstanceId, Outline, PhaseKind};

#[derive(Debug, Deserialize)]
pub(in crate::store) struct OutlineRecord<'bytes> {
    #[serde(borrow)]
    provisioner: Cow<'bytes, str>,
    #[serde(borrow)]
    phase: PhaseOutline<'bytes>,
    updated_at: i64,
}

/// The members of all phases that say when to look next.
#[derive(Debug, Deserialize)]
struct PhaseOutline<'bytes> {
    #[serde(borrow)]
    is: Cow<'bytes, str>,
    #[serde(default)]
    not_before: Option<i64>,
    #[serde(default)]
    doubt: Option<DoubtOutline>,
}

#[derive(Debug, Deserialize)]
struct DoubtOutline {
    inspect_at: i64,
}

impl OutlineRecord<'_> {
    pub(in crate::store) fn into_outline(self, id: InstanceId) -> Result<Outline, Unreadable> {
        let phase = phase_kind(&self.phase.is)?;
        let due = self.phase.not_before.or(self.phase.doubt.map(|doubt| doubt.inspect_at));
        Ok(Outline {
            id,
            provisioner: name("the provisioner", &self.provisioner)?,
            phase,
            due: (phase != PhaseKind::Failed).then(|| time(due.unwrap_or(self.updated_at))),
        })
    }
}
