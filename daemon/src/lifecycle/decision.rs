//! Whether and how a fact changes a record.

use super::Error;
use crate::domain::{Cause, Fact, Instance, PhaseKind, Revision, Timestamp};
use crate::store::{Change, EventDraft};

/// Whether and how `fact` changes the record. Pure.
pub(super) fn decide(
    instance: &Instance,
    seen: Option<Revision>,
    fact: &Fact,
    now: Timestamp,
) -> Result<Change, Error> {
    if let Some(seen) = seen
        && seen != instance.revision
        && !fact.outlives_its_plan()
    {
        return Err(Error::Stale { current: instance.revision });
    }
    let status = instance.status.clone().apply(fact, now)?;
    // Asked again for what is under way: no change, so no event.
    if *fact == Fact::DeleteRequested && instance.status.phase == status.phase {
        return Ok(Change::Keep);
    }
    let cause = fact.cause().or_else(|| what_may_remain(instance, fact));
    let draft = EventDraft {
        at: now,
        kind: fact.kind().as_str().to_owned(),
        reason: cause.as_ref().map(|cause| cause.reason.clone()),
        message: cause.map(|cause| cause.message),
    };
    Ok(match status.phase.kind() {
        PhaseKind::Gone => Change::Remove(draft),
        _ => Change::Write(Box::new(status), draft),
    })
}

/// What a record that is forgotten by force leaves behind, for its last event.
fn what_may_remain(instance: &Instance, fact: &Fact) -> Option<Cause> {
    if *fact != Fact::ForgetRequested {
        return None;
    }
    let (name, provisioner) = (&instance.status.workload_name, &instance.spec.provisioner);
    Some(Cause::new(
        "Forgotten",
        match instance.status.phase.workload_may_exist() {
            true => {
                format!("the workload {name} may remain at {provisioner}; it is destroyed when it is seen")
            }
            false => "nothing of it is left outside".to_owned(),
        },
    ))
}
