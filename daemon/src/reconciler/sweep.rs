//! Holds the workloads of a provisioner against the records: one listing finds what no record
//! speaks of, and what no look at a record could find.
//!
//! | what is found | what is done |
//! |---|---|
//! | the workload of a record | nothing; if it is reported down, its record is looked at now |
//! | of a record that changed since the listing began | nothing: the next sweep knows more |
//! | another name than its record's, or an older creation | superseded: destroyed, or made anew |
//! | of a deleted instance | destroyed: a call that was cut made it late, or its deletion was forced |
//! | of an instance that nobody knows | an orphan: reported, and left for a person |
//!
//! # Guarantees
//! * Nothing is destroyed that is not proven ours: it carries our mark, and its instance has a
//!   record or a tombstone.
//! * A wanted workload is never destroyed here: what may be one is left to its own record's steps.

use std::collections::HashSet;
use std::time::Duration;

use super::step::OUTSIDE_PAUSE;
use super::{Inner, Reconciler, hearing};
use crate::domain::{
    Cause, Condition, ConditionKind, ConditionStatus, Fact, Failure, FailureKind, Instance, InstanceId,
    Notice, NoticeKind, Orphan, PhaseKind, ProvisionerName, Revision, Secrets, Target, Timestamp,
};
use crate::extension::{OwnedWorkload, ProvisionerEntry};
use crate::lifecycle;
use crate::runtime::ErrorChain;

/// Those that are missing are looked at within this, not all at the same moment.
const MISSING_SPREAD: Duration = Duration::from_secs(5);
/// Pages of one listing that are read.
const MAX_PAGES: usize = 10_000;

/// What a workload is to the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// A record's own.
    Wanted,
    /// Its record moved on meanwhile, or is made by another provisioner.
    Undecided,
    /// A record's, under a name it does not use any more.
    Abandoned,
    /// A record's, from a creation before its last.
    Superseded,
    /// Of a deleted instance.
    Deleted,
    /// Of an instance nobody knows.
    Unknown,
}

/// What one sweep, or several, came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    found: usize,
    destroyed: usize,
    superseded: usize,
    unknown: usize,
    failed: usize,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.found += other.found;
        self.destroyed += other.destroyed;
        self.superseded += other.superseded;
        self.unknown += other.unknown;
        self.failed += other.failed;
    }

    fn changed_something(self) -> bool {
        self.destroyed + self.superseded + self.failed > 0
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { found, destroyed, superseded, unknown, failed } = self;
        write!(
            f,
            "{found} workloads found outside, {destroyed} that nobody wants destroyed, {superseded} superseded, \
             {unknown} unknown (GET /mcp/orphans), {failed} that could not be destroyed yet"
        )
    }
}

/// Pure. `listed_at`: the store's revision when the listing began.
fn judge(
    found: &OwnedWorkload,
    provisioner: &ProvisionerName,
    instance: Option<&Instance>,
    deleted: bool,
    listed_at: Revision,
) -> Standing {
    match instance {
        Some(instance) if instance.spec.provisioner != *provisioner || instance.revision > listed_at => {
            Standing::Undecided
        }
        Some(instance) if instance.status.workload_name.as_str() != found.name => Standing::Abandoned,
        Some(instance)
            if instance.status.phase.workload().is_some()
                && found
                    .incarnation
                    .is_some_and(|from| from.saturating_add(1) < instance.status.creations) =>
        {
            Standing::Superseded
        }
        Some(_) => Standing::Wanted,
        None if deleted => Standing::Deleted,
        None => Standing::Unknown,
    }
}

