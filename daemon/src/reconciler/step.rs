//! Does one step: one effect outside, and its outcome written down as a fact.
//!
//! # Guarantees
//! * The intent is durable before the effect: a create whose intent cannot be written is not called.
//! * Whatever a plugin says or fails to say becomes a fact or a pause, never an error that is lost.

use std::sync::Arc;
use std::time::Duration;

use super::guards::Guards;
use super::knowledge::Knowledge;
use super::look::{self, Seen};
use super::plan::{Step, after_create_failed, again, camel_case, is_settled};
use super::planted::Fault;
use super::{Options, Parts, hearing};
use crate::domain::{
    Cause, Condition, ConditionKind, ConditionStatus, Doubt, Fact, Failure, FailureKind, Instance,
    Observation, Phase, PhaseKind, Secrets, Timestamp, WorkloadState,
};
use crate::extension::{CreateOrder, CreateOutcome, ProvisionerEntry};
use crate::lifecycle;
use crate::runtime::ErrorChain;

/// Something that is under way is looked at again after this.
const PENDING_PAUSE: Duration = Duration::from_secs(1);
/// What could not be done for a reason outside the instance is tried again after this.
pub(super) const OUTSIDE_PAUSE: Duration = Duration::from_secs(5);

/// One step on one instance, under way.
pub(super) struct Run<'run> {
    pub(super) parts: &'run Parts,
    pub(super) options: &'run Options,
    pub(super) guards: &'run Guards,
    pub(super) knowledge: Knowledge,
    pub(super) instance: Instance,
    /// Uniform, for jitter.
    pub(super) dice: u32,
    /// So far.
    pub(super) outcome: Outcome,
}

/// How a step went, to count by.
#[derive(Clone, Copy, Default)]
pub(super) enum Outcome {
    /// It did what it was to do.
    #[default]
    Done,
    /// The provisioner failed, or the workload did not answer as it should.
    Failed,
    /// It could not be done for a reason outside the instance.
    HeldUp,
    /// A user was faster.
    Overtaken,
    /// It could not be written down.
    Unwritten,
}

impl Outcome {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::HeldUp => "held_up",
            Self::Overtaken => "overtaken",
            Self::Unwritten => "unwritten",
        }
    }
}

