//! What the daemon does by itself: look at what is due, and take one step on each.
//!
//! # Flow
//! ```text
//!  bell, timer ──> pass ──> plan (pure) ──> step (one effect) ──> fact ──> lifecycle
//!                   ^                                                          │
//!                   └────────────────────────── bell <────────────────────────┘
//! ```
//! # Guarantees
//! * A pass takes no input, not even a hint of what changed: a first creation, a retry, a recovery
//!   and a start after a crash are one path.
//! * Never two steps on one instance at once.
//! * While the database takes no writes no step is begun.
//! * Steps at the same time are bounded; slow ones (create, destroy) do not keep quick ones waiting.
//!
//! # Assumptions
//! * Every provisioner call and every probe ends: whoever implements them bounds them.
//!
//! Knows nothing of users, HTTP or plugins' insides.

mod guards;
mod hearing;
mod knowledge;
mod look;
mod options;
mod output;
mod plan;
mod planted;
#[cfg(test)]
mod properties;
mod resumption;
mod silence;
mod step;
mod sweep;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

pub use guards::HeldBack;
pub use options::Options;
pub use plan::{Step, plan};
pub use planted::{Fault, Planted};

use crate::domain::{Fact, Instance, InstanceId, Phase, Timestamp};
use crate::extension::{Extensions, Prober};
use crate::lifecycle::Lifecycle;
use crate::runtime::{Activator, Clock, ErrorChain, Metrics, Readiness, Shutdown, Tasks};
use guards::Guards;
use knowledge::Knowledge;
use resumption::Resumption;
use step::{Outcome, Run};

/// How soon after everything is taken up the start is told.
const START_IS_TOLD_WITHIN: Duration = Duration::from_secs(1);
/// Instances that are planned before others get a turn on this thread.
const PLANNED_AT_A_STRETCH: usize = 64;

/// What the reconciler works with.
#[derive(Clone)]
pub struct Parts {
    /// The records.
    pub lifecycle: Lifecycle,
    /// Provisioners.
    pub extensions: Arc<dyn Extensions>,
    /// Does it speak MCP?
    pub prober: Arc<dyn Prober>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Runs the steps.
    pub tasks: Tasks,
    /// Rings when there may be work.
    pub bell: Activator,
    /// Counts passes, steps and what is tried.
    pub metrics: Metrics,
}

/// Handle to the reconciler. Cheap to clone.
#[derive(Clone)]
pub struct Reconciler {
    inner: Arc<Inner>,
}

struct Inner {
    parts: Parts,
    options: Options,
    slow: Arc<Semaphore>,
    quick: Arc<Semaphore>,
    state: Mutex<State>,
    guards: Guards,
    resumption: Resumption,
    idle: Notify,
}

struct State {
    /// Steps under way; true: it became due again meanwhile.
    busy: HashMap<InstanceId, bool>,
    knowledge: HashMap<InstanceId, Knowledge>,
    parked_slow: Parked,
    parked_quick: Parked,
    random: fastrand::Rng,
}

impl State {
    fn parked(&mut self, slow: bool) -> &mut Parked {
        if slow { &mut self.parked_slow } else { &mut self.parked_quick }
    }
}

/// Instances that wait for a permit, first come first served. A hint: each is planned again when
/// its turn comes, and one that is lost is found by the full pass.
#[derive(Default)]
struct Parked {
    queue: VecDeque<InstanceId>,
    known: HashSet<InstanceId>,
}

impl Parked {
    fn park(&mut self, id: InstanceId) {
        if self.known.insert(id) {
            self.queue.push_back(id);
        }
    }

    fn unpark(&mut self) -> Option<InstanceId> {
        let id = self.queue.pop_front()?;
        self.known.remove(&id);
        Some(id)
    }
}

impl Reconciler {
    /// Nothing runs yet. `seed` decides the jitter.
    pub fn new(options: Options, parts: Parts, seed: u64) -> Self {
        let state = State {
            busy: HashMap::new(),
            knowledge: HashMap::new(),
            random: fastrand::Rng::with_seed(seed),
            parked_slow: Parked::default(),
            parked_quick: Parked::default(),
        };
        let inner = Inner {
            slow: Arc::new(Semaphore::new(options.max_steps)),
            quick: Arc::new(Semaphore::new(options.max_steps)),
            state: Mutex::new(state),
            guards: Guards::default(),
            resumption: Resumption::of(&parts.lifecycle, parts.clock.now()),
            idle: Notify::new(),
            parts,
            options,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Works until `shutdown`: then no step is started any more. See [`finish`](Self::finish).
    pub async fn run(self, readiness: Readiness, shutdown: Shutdown) {
        let Inner { parts, options, .. } = &*self.inner;
        let mut full = tokio::time::interval(options.full_pass);
        full.tick().await;
        loop {
            // Nothing is looked at that would have to be done, and could not be written down.
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = parts.lifecycle.writable() => {}
            }
            self.pass().await;
            readiness.done(Readiness::FIRST_PASS);
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = parts.bell.rung() => {}
                () = self.sleep_until_due() => {}
                _ = full.tick() => self.look_for_forgotten(),
            }
        }
    }