impl Reconciler {
    /// Sweeps every provisioner whose turn it is, or all. Answers when the next one is due.
    pub async fn sweep(&self, all: bool) -> Timestamp {
        let (parts, options) = (&self.inner.parts, &self.inner.options);
        let set = parts.extensions.current();
        let now = parts.clock.now();
        let due: Vec<&ProvisionerEntry> = set
            .provisioners
            .values()
            .filter(|entry| all || self.inner.guards.sweep_due(&entry.name) <= now)
            .collect();
        futures_util::future::join_all(due.into_iter().map(|entry| self.sweep_one(entry))).await;
        let next = set.provisioners.keys().map(|name| self.inner.guards.sweep_due(name)).min();
        next.unwrap_or_else(|| parts.clock.now().plus(options.sweep))
    }

    async fn sweep_one(&self, entry: &ProvisionerEntry) {
        let Inner { parts, options, guards, .. } = &*self.inner;
        let now = parts.clock.now();
        let swept = match guards.permit(&entry.name, now) {
            Ok(()) => self.list_and_judge(entry).await,
            Err(paused) => Err(paused),
        };
        let now = parts.clock.now();
        match swept {
            Ok(tally) => {
                guards.swept(&entry.name, now, now.plus(options.sweep));
                self.tell(entry, tally).await;
            }
            // It cannot list them: what it made is seen by looking at each.
            Err(failure) if failure.kind == FailureKind::Unsupported => {
                guards.swept(&entry.name, now, now.plus(options.sweep));
                self.tell(entry, Tally::default()).await;
            }
            Err(failure) => {
                tracing::debug!(provisioner = %entry.name, %failure, "the workloads could not be listed");
                let pause = OUTSIDE_PAUSE.max(failure.retry_after.unwrap_or_default());
                guards.sweep_failed(&entry.name, now.plus(pause));
            }
        }
        hearing::show(parts, guards, entry);
    }

    async fn list_and_judge(&self, entry: &ProvisionerEntry) -> Result<Tally, Failure> {
        let Inner { parts, options, guards, .. } = &*self.inner;
        let lifecycle = &parts.lifecycle;
        let unreadable = |error: lifecycle::Error| {
            Failure::new(FailureKind::NotApplied, ErrorChain(&error).to_string())
                .with_code("store_unreadable")
        };
        let listed_at = lifecycle.revision().map_err(unreadable)?;
        let (mut tally, mut seen, mut orphans) = (Tally::default(), HashSet::new(), Vec::new());
        let mut cursor = None;
        for _ in 0..MAX_PAGES {
            let page = entry.provisioner.owned(lifecycle.owner(), cursor.clone()).await;
            let page = hearing::heard(parts, options, guards, entry, page).await?;
            for found in page.workloads {
                tally.found += 1;
                let instance =
                    found.instance.map(|id| lifecycle.get(id)).transpose().map_err(unreadable)?.flatten();
                let deleted = match found.instance {
                    Some(id) if instance.is_none() => lifecycle.was_deleted(id).map_err(unreadable)?,
                    _ => false,
                };
                match judge(&found, &entry.name, instance.as_ref(), deleted, listed_at) {
                    Standing::Undecided => seen.extend(found.instance),
                    Standing::Wanted if found.observation.state.is_down() => {}
                    Standing::Wanted => seen.extend(found.instance),
                    Standing::Superseded => {
                        tally.superseded += 1;
                        if let Some(instance) = instance {
                            self.make_anew(&instance).await;
                        }
                    }
                    Standing::Abandoned | Standing::Deleted => match self.destroy(entry, &found).await {
                        Ok(()) => {
                            tally.destroyed += 1;
                            if let Some(instance) = instance {
                                self.tell_it_is_gone(&instance, &found.name).await;
                            }
                        }
                        Err(failure) => {
                            tally.failed += 1;
                            tracing::warn!(provisioner = %entry.name, workload = found.name, %failure, "a workload that nobody wants could not be destroyed: it is tried again with the next sweep");
                        }
                    },
                    Standing::Unknown => {
                        tally.unknown += 1;
                        orphans.push(found);
                    }
                }
            }
            if page.next_cursor.is_none() {
                self.report(entry, orphans).await;
                self.look_at_the_missing(entry, &seen);
                return Ok(tally);
            }
            if page.next_cursor == cursor {
                break;
            }
            cursor = page.next_cursor;
        }
        let message = format!("{}'s list of workloads does not end", entry.name);
        Err(Failure::new(FailureKind::OutcomeUnknown, message).with_code(Failure::BROKE_CONTRACT))
    }