impl Run<'_> {
    /// Does it. The answer says when to look again at the latest; what was written down may want
    /// it earlier.
    pub(super) async fn run(&mut self, step: Step) -> Option<Timestamp> {
        match step {
            Step::Rest => None,
            Step::Wait(at) => Some(at),
            Step::Record(fact) => self.record(fact).await,
            Step::Create(intent) => self.create(intent).await,
            Step::Inspect(doubt) => self.inspect(doubt).await,
            Step::Look => self.look().await,
            Step::RemoveOrphan if self.planted(Fault::ForgetsTheOldWorkload) => {
                self.removed(Fact::OrphanRemoved).await
            }
            Step::RemoveOrphan => self.remove(Fact::OrphanRemoved).await,
            Step::Delete => self.remove(Fact::DeleteSucceeded).await,
        }
    }

    async fn create(&mut self, intent: Fact) -> Option<Timestamp> {
        let (entry, secrets) = match self.admit() {
            Ok(prepared) => prepared,
            Err(failure) => return self.held_up(&failure).await,
        };
        if self.planted(Fault::ActsBeforeTheIntent) {
            drop(entry.provisioner.create(&self.order(Arc::clone(&secrets))).await);
        }
        // Intent before effect.
        let pause = self.record(intent).await;
        if !matches!(self.instance.status.phase, Phase::Creating { doubt: None, .. }) {
            self.guards.not_asked(&entry.name, self.now());
            return pause;
        }
        let outcome = self.heard(&entry, entry.provisioner.create(&self.order(secrets)).await).await;
        let came = outcome.as_ref().map(|creation| creation.outcome.as_str());
        self.parts.metrics.create(&entry.name, came);
        let now = self.now();
        let fact = match outcome {
            Ok(creation) => match (creation.outcome, creation.workload) {
                (CreateOutcome::Created | CreateOutcome::Adopted, Some(workload)) => Fact::CreateSucceeded {
                    workload,
                    adopted: creation.outcome == CreateOutcome::Adopted,
                    warnings: creation.warnings,
                },
                _ => Fact::CreatePending {
                    inspect_at: now.plus(PENDING_PAUSE),
                    cause: Cause::new("Pending", "the provisioner is making the workload"),
                },
            },
            Err(failure) => after_create_failed(failure, &self.instance, now, self.dice, self.options),
        };
        self.record(fact).await
    }

    async fn inspect(&mut self, doubt: Doubt) -> Option<Timestamp> {
        let (entry, secrets) = match self.admit() {
            Ok(prepared) => prepared,
            Err(failure) => return self.held_up(&failure).await,
        };
        let target = self.instance.target(self.parts.lifecycle.owner());
        let observation = self.heard(&entry, entry.provisioner.inspect(&target, &secrets).await).await;
        let now = self.now();
        let fact = match observation {
            Ok(Observation { state, workload: Some(workload), .. }) if !state.is_down() => {
                Fact::CreateSucceeded { workload, adopted: true, warnings: Vec::new() }
            }
            Ok(Observation { state: WorkloadState::Absent, .. })
                if !is_settled(&doubt, now, self.options) =>
            {
                return Some(doubt.settled_at.min(now.plus(PENDING_PAUSE)));
            }
            Ok(Observation { state: WorkloadState::Absent, .. }) if doubt.interrupted => {
                // Nothing failed but this daemon: made again, that is the same attempt.
                return Box::pin(
                    self.create(Fact::CreateStarted { deadline: now.plus(self.options.create_deadline) }),
                )
                .await;
            }
            Ok(Observation { state: WorkloadState::Absent, .. }) => {
                again(&self.instance, doubt.cause, None, now, self.dice, self.options)
            }
            Ok(observation) if observation.state.is_down() => {
                again(&self.instance, look::why_it_is_down(&observation), None, now, self.dice, self.options)
            }
            Ok(_) => return Some(now.plus(PENDING_PAUSE)),
            Err(failure) if matches!(failure.kind, FailureKind::Foreign | FailureKind::OrphanSuspected) => {
                after_create_failed(failure, &self.instance, now, self.dice, self.options)
            }
            // An outage: the creation waits for its own deadline.
            Err(failure) => return self.held_up(&failure).await,
        };
        self.record(fact).await
    }

    async fn look(&mut self) -> Option<Timestamp> {
        let (entry, secrets) = match self.prepare() {
            Ok(prepared) => prepared,
            Err(failure) => return self.held_up(&failure).await,
        };
        let answer = look::probe(&*self.parts.prober, &self.instance, &entry, &self.knowledge).await;
        for rung in &answer.rungs {
            if let Some(latency) = rung.latency {
                self.parts.metrics.rung(rung.kind, rung.status, latency);
            }
        }
        let now = self.now();
        self.knowledge.era = answer.era.or(self.knowledge.era);
        let observation =
            if look::wants_inspection(&answer, &self.knowledge, now, self.options.inspect_interval) {
                self.knowledge.inspected_at = Some(now);
                let observation = match self.guards.permit(&entry.name, now) {
                    Ok(()) => {
                        let target = self.instance.target(self.parts.lifecycle.owner());
                        let observation = entry.provisioner.inspect(&target, &secrets).await;
                        self.heard(&entry, observation).await
                    }
                    // Nobody can be asked: what was known of the workload is not known any more.
                    Err(paused) => Err(paused),
                };
                self.knowledge.backend_is_away = observation.is_err();
                Some(observation)
            } else {
                None
            };
        if !answer.is_healthy() {
            self.outcome = Outcome::Failed;
        }
        let mut seen = Seen { answer, observation };
        seen.redact(&secrets);
        let now = self.now();
        if let Some(sighting) = look::sighting(&seen, now) {
            self.parts.lifecycle.sighted(self.instance.id, sighting);
        }
        self.count_silence(&entry, &seen).await;
        let fact =
            look::judge(&self.instance, &seen, &mut self.knowledge, now, self.options.recovery.stable_after);
        let next =
            look::next_look(&self.instance, &self.knowledge, seen.answer.is_healthy(), now, self.share());
        self.knowledge.next_look = next;
        match fact {
            Some(fact) => Some(self.record(fact).await.unwrap_or(next)),
            None => Some(next),
        }
    }

    /// Has the workload removed; `done` is what is true then.
    async fn remove(&mut self, done: Fact) -> Option<Timestamp> {
        let (entry, secrets) = match self.admit() {
            Ok(prepared) => prepared,
            Err(failure) => return self.held_up(&failure).await,
        };
        self.keep_output(None).await;
        let target = self.instance.target(self.parts.lifecycle.owner());
        let outcome = self.heard(&entry, entry.provisioner.destroy(&target, &secrets).await).await;
        self.parts.metrics.destroy(&entry.name, &outcome);
        match outcome {
            Ok(true) => self.removed(done).await,
            Ok(false) => Some(self.now().plus(PENDING_PAUSE)),
            Err(_) if done == Fact::DeleteSucceeded && self.planted(Fault::RecordsAFailedDeleteAsDone) => {
                self.removed(done).await
            }
            // Gone already, or never ours: nothing of ours is left under that name.
            Err(failure) if matches!(failure.kind, FailureKind::NotFound | FailureKind::Foreign) => {
                self.removed(done).await
            }
            // A new workload need not wait for what holds the old name.
            Err(failure) if failure.kind == FailureKind::OrphanSuspected && done == Fact::OrphanRemoved => {
                let now = self.now();
                let renamed = after_create_failed(failure, &self.instance, now, self.dice, self.options);
                self.record(renamed).await
            }
            Err(failure) => self.destroy_failed(&failure).await,
        }
    }

    async fn removed(&mut self, done: Fact) -> Option<Timestamp> {
        self.knowledge.destroy_tries = 0;
        self.record(done).await
    }

    /// Never given up: tried again, later and later up to the cap.
    async fn destroy_failed(&mut self, failure: &Failure) -> Option<Timestamp> {
        let delay = self.options.recovery.delay(self.knowledge.destroy_tries, self.dice | 0x4000_0000);
        self.knowledge.destroy_tries = self.knowledge.destroy_tries.saturating_add(1);
        let delay = delay.max(failure.retry_after.unwrap_or_default());
        let cause = Cause::new(camel_case(&failure.code), failure.message.clone());
        self.record(Fact::DestroyFailed { not_before: self.now().plus(delay), cause }).await
    }

    /// The step could not be done for a reason outside the instance: said once, tried again.
    async fn held_up(&mut self, failure: &Failure) -> Option<Timestamp> {
        self.outcome = Outcome::HeldUp;
        let now = self.now();
        self.knowledge.next_look = now.plus(OUTSIDE_PAUSE);
        let condition = Condition {
            kind: ConditionKind::BackendReachable,
            status: ConditionStatus::False,
            reason: camel_case(&failure.code),
            message: failure.message.clone(),
            since: now,
            latency: None,
        };
        let known = self.instance.status.condition(ConditionKind::BackendReachable);
        if !known.is_some_and(|old| old.says_the_same_as(&condition)) {
            self.record(Fact::ConditionsChanged { conditions: vec![condition] }).await;
        }
        // Spread: what waits together does not come back together.
        let pause = OUTSIDE_PAUSE.max(failure.retry_after.unwrap_or_default());
        Some(now.plus(pause.mul_f32(1.0 + 0.5 * self.share())))
    }

    /// As [`prepare`](Self::prepare), for a step that calls the provisioner at once: it may be
    /// left alone for a while.
    fn admit(&self) -> Result<(ProvisionerEntry, Arc<Secrets>), Failure> {
        let (entry, secrets) = self.prepare()?;
        self.guards.permit(&entry.name, self.now())?;
        Ok((entry, secrets))
    }

    /// A call was made: what came of it says something about the backend, too.
    async fn heard<T>(
        &mut self,
        entry: &ProvisionerEntry,
        outcome: Result<T, Failure>,
    ) -> Result<T, Failure> {
        if outcome.is_err() {
            self.outcome = Outcome::Failed;
        }
        hearing::heard(self.parts, self.options, self.guards, entry, outcome).await
    }

    /// Whether many workloads of this provisioner went silent at once.
    async fn count_silence(&self, entry: &ProvisionerEntry, seen: &Seen) {
        let now = self.now();
        if matches!(seen.observation, Some(Ok(_))) {
            self.guards.inspected(&entry.name, now);
        }
        // One that never answered cannot fall silent.
        if !matches!(self.instance.status.phase, Phase::Running { .. } | Phase::Unhealthy { .. }) {
            return self.guards.forget(&entry.name, self.instance.id);
        }
        let phases = self.parts.lifecycle.phases_of(&entry.name);
        let of = |phase| phases.get(&phase).copied().unwrap_or_default();
        let workloads = of(PhaseKind::Running) + of(PhaseKind::Unhealthy);
        let turn = self.guards.probed(&self.instance, seen.is_silent(), workloads, now, self.options);
        hearing::show(self.parts, self.guards, entry);
        if let Some(turn) = turn {
            hearing::write_down(self.parts, turn).await;
        }
    }

    /// Uniform in `0..=1`.
    fn share(&self) -> f32 {
        f32::from(u16::try_from(self.dice >> 16).unwrap_or(0)) / f32::from(u16::MAX)
    }

    /// Whom to ask, and the values of the secrets.
    pub(super) fn prepare(&self) -> Result<(ProvisionerEntry, Arc<Secrets>), Failure> {
        let name = &self.instance.spec.provisioner;
        let set = self.parts.extensions.current();
        let entry = set.provisioners.get(name).cloned().ok_or_else(|| {
            let message = format!("the provisioner {name} is not configured: put its table back");
            Failure::new(FailureKind::NotApplied, message).with_code("provisioner_missing")
        })?;
        let (made_by, now) = (&self.instance.spec.plugin.name, &entry.plugin.name);
        if !entry.is_of(made_by) {
            let message = format!(
                "{name} is the plugin {now} now, and {made_by} made this instance: configure {made_by} again, and give {now} a table of its own"
            );
            return Err(Failure::new(FailureKind::NotApplied, message).with_code("provisioner_replaced"));
        }
        let secrets = self.parts.lifecycle.secrets(&self.instance).map_err(|error| {
            Failure::new(FailureKind::NotApplied, ErrorChain(&error).to_string())
                .with_code("store_unreadable")
        })?;
        Ok((entry, Arc::new(secrets)))
    }

    fn order(&self, secrets: Arc<Secrets>) -> CreateOrder {
        let target = self.instance.target(self.parts.lifecycle.owner());
        CreateOrder { id: self.instance.id, spec: Arc::clone(&self.instance.spec), target, secrets }
    }

    fn planted(&self, fault: Fault) -> bool {
        self.options.planted.is(fault)
    }

    /// Writes down what happened. A user may have been faster: then this has no effect, and the
    /// next look sees the truth.
    async fn record(&mut self, fact: Fact) -> Option<Timestamp> {
        if let Fact::GaveUp { error, .. } = &fact {
            self.keep_output(Some(error)).await;
        }
        let seen = Some(self.instance.revision);
        let recovery = match &fact {
            Fact::RecoveryScheduled { .. } => Some("scheduled"),
            Fact::GaveUp { .. } => Some("gave_up"),
            _ => None,
        };
        match self.parts.lifecycle.record(self.instance.id, seen, fact).await {
            Ok(Some(instance)) => {
                if let Some(outcome) = recovery {
                    self.parts.metrics.recover(&instance.spec.provisioner, outcome);
                }
                self.instance = instance;
                None
            }
            Ok(None) | Err(lifecycle::Error::NotFound) => None,
            Err(error @ (lifecycle::Error::Stale { .. } | lifecycle::Error::Refused(_))) => {
                self.outcome = Outcome::Overtaken;
                tracing::debug!(instance = %self.instance.id, %error, "a step was overtaken");
                Some(self.now())
            }
            Err(lifecycle::Error::Store(error)) => {
                self.outcome = Outcome::Unwritten;
                tracing::error!(instance = %self.instance.id, error = %ErrorChain(&error), "what happened could not be written down");
                Some(self.now().plus(OUTSIDE_PAUSE))
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }
}
