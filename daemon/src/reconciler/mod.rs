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
mod knowledge;
mod look;
mod options;
mod plan;
mod silence;
mod step;

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

pub use guards::HeldBack;
pub use options::Options;
pub use plan::{Step, plan};

use crate::domain::{Fact, Instance, InstanceId, Phase};
use crate::extension::{Extensions, Prober};
use crate::lifecycle::Lifecycle;
use crate::runtime::{Activator, Clock, ErrorChain, Readiness, Shutdown, Tasks};
use guards::Guards;
use knowledge::Knowledge;
use step::Run;

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
            idle: Notify::new(),
            parts,
            options,
        };
        Self { inner: Arc::new(inner) }
    }

    /// Works until `shutdown`. Steps under way are abandoned then: their intents are durable.
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
                _ = full.tick() => {
                    parts.lifecycle.schedule_forgotten(plan::LONGEST_WAIT.max(options.recovery.cap));
                }
            }
        }
    }

    /// Plans every instance that is due now and starts its step. Awaits none of them.
    pub async fn pass(&self) {
        let Parts { lifecycle, clock, .. } = &self.inner.parts;
        // What becomes due meanwhile is the next pass's: this one ends.
        for (count, id) in lifecycle.take_due(clock.now()).into_iter().enumerate() {
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
                    return None;
                }
            },
        };
        state.busy.insert(id, false);
        drop(state);
        let recovers = matches!(step, Step::Record(Fact::RecoveryScheduled { .. }));
        let provisioner = instance.spec.provisioner.clone();
        if recovers {
            self.inner.guards.recovery_starts(&provisioner);
        }
        let (this, slow) = (self.clone(), step.is_slow());
        parts.tasks.spawn("reconcile one instance", async move {
            let Inner { parts, options, guards, .. } = &*this.inner;
            this.take(Run { parts, options, guards, knowledge, instance, dice }, step).await;
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
        let id = run.instance.id;
        tracing::trace!(instance = %id, ?step, "step");
        let next = run.run(step).await;
        let Parts { lifecycle, clock, .. } = &self.inner.parts;
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
        if lifecycle.get(id).is_ok_and(|instance| instance.is_none()) {
            self.state().knowledge.remove(&id);
            self.inner.guards.forget(&run.instance.spec.provisioner, id);
        }
        self.inner.idle.notify_waiters();
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
        drop(state);
        for id in ids {
            lifecycle.schedule(id, clock.now());
        }
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
