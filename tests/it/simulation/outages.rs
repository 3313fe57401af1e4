//! What an outage must not do: fail anything, use up attempts, or end in a storm.

use std::sync::Arc;
use std::time::Duration;

use wharfinger::domain::{
    BreakerState, ConditionKind, ConditionStatus, Fact, InstanceId, PhaseKind, ProvisionerName,
    RecoveryPolicy, Secrets,
};
use wharfinger::runtime::Clock as _;

use super::clock::SimulatedClock;
use super::life::{Birth, Life, directory, settle, spec};
use super::world::World;

const SEED: u64 = 11;

struct Harbour {
    _dir: tempfile::TempDir,
    clock: SimulatedClock,
    world: World,
    life: Life,
}

impl Harbour {
    /// So many instances that run.
    fn with(instances: u64) -> Self {
        let dir = directory();
        let clock = SimulatedClock::default();
        let world = World::new(SEED, clock.clone());
        world.calm();
        let life = Life::start(dir.path(), &Birth::new(&world, &clock, SEED));
        let harbour = Self { _dir: dir, clock, world, life };
        (0..instances).for_each(|number| harbour.accept(number));
        harbour.settle();
        harbour
    }

    fn settle(&self) {
        const PATIENCE: Duration = Duration::from_secs(2 * 3_600);
        settle(&self.life, &self.clock, PATIENCE, || self.world.verdict()).unwrap();
    }

    fn id(number: u64) -> InstanceId {
        InstanceId::from_u128(u128::from(number) << 64 | 7)
    }

    fn accept(&self, number: u64) {
        let spec = Arc::new(spec(&format!("i{number}")));
        let accept = self.life.lifecycle.accept(Self::id(number), spec, Secrets::default());
        self.life.runtime.block_on(accept).unwrap();
    }

    /// Lets so much time pass, and asks after each pass.
    fn pass_time(&self, span: Duration, mut after_each: impl FnMut(&Self)) {
        let end = self.clock.now().plus(span);
        while self.clock.now() < end {
            let next = self.life.lifecycle.next_due().unwrap_or(end);
            self.clock.advance_to(next.max(self.clock.now().plus(Duration::from_millis(200))).min(end));
            self.life.pass();
            after_each(self);
        }
    }

    fn count(&self, phase: PhaseKind) -> usize {
        self.life.lifecycle.phases().get(&phase).copied().unwrap_or_default()
    }

    fn provisioner() -> ProvisionerName {
        "world".parse().unwrap()
    }

    fn condition(&self, number: u64, kind: ConditionKind) -> Option<(ConditionStatus, String)> {
        let instance = self.life.lifecycle.get(Self::id(number)).unwrap().unwrap();
        instance.status.condition(kind).map(|condition| (condition.status, condition.reason.clone()))
    }
}

#[test]
fn an_outage_of_the_backend_fails_nothing_and_uses_up_no_attempt() {
    let harbour = Harbour::with(8);
    harbour.world.kill(0.0);
    harbour.world.set_away(true);
    harbour.world.set_blackout(true);
    harbour
        .life
        .runtime
        .block_on(harbour.life.lifecycle.record(Harbour::id(7), None, Fact::DeleteRequested))
        .unwrap();
    harbour.pass_time(Duration::from_secs(3_600), |harbour| {
        assert_eq!(harbour.count(PhaseKind::Failed), 0);
        assert!(harbour.life.instances().iter().all(|instance| instance.status.attempt <= 1));
    });
    let outlook = harbour.life.lifecycle.outlook(&Harbour::provisioner());
    assert_ne!(outlook.breaker, BreakerState::Closed, "{outlook:?}");
    // A trial a minute, and those that paused it; not one call per instance and look.
    assert!(harbour.world.knocks() < 120, "{} calls to a backend that is away", harbour.world.knocks());
    assert_eq!(
        harbour.condition(1, ConditionKind::WorkloadObserved).unwrap(),
        (ConditionStatus::Unknown, "ProvisionerPaused".to_owned()),
        "an old value is not repeated as fresh"
    );
    assert_eq!(
        harbour.condition(1, ConditionKind::BackendReachable).unwrap(),
        (ConditionStatus::False, "ProvisionerPaused".to_owned())
    );
    harbour.world.set_away(false);
    harbour.world.set_blackout(false);
    harbour.settle();
    assert_eq!((harbour.count(PhaseKind::Running), harbour.world.workloads().len()), (7, 7));
    assert_eq!(harbour.life.lifecycle.outlook(&Harbour::provisioner()).breaker, BreakerState::Closed);
}

#[test]
fn a_create_waits_for_its_own_deadline_and_then_says_why() {
    let harbour = Harbour::with(1);
    harbour.world.set_away(true);
    harbour.accept(50);
    harbour.pass_time(Duration::from_secs(590), |harbour| assert_eq!(harbour.count(PhaseKind::Failed), 0));
    harbour.pass_time(Duration::from_secs(120), |_| {});
    let instance = harbour.life.lifecycle.get(Harbour::id(50)).unwrap().unwrap();
    let wharfinger::domain::Phase::Failed { error, .. } = &instance.status.phase else {
        panic!("{instance:?}")
    };
    assert_eq!(error.code, "create_deadline");
    assert!(error.message.contains("connection refused"), "{}", error.message);
    assert_eq!(instance.status.attempt, 0);
    assert_eq!(harbour.count(PhaseKind::Running), 1, "and only it");
}

#[test]
fn when_most_go_silent_at_once_recovery_freezes_but_what_is_reported_gone_is_made_anew() {
    let harbour = Harbour::with(8);
    harbour.world.set_blackout(true);
    let mut frozen = false;
    harbour.pass_time(Duration::from_secs(35), |harbour| {
        let outlook = harbour.life.lifecycle.outlook(&Harbour::provisioner());
        if outlook.frozen_since.is_some() && !frozen {
            frozen = true;
            harbour.world.kill(0.0);
        }
        assert!(harbour.life.lifecycle.recovering(&Harbour::provisioner()) <= 1, "only the one that is gone");
    });
    assert!(frozen, "it says so");
    harbour.world.set_blackout(false);
    harbour.settle();
    let anew = harbour.life.instances().iter().filter(|instance| instance.status.creations > 1).count();
    assert_eq!(anew, 1, "what was only silent was left alone");
    assert_eq!(harbour.life.lifecycle.outlook(&Harbour::provisioner()).frozen_since, None);
}

#[test]
fn what_stays_silent_while_the_backend_answers_is_made_anew_a_few_at_a_time() {
    let harbour = Harbour::with(40);
    harbour.world.set_blackout(true);
    let mut most = 0;
    harbour.pass_time(Duration::from_secs(120), |harbour| {
        most = most.max(harbour.life.lifecycle.recovering(&Harbour::provisioner()));
    });
    assert!((1..=RecoveryPolicy::limit(40)).contains(&most), "{most} at once");
    harbour.world.set_blackout(false);
    harbour.settle();
    assert_eq!((harbour.count(PhaseKind::Running), harbour.world.workloads().len()), (40, 40));
}

#[test]
fn all_that_died_at_once_come_back_a_few_at_a_time() {
    let harbour = Harbour::with(40);
    harbour.world.kill_all();
    let mut most = 0;
    harbour.pass_time(Duration::from_secs(300), |harbour| {
        most = most.max(harbour.life.lifecycle.recovering(&Harbour::provisioner()));
    });
    assert!((1..=RecoveryPolicy::limit(40)).contains(&most), "{most} at once");
    harbour.settle();
    assert_eq!((harbour.count(PhaseKind::Running), harbour.world.workloads().len()), (40, 40));
}
