//! The backend itself: its workloads, and what becomes of each request.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use wharfinger::domain::{Failure, FailureKind, InstanceId, Observation, Target, Workload, WorkloadState};
use wharfinger::extension::{CreateOutcome, Creation, OwnedPage, OwnedWorkload};
use wharfinger::lifecycle::Lifecycle;

use crate::simulation::invariants::Violation;
use crate::simulation::weather::{Fault, Weather};

/// An effect that nobody heard of comes true within this: sooner than an absence is believed.
const LATE: i64 = 2_900;
/// Workloads in one page of a listing.
const PAGE: usize = 4;

pub(super) struct Made {
    pub(super) workload: Workload,
    pub(super) instance: InstanceId,
    pub(super) incarnation: u32,
    /// Of all that were ever made.
    pub(super) serial: u64,
    pub(super) running: bool,
    pub(super) mute: bool,
    /// It came long after anybody expected it.
    pub(super) zombie: bool,
    /// When it is made, when it answers, and when it is gone: in time that passed.
    pub(super) ready: Duration,
    pub(super) answers: Duration,
    pub(super) leaves: Option<Duration>,
}

pub(super) struct State {
    pub(super) workloads: BTreeMap<String, Made>,
    pub(super) made: u64,
    pub(super) creates: u64,
    /// Effects that come true later: when, of which order, and whether anybody expects it by then.
    pub(super) late: Vec<(Duration, Target, bool)>,
    pub(super) held: BTreeSet<String>,
    pub(super) weather: Weather,
    pub(super) random: fastrand::Rng,
    pub(super) hanging: usize,
    pub(super) knocks: u64,
    /// So many more steps of the daemon until it dies.
    pub(super) fuse: Option<u32>,
    /// What the daemon of the moment has written down.
    pub(super) records: Option<Lifecycle>,
    pub(super) violation: Option<Violation>,
}

/// How a create goes on once its effect is decided.
pub(super) enum Course {
    Answer(Result<Creation, Failure>),
    AnswerAt(Duration),
    Never,
}

impl State {
    pub(super) fn strikes(&mut self, fault: Fault) -> bool {
        self.weather.strikes(fault, &mut self.random)
    }

    fn soon(&mut self, from: Duration, at_most: i64) -> Duration {
        from + Duration::from_millis(self.random.u64(1..at_most.unsigned_abs()))
    }

    /// Whether anybody answers at all.
    pub(super) fn answer(&mut self) -> Result<(), Failure> {
        if self.weather.away {
            self.knocks += 1;
            return Err(Failure::new(FailureKind::NotApplied, "connection refused"));
        }
        Ok(())
    }

    /// The workload of this name: a new one, unless there is one.
    pub(super) fn make(&mut self, target: &Target, now: Duration) -> &mut Made {
        let name = target.name.to_string();
        let serial = self.made;
        self.made += 1;
        self.workloads.entry(name.clone()).or_insert_with(|| Made {
            workload: Workload {
                id: format!("{name}-{}", target.incarnation),
                url: Some(format!("http://{name}")),
                port: None,
                details: BTreeMap::new(),
                name,
            },
            instance: target.instance,
            incarnation: target.incarnation,
            serial,
            running: true,
            mute: false,
            zombie: false,
            ready: now,
            answers: now,
            leaves: None,
        })
    }