    /// Holds what is outside against the records, now and then and when asked, until `shutdown`.
    pub async fn keep_sweeping(self, shutdown: Shutdown) {
        let Inner { parts, resumption, .. } = &*self.inner;
        let mut all = false;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = parts.lifecycle.writable() => {}
            }
            let next = self.sweep(all).await;
            self.tell_of_the_start().await;
            let pause = next.since(parts.clock.now());
            let pause = if resumption.is_open() { pause.min(START_IS_TOLD_WITHIN) } else { pause };
            all = tokio::select! {
                () = shutdown.cancelled() => return,
                () = parts.lifecycle.sweep_asked() => true,
                () = tokio::time::sleep(pause) => false,
            };
        }
    }

    /// Waits until the steps under way have ended, at most for `patience`; false: some have not.
    /// They are abandoned then, and taken up by the next start: their intents are durable.
    pub async fn finish(&self, patience: Duration) -> bool {
        tokio::time::timeout(patience, self.idle()).await.is_ok()
    }

    /// Plans every instance that is due now and starts its step. Awaits none of them.
    pub async fn pass(&self) {
        let Parts { lifecycle, clock, metrics, .. } = &self.inner.parts;
        let began = Instant::now();
        // What becomes due meanwhile is the next pass's: this one ends.
        let due = lifecycle.take_due(clock.now());
        let planned = due.len();
        for (count, id) in due.into_iter().enumerate() {
            if !lifecycle.is_writable() {
                lifecycle.schedule(id, clock.now());
                continue;
            }
            let pause = match lifecycle.get(id) {
                Ok(Some(instance)) => self.start(instance),
                Ok(None) => None,
                Err(error) => {
                    tracing::error!(instance = %id, error = %ErrorChain(&error), "a record cannot be read");
                    Some(self.inner.options.full_pass)
                }
            };
            if let Some(pause) = pause {
                lifecycle.schedule(id, clock.now().plus(pause));
            }
            if count % PLANNED_AT_A_STRETCH == PLANNED_AT_A_STRETCH - 1 {
                tokio::task::yield_now().await;
            }
        }
        metrics.pass(planned, began.elapsed());
    }

    /// Has the next pass look at what no pass would look at: the net below the agenda.
    pub fn look_for_forgotten(&self) {
        let Inner { parts, options, .. } = &*self.inner;
        parts.lifecycle.schedule_forgotten(plan::LONGEST_WAIT.max(options.recovery.cap));
    }

    /// Steps under way.
    pub fn under_way(&self) -> usize {
        self.state().busy.len()
    }

    /// Waits until no step is under way.
    pub async fn idle(&self) {
        loop {
            let notified = self.inner.idle.notified();
            if self.state().busy.is_empty() {
                return;
            }
            notified.await;
        }
    }

    /// Plans one instance and starts its step. Answers with a pause if nothing was started and it
    /// wants another look.
    fn start(&self, instance: Instance) -> Option<Duration> {
        let Inner { parts, options, .. } = &*self.inner;
        let id = instance.id;
        let mut state = self.state();
        if let Entry::Occupied(mut busy) = state.busy.entry(id) {
            busy.insert(true);
            return None;
        }
        let now = parts.clock.now();
        let dice = state.random.u32(..);
        let knowledge = Knowledge::of(state.knowledge.get(&id), &instance, now);
        let recoverable = matches!(instance.status.phase, Phase::Unhealthy { recoverable: true, .. });
        let held_back =
            recoverable.then(|| self.inner.guards.held_back(&instance, &parts.lifecycle)).flatten();
        let step = plan(&instance, knowledge.next_look, held_back, now, dice, options);
        let permit = match &step {
            Step::Rest => return None,
            Step::Wait(at) => {
                state.knowledge.insert(id, knowledge);
                return Some(at.since(now).max(Duration::from_millis(1)));
            }
            step => match self.permit(step.is_slow()) {
                Some(permit) => permit,
                // It goes on when a step of its kind ends.
                None => {
                    state.parked(step.is_slow()).park(id);
                    self.show_lane(&mut state, step.is_slow());
                    return None;
                }
            },
        };
        state.busy.insert(id, false);
        self.show_lane(&mut state, step.is_slow());
        drop(state);
        let recovers = matches!(step, Step::Record(Fact::RecoveryScheduled { .. }));
        let provisioner = instance.spec.provisioner.clone();
        if recovers {
            self.inner.guards.recovery_starts(&provisioner);
        }
        let (this, slow) = (self.clone(), step.is_slow());
        parts.tasks.spawn("reconcile one instance", async move {
            let Inner { parts, options, guards, .. } = &*this.inner;
            let outcome = Outcome::default();
            this.take(Run { parts, options, guards, knowledge, instance, dice, outcome }, step).await;
            if recovers {
                guards.recovery_recorded(&provisioner);
            }
            drop(permit);
            this.unpark(slow);
            this.inner.parts.bell.ring();
        });
        None
    }

    async fn take(&self, mut run: Run<'_>, step: Step) {
        let (id, creations) = (run.instance.id, run.instance.status.creations);
        tracing::trace!(instance = %id, ?step, "step");
        let (kind, began) = (step.kind(), Instant::now());
        let next = run.run(step).await;
        let Parts { lifecycle, clock, metrics, .. } = &self.inner.parts;
        metrics.step(kind, run.outcome.as_str(), began.elapsed());
        let again = {
            let mut state = self.state();
            state.knowledge.insert(id, run.knowledge);
            state.busy.remove(&id).unwrap_or(false)
        };
        match (again, next) {
            (true, _) => lifecycle.schedule(id, clock.now()),
            (false, Some(at)) => lifecycle.schedule(id, at),
            (false, None) => {}
        }
        if let Ok(after) = lifecycle.get(id) {
            self.inner.resumption.stepped(id, creations, after.as_ref());
            if after.is_none() {
                self.state().knowledge.remove(&id);
                self.inner.guards.forget(&run.instance.spec.provisioner, id);
            }
        }
        self.inner.idle.notify_waiters();
    }

    async fn tell_of_the_start(&self) {
        let Inner { parts, resumption, .. } = &*self.inner;
        let set = parts.extensions.current();
        if let Some(notice) = resumption.report(set.provisioners.keys(), parts.clock.now()) {
            hearing::write_down(parts, notice).await;
        }
    }

    /// Its backend is asked about it then, although that is not due.
    fn inspect_at(&self, id: InstanceId, at: Timestamp) {
        if let Some(knowledge) = self.state().knowledge.get_mut(&id) {
            knowledge.inspected_at = None;
            knowledge.next_look = knowledge.next_look.min(at);
        }
    }

    /// Any part of it, for jitter.
    fn share_of(&self, span: Duration) -> Duration {
        span.mul_f32(self.state().random.f32())
    }

    fn permits(&self, slow: bool) -> &Arc<Semaphore> {
        if slow { &self.inner.slow } else { &self.inner.quick }
    }

    fn permit(&self, slow: bool) -> Option<OwnedSemaphorePermit> {
        Arc::clone(self.permits(slow)).try_acquire_owned().ok()
    }

    /// Lets as many that wait go on as there are permits: some of them may not want one any more.
    fn unpark(&self, slow: bool) {
        let Parts { lifecycle, clock, .. } = &self.inner.parts;
        let free = self.permits(slow).available_permits();
        let mut state = self.state();
        let ids: Vec<InstanceId> = std::iter::from_fn(|| state.parked(slow).unpark()).take(free).collect();
        self.show_lane(&mut state, slow);
        drop(state);
        for id in ids {
            lifecycle.schedule(id, clock.now());
        }
    }

    /// For the metrics.
    fn show_lane(&self, state: &mut State, slow: bool) {
        let under_way = self.inner.options.max_steps - self.permits(slow).available_permits();
        let lane = if slow { "slow" } else { "quick" };
        self.inner.parts.metrics.lane(lane, under_way, state.parked(slow).queue.len());
    }

    async fn sleep_until_due(&self) {
        let Parts { lifecycle, clock, .. } = &self.inner.parts;
        match lifecycle.next_due() {
            Some(at) => tokio::time::sleep(at.since(clock.now())).await,
            None => std::future::pending().await,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
