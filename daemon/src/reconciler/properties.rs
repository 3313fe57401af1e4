//! Properties of the plan over a model of the world: whatever the backend does, users ask and
//! daemons die of, what the plan decides can be written down and keeps the invariants.

use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::plan::{Step, after_create_failed, again, is_settled, plan};
use super::{Options, Planted};
use crate::domain::{
    BreakerPolicy, Cause, Doubt, Fact, Failure, FailureKind, Instance, InstanceId, OwnerId, Phase, PhaseKind,
    RecoveryPolicy, Revision, Spec, Status, Timestamp, Workload, WorkloadName,
};

const OWNER: OwnerId = OwnerId::from_u128(7);

fn options() -> Options {
    Options {
        settle: Duration::from_secs(3),
        full_pass: Duration::from_secs(60),
        max_steps: 1,
        create_deadline: Duration::from_secs(60),
        inspect_interval: Duration::from_secs(30),
        sweep: Duration::from_secs(300),
        recovery: RecoveryPolicy { max_attempts: 3, ..RecoveryPolicy::default() },
        freeze_period: Duration::from_secs(30),
        breaker: BreakerPolicy::default(),
        planted: Planted::default(),
    }
}

/// What stands outside under the instance's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outside {
    Nothing,
    /// It comes then.
    Late(Timestamp),
    Runs,
    Ended,
}

struct Model {
    options: Options,
    instance: Instance,
    outside: Outside,
    now: Timestamp,
    /// Of the next choices.
    dice: fastrand::Rng,
}

impl Model {
    fn new(seed: u64) -> Self {
        let (id, now) = (InstanceId::from_u128(1), Timestamp(1_000_000));
        let status = Status::requested(WorkloadName::of(OWNER, id), now);
        let instance =
            Instance { id, spec: Arc::new(Spec::example("i", "there")), status, revision: Revision(1) };
        let dice = fastrand::Rng::with_seed(seed);
        Self { options: options(), instance, outside: Outside::Nothing, now, dice }
    }

    fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.dice.usize(..choices.len())]
    }

    fn pass_time(&mut self, at_most: Duration) {
        let ms = self.dice.u64(..u64::try_from(at_most.as_millis()).unwrap());
        self.now = self.now.plus(Duration::from_millis(ms));
        if matches!(self.outside, Outside::Late(at) if at <= self.now) {
            self.outside = Outside::Runs;
        }
    }

    /// Writes it down; false: it cannot happen there.
    fn apply(&mut self, fact: &Fact) -> bool {
        let Ok(status) = self.instance.status.clone().apply(fact, self.now) else { return false };
        self.instance.status = status;
        self.instance.revision.0 += 1;
        true
    }

    /// What the plan decided, or what came of it: nobody was faster, so it must be possible.
    fn record(&mut self, fact: &Fact) {
        let before = self.instance.status.phase.kind();
        assert!(self.apply(fact), "{before} cannot take {fact:?}");
    }

    /// As the last, after a call: a user may have been faster, and only some facts count then.
    fn outcome(&mut self, fact: &Fact) {
        if self.dice.u8(..8) == 0 && self.apply(&Fact::DeleteRequested) {
            if fact.outlives_its_plan() {
                self.apply(fact);
            }
            return;
        }
        self.record(fact);
    }

    fn user(&mut self) {
        let fact = self.one_of(&[0, 1, 2]);
        self.apply(&[Fact::DeleteRequested, Fact::RestartRequested, Fact::RetryRequested][fact]);
    }

    fn workload(&self) -> Workload {
        let name = self.instance.status.workload_name.to_string();
        Workload { id: name.clone(), name, url: None, port: None, details: [].into() }
    }

    fn create(&mut self, intent: &Fact) {
        self.record(intent);
        if self.outside == Outside::Nothing {
            let soon = self.now.plus(Duration::from_millis(self.dice.u64(1..2_900)));
            self.outside =
                self.one_of(&[Outside::Nothing, Outside::Late(soon), Outside::Runs, Outside::Ended]);
        }
        // The daemon dies before it hears of it. The next one takes it up before a user can ask; were
        // one faster, with a delete, a late effect would be the sweep's.
        if self.dice.u8(..6) == 0 {
            return self.step();
        }
        let workload = self.workload();
        let succeeded = Fact::CreateSucceeded { workload, adopted: false, warnings: Vec::new() };
        let fact = match self.outside {
            Outside::Runs | Outside::Ended if self.dice.bool() => succeeded,
            Outside::Nothing => {
                let kinds = [
                    FailureKind::NotApplied,
                    FailureKind::OutcomeUnknown,
                    FailureKind::Invalid,
                    FailureKind::OrphanSuspected,
                ];
                let which = self.dice.usize(..kinds.len());
                self.failed(kinds[which].clone())
            }
            _ => self.failed(FailureKind::OutcomeUnknown),
        };
        self.outcome(&fact);
    }

    fn failed(&mut self, kind: FailureKind) -> Fact {
        let dice = self.dice.u32(..);
        after_create_failed(Failure::new(kind, "no"), &self.instance, self.now, dice, &self.options)
    }

    fn inspect(&mut self, doubt: Doubt) {
        let dice = self.dice.u32(..);
        let fact = match self.outside {
            Outside::Runs => {
                Fact::CreateSucceeded { workload: self.workload(), adopted: true, warnings: Vec::new() }
            }
            Outside::Ended => again(&self.instance, doubt.cause, None, self.now, dice, &self.options),
            _ if !is_settled(&doubt, self.now, &self.options) => return,
            _ if doubt.interrupted => {
                let deadline = self.now.plus(self.options.create_deadline);
                return self.create(&Fact::CreateStarted { deadline });
            }
            _ => again(&self.instance, doubt.cause, None, self.now, dice, &self.options),
        };
        self.outcome(&fact);
    }

    fn look(&mut self) {
        let cause = Cause::new("NoAnswer", "no answer");
        let ladder = Vec::new();
        let phase = self.instance.status.phase.kind();
        let fact = match (self.outside, phase) {
            (Outside::Runs, PhaseKind::Created | PhaseKind::Unhealthy) => Fact::BecameHealthy { ladder },
            (Outside::Runs, PhaseKind::Running) if self.dice.bool() => Fact::Stabilised,
            (Outside::Runs, PhaseKind::Running) => {
                Fact::BecameUnhealthy { recoverable: false, cause, ladder }
            }
            (Outside::Runs, _) => return,
            _ => Fact::BecameUnhealthy { recoverable: true, cause, ladder },
        };
        self.outcome(&fact);
    }

    fn remove(&mut self, done: &Fact) {
        let cause = Cause::new("No", "no");
        let failed = Fact::DestroyFailed { not_before: self.now.plus(Duration::from_secs(1)), cause };
        match self.one_of(&[0, 1, 2]) {
            0 => self.outcome(&failed),
            effect => {
                if !matches!(self.outside, Outside::Late(_)) {
                    self.outside = Outside::Nothing;
                }
                // Its answer may be lost, and the daemon may die.
                match effect {
                    1 => self.outcome(done),
                    _ if self.dice.bool() => self.outcome(&failed),
                    _ => {}
                }
            }
        }
    }

    fn step(&mut self) {
        let dice = self.dice.u32(..);
        match plan(&self.instance, self.now, None, self.now, dice, &self.options) {
            Step::Rest => {}
            Step::Wait(at) => {
                assert!(at > self.now, "a wait is in the future");
                self.pass_time(at.since(self.now) + Duration::from_millis(1));
            }
            Step::Record(fact) => self.record(&fact),
            Step::Create(intent) => self.create(&intent),
            Step::Inspect(doubt) => self.inspect(doubt),
            Step::Look => self.look(),
            Step::RemoveOrphan => self.remove(&Fact::OrphanRemoved),
            Step::Delete => self.remove(&Fact::DeleteSucceeded),
        }
    }

    fn judge(&self, creations: u32) {
        let Status { phase, attempt, .. } = &self.instance.status;
        let there = matches!(self.outside, Outside::Runs | Outside::Ended);
        assert!(!there || phase.workload_may_exist(), "{phase:?}, and outside there is {:?}", self.outside);
        assert!(*attempt <= self.options.recovery.max_attempts, "{attempt} attempts");
        assert!(self.instance.status.creations >= creations);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_planned_can_be_done_and_no_workload_is_forgotten(
        seed in any::<u64>(),
        moves in vec(0_u8..20, 1..120),
    ) {
        let mut model = Model::new(seed);
        for chosen in moves {
            let creations = model.instance.status.creations;
            match chosen {
                0 => model.user(),
                1 if model.outside == Outside::Runs => model.outside = Outside::Ended,
                2 | 3 => model.pass_time(Duration::from_secs(90)),
                _ => model.step(),
            }
            model.judge(creations);
            if model.instance.status.phase == Phase::Gone {
                prop_assert_eq!(model.outside, Outside::Nothing, "what is gone is gone");
                break;
            }
        }
    }
}
