//! What a start took up: counted until all that an earlier daemon was at has come to an outcome
//! and every provisioner was swept once, then told as one event and one log line.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::sweep::Tally;
use crate::domain::{
    Cause, Instance, InstanceId, Notice, NoticeKind, PhaseKind, ProvisionerName, Timestamp, format_duration,
};
use crate::lifecycle::Lifecycle;

/// A start is told after this at the latest, with what is still open.
const PATIENCE: Duration = Duration::from_secs(60);

/// See the module.
#[derive(Debug)]
pub(super) struct Resumption(Mutex<State>);

#[derive(Debug)]
struct State {
    begun: Timestamp,
    told: bool,
    records: usize,
    /// Creations and deletions that were under way, as they stood.
    open: HashMap<InstanceId, PhaseKind>,
    adopted: usize,
    made: usize,
    finished: usize,
    otherwise: usize,
    swept: HashSet<ProvisionerName>,
    tally: Tally,
}

impl Resumption {
    /// What the store holds when the daemon starts.
    pub(super) fn of(lifecycle: &Lifecycle, now: Timestamp) -> Self {
        let under_way = [PhaseKind::Creating, PhaseKind::Deleting];
        let open: HashMap<InstanceId, PhaseKind> = under_way
            .into_iter()
            .flat_map(|phase| lifecycle.ids_in(phase).into_iter().map(move |id| (id, phase)))
            .collect();
        Self(Mutex::new(State {
            begun: now,
            told: false,
            records: lifecycle.phases().values().sum(),
            open,
            adopted: 0,
            made: 0,
            finished: 0,
            otherwise: 0,
            swept: HashSet::new(),
            tally: Tally::default(),
        }))
    }

    /// A step on this instance ended; `creations`: how many there were before it; `after`: none if
    /// it is gone.
    pub(super) fn stepped(&self, id: InstanceId, creations: u32, after: Option<&Instance>) {
        let mut state = self.lock();
        let Some(before) = state.open.get(&id).copied() else { return };
        match (before, after.map(|instance| instance.status.phase.kind())) {
            (PhaseKind::Deleting, Some(PhaseKind::Deleting))
            | (PhaseKind::Creating, Some(PhaseKind::Creating)) => return,
            (PhaseKind::Deleting, None) => state.finished += 1,
            (PhaseKind::Creating, Some(PhaseKind::Created)) => {
                match after.is_some_and(|instance| instance.status.creations > creations) {
                    true => state.made += 1,
                    false => state.adopted += 1,
                }
            }
            _ => state.otherwise += 1,
        }
        state.open.remove(&id);
    }

    /// A provisioner was swept; true if that was its first time, so that it is part of the report.
    pub(super) fn swept(&self, provisioner: &ProvisionerName, tally: Tally) -> bool {
        let mut state = self.lock();
        let first = !state.told && state.swept.insert(provisioner.clone());
        if first {
            state.tally.add(tally);
        }
        first
    }

    /// The report, once, when there is nothing more to wait for. None of an empty store that found
    /// nothing outside.
    pub(super) fn report<'set>(
        &self,
        mut provisioners: impl Iterator<Item = &'set ProvisionerName>,
        now: Timestamp,
    ) -> Option<Notice> {
        let mut state = self.lock();
        let complete = state.open.is_empty() && provisioners.all(|name| state.swept.contains(name));
        if state.told || !(complete || now.since(state.begun) >= PATIENCE) {
            return None;
        }
        state.told = true;
        if state.records == 0 && state.tally == Tally::default() {
            return None;
        }
        let State { records, open, adopted, made, finished, otherwise, tally, .. } = &*state;
        let mut message = format!(
            "{records} records found; of what was under way, {adopted} workloads were adopted, {made} made, \
             {finished} deletions finished, {otherwise} ended otherwise; {tally}"
        );
        if !open.is_empty() {
            message.push_str(&format!("; {} still open after {}", open.len(), format_duration(PATIENCE)));
        }
        Some(Notice { kind: NoticeKind::Resumed, cause: Cause::new("Started", message) })
    }

    /// Whether the report is still to come.
    pub(super) fn is_open(&self) -> bool {
        !self.lock().told
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