    async fn destroy(&self, entry: &ProvisionerEntry, found: &OwnedWorkload) -> Result<(), Failure> {
        let Some((target, id)) = self.target(found) else {
            let message = "its name is none of ours: remove it by the backend's own means";
            return Err(Failure::new(FailureKind::Invalid, message));
        };
        let outcome = entry.provisioner.destroy(&target, &Secrets::default()).await;
        let Inner { parts, options, guards, .. } = &*self.inner;
        let outcome = hearing::heard(parts, options, guards, entry, outcome).await;
        parts.metrics.destroy(&entry.name, &outcome);
        match outcome {
            Ok(true) => {}
            Ok(false) => return Err(Failure::new(FailureKind::NotApplied, "it is still going")),
            Err(failure) if failure.kind == FailureKind::NotFound => {}
            Err(failure) => return Err(failure),
        }
        tracing::warn!(provisioner = %entry.name, workload = found.name, instance = %id, "a workload that nobody wants was destroyed");
        Ok(())
    }

    fn target(&self, found: &OwnedWorkload) -> Option<(Target, InstanceId)> {
        let (instance, name) = (found.instance?, found.name.parse().ok()?);
        let target = Target {
            name,
            instance,
            owner: self.inner.parts.lifecycle.owner(),
            incarnation: found.incarnation.unwrap_or_default(),
            last_known: found.observation.workload.clone(),
        };
        Some((target, instance))
    }

    /// The record takes it for its own, and it is an older one: the record's own steps remove it.
    async fn make_anew(&self, instance: &Instance) {
        let cause =
            Cause::new("Superseded", "an earlier workload of this instance runs in place of the last");
        let fact = Fact::BecameUnhealthy { recoverable: true, cause, ladder: Vec::new() };
        self.record(instance, Some(instance.revision), fact).await;
    }

    /// The workload of an earlier name, which was suspected to remain, was found and is gone.
    async fn tell_it_is_gone(&self, instance: &Instance, name: &str) {
        let condition = Condition {
            kind: ConditionKind::OrphanSuspected,
            status: ConditionStatus::False,
            reason: "Destroyed".to_owned(),
            message: format!("the workload {name} was found and destroyed"),
            since: self.inner.parts.clock.now(),
            latency: None,
        };
        self.record(instance, None, Fact::ConditionsChanged { conditions: vec![condition] }).await;
    }

    /// A user may have been faster: then there is nothing to say.
    async fn record(&self, instance: &Instance, seen: Option<Revision>, fact: Fact) {
        if let Err(lifecycle::Error::Store(error)) =
            self.inner.parts.lifecycle.record(instance.id, seen, fact).await
        {
            tracing::error!(instance = %instance.id, error = %ErrorChain(&error), "what happened could not be written down");
        }
    }

    /// Shows the orphans, and says of each new one that it was found.
    async fn report(&self, entry: &ProvisionerEntry, found: Vec<OwnedWorkload>) {
        let (lifecycle, now) = (&self.inner.parts.lifecycle, self.inner.parts.clock.now());
        let orphans = found.into_iter().map(|found| Orphan {
            provisioner: entry.name.clone(),
            workload: found.name,
            instance: found.instance,
            incarnation: found.incarnation.unwrap_or_default(),
            observation: found.observation,
            first_seen: now,
            last_seen: now,
        });
        for orphan in lifecycle.set_orphans(&entry.name, orphans.collect()) {
            let message = format!(
                "the workload {} of {} carries our mark, and there is no record of it: adopt or purge it, see GET /mcp/orphans",
                orphan.workload, orphan.provisioner
            );
            let cause = Cause::new("NoRecord", message);
            hearing::write_down(&self.inner.parts, Notice { kind: NoticeKind::OrphanFound, cause }).await;
        }
    }