    pub(super) fn create(&mut self, target: &Target, cursed: bool, now: Duration) -> Course {
        let done = |outcome, workload: &Workload| {
            let workload = Some(workload.clone());
            Course::Answer(Ok(Creation { outcome, workload, warnings: Vec::new() }))
        };
        let failed = |kind| Course::Answer(Err(failure(kind)));
        self.creates += 1;
        if let Some(made) = self.workloads.get(target.name.as_str()) {
            return match made.running && made.ready <= now {
                true => done(CreateOutcome::Adopted, &made.workload),
                false => failed(FailureKind::NotApplied),
            };
        }
        if self.held.contains(target.name.as_str()) || self.strikes(Fault::NameHeld) {
            self.held.insert(target.name.to_string());
            return failed(FailureKind::OrphanSuspected);
        }
        if self.strikes(Fault::Refused) {
            return failed(FailureKind::NotApplied);
        }
        if self.strikes(Fault::AnswerLate) {
            let at = self.soon(now, LATE);
            self.late.push((at, target.clone(), false));
            return failed(FailureKind::OutcomeUnknown);
        }
        if self.strikes(Fault::Zombie) {
            let at = self.soon(now, 60 * LATE);
            self.late.push((at, target.clone(), true));
            return failed(FailureKind::OutcomeUnknown);
        }
        if self.strikes(Fault::Slow) {
            // It is under way whether anybody waits for it or not.
            let at = self.soon(now, LATE);
            self.late.push((at, target.clone(), false));
            return Course::AnswerAt(at);
        }
        if self.strikes(Fault::Pending) {
            let at = self.soon(now, 10 * LATE);
            let made = self.make(target, now);
            (made.ready, made.answers) = (at, at);
            return Course::Answer(Ok(Creation {
                outcome: CreateOutcome::Pending,
                workload: None,
                warnings: Vec::new(),
            }));
        }
        let (running, mute) = (!self.strikes(Fault::Stillborn), self.strikes(Fault::Mute));
        let running = running && !(cursed && self.weather.rough);
        let answers = if self.strikes(Fault::SlowStart) { self.soon(now, 10 * LATE) } else { now };
        let made = self.make(target, now);
        (made.running, made.mute, made.answers) = (running, mute, answers);
        let workload = made.workload.clone();
        if self.strikes(Fault::Stuck) {
            return Course::Never;
        }
        if self.strikes(Fault::AnswerLost) {
            return failed(FailureKind::OutcomeUnknown);
        }
        done(CreateOutcome::Created, &workload)
    }

    pub(super) fn observe(&self, name: &str, now: Duration) -> Observation {
        let made = self.workloads.get(name);
        let state = match made {
            None => WorkloadState::Absent,
            Some(made) if now < made.ready => WorkloadState::Starting,
            Some(made) if made.running => WorkloadState::Running,
            Some(_) => WorkloadState::Stopped,
        };
        let workload = made.filter(|made| made.ready <= now).map(|made| made.workload.clone());
        Observation { state, reason: "looked".to_owned(), exit_code: None, workload }
    }

    pub(super) fn page(&self, after: &str, now: Duration) -> OwnedPage {
        let rest = self.workloads.iter().filter(|(name, _)| name.as_str() > after);
        let workloads: Vec<OwnedWorkload> = rest
            .take(PAGE)
            .map(|(name, made)| OwnedWorkload {
                name: name.clone(),
                instance: Some(made.instance),
                incarnation: Some(made.incarnation),
                observation: self.observe(name, now),
            })
            .collect();
        let next_cursor = workloads.get(PAGE - 1).map(|last| last.name.clone());
        OwnedPage { workloads, next_cursor }
    }

    pub(super) fn destroy(&mut self, name: &str, now: Duration) -> Result<bool, Failure> {
        if self.strikes(Fault::DestroyFails) {
            return Err(failure(FailureKind::OutcomeUnknown));
        }
        if self.held.contains(name) {
            return Err(failure(FailureKind::NotFound));
        }
        if self.strikes(Fault::DestroyLingers) {
            let leaves = self.soon(now, 2 * LATE);
            if let Some(made) = self.workloads.get_mut(name) {
                made.running = false;
                made.leaves.get_or_insert(leaves);
            }
        }
        if self.workloads.get(name).is_some_and(|made| made.leaves.is_some()) {
            return Ok(false);
        }
        self.workloads.remove(name);
        if self.strikes(Fault::DestroyLost) {
            return Err(failure(FailureKind::OutcomeUnknown));
        }
        Ok(true)
    }
}

pub(super) fn failure(kind: FailureKind) -> Failure {
    Failure::new(kind, "the weather is rough")
}