    /// Records whose workload was not among those that run are looked at now, and not only when
    /// their turn comes.
    fn look_at_the_missing(&self, entry: &ProvisionerEntry, seen: &HashSet<InstanceId>) {
        let (lifecycle, now) = (&self.inner.parts.lifecycle, self.inner.parts.clock.now());
        for id in lifecycle.ids_of(&entry.name, PhaseKind::Running) {
            if !seen.contains(&id) {
                let at = now.plus(self.share_of(MISSING_SPREAD));
                self.inspect_at(id, at);
                lifecycle.schedule(id, at);
            }
        }
    }

    /// A sweep that had to change something is worth an event; the first one is part of the start's.
    async fn tell(&self, entry: &ProvisionerEntry, tally: Tally) {
        if self.inner.resumption.swept(&entry.name, tally) || !tally.changed_something() {
            return;
        }
        let cause = Cause::new("Swept", format!("{}: {tally}", entry.name));
        hearing::write_down(&self.inner.parts, Notice { kind: NoticeKind::Swept, cause }).await;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::domain::{Observation, Phase, Spec, Status, Workload, WorkloadState};

    const LISTED: Revision = Revision(10);

    fn instance(creations: u32, revision: u64) -> Instance {
        let workload = Workload {
            id: "w".to_owned(),
            name: "wf-a-1".to_owned(),
            url: None,
            port: None,
            details: BTreeMap::new(),
        };
        let mut status = Status::requested("wf-a-1".parse().unwrap(), Timestamp(0));
        status.phase = Phase::Running { workload, since: Timestamp(0) };
        status.creations = creations;
        let spec = Arc::new(Spec::example("i", "there"));
        Instance { id: InstanceId::from_u128(1), spec, status, revision: Revision(revision) }
    }

    fn found(name: &str, incarnation: u32) -> OwnedWorkload {
        OwnedWorkload {
            name: name.to_owned(),
            instance: Some(InstanceId::from_u128(1)),
            incarnation: Some(incarnation),
            observation: Observation {
                state: WorkloadState::Running,
                reason: String::new(),
                exit_code: None,
                workload: None,
            },
        }
    }

    fn standing(found: &OwnedWorkload, instance: Option<&Instance>, deleted: bool) -> Standing {
        judge(found, &"there".parse().unwrap(), instance, deleted, LISTED)
    }

    #[test]
    fn what_a_record_speaks_of_is_wanted_and_what_it_left_behind_is_not() {
        assert_eq!(standing(&found("wf-a-1", 1), Some(&instance(2, 10)), false), Standing::Wanted);
        assert_eq!(standing(&found("wf-a-1", 0), Some(&instance(2, 10)), false), Standing::Superseded);
        assert_eq!(standing(&found("wf-a-1-2", 0), Some(&instance(2, 10)), false), Standing::Abandoned);
    }

    #[test]
    fn a_record_that_changed_since_the_listing_is_left_to_the_next() {
        assert_eq!(standing(&found("wf-a-1", 0), Some(&instance(2, 11)), false), Standing::Undecided);
        let mut elsewhere = instance(2, 10);
        elsewhere.spec = Arc::new(Spec::example("i", "elsewhere"));
        assert_eq!(standing(&found("wf-a-1-2", 0), Some(&elsewhere), false), Standing::Undecided);
    }

    #[test]
    fn a_deleted_instances_workload_goes_and_a_strangers_is_left_for_a_person() {
        assert_eq!(standing(&found("wf-a-1", 0), None, true), Standing::Deleted);
        assert_eq!(standing(&found("wf-a-1", 0), None, false), Standing::Unknown);
    }
}
