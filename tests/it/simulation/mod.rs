//! A seeded simulation: the real reconciler, lifecycle and store over a fake backend in rough
//! weather, with deletes, restarts, dying workloads and killed daemons in between.
//!
//! A failure prints its seed: `SIMULATION_SEED=n cargo test … simulation` repeats it.

mod outages;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wharfinger::domain::{
    Event, Fact, HealthPolicy, InstanceId, PhaseKind, PluginIdentity, Query, RecoveryPolicy, Secrets, Spec,
    Template, Timestamp,
};
use wharfinger::extension::Extensions;
use wharfinger::lifecycle::Lifecycle;
use wharfinger::reconciler::{self, Parts, Reconciler};
use wharfinger::runtime::{Activator, Clock as _, Metrics, Tasks};
use wharfinger::store;
use wharfinger_tests::options;

pub(crate) use world::{SimulatedClock, World};

const SEEDS: u64 = 24;
const STEPS: usize = 300;
pub(crate) const MAX_ATTEMPTS: u32 = 5;

/// One daemon, from its start until it is killed.
pub(crate) struct Life {
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) reconciler: Reconciler,
    world: World,
}

impl Life {
    fn start(dir: &Path, world: &World, clock: &SimulatedClock, seed: u64) -> Self {
        Self::over(dir, Arc::new(world.clone()), world, clock, seed)
    }

    /// A daemon whose provisioners are `extensions`, which may do worse than the world does.
    pub(crate) fn over(
        dir: &Path,
        extensions: Arc<dyn Extensions>,
        world: &World,
        clock: &SimulatedClock,
        seed: u64,
    ) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let bell = Activator::new();
        let options =
            store::Options { cache: 8 << 20, queue: 64, batch: 16, events: 1_000_000, ..options::store(dir) };
        let metrics = Metrics::default();
        let lifecycle = loop {
            match Lifecycle::open(options.clone(), Arc::new(clock.clone()), bell.clone(), metrics.clone()) {
                Ok(lifecycle) => break lifecycle,
                // The killed daemon's writer lets go of the file a moment later.
                Err(store::Error::InUse { .. }) => std::thread::sleep(Duration::from_millis(1)),
                Err(error) => panic!("the store does not open: {error}"),
            }
        };
        let options = reconciler::Options {
            max_steps: 8,
            recovery: RecoveryPolicy { max_attempts: MAX_ATTEMPTS, ..RecoveryPolicy::default() },
            ..options::reconciler()
        };
        let parts = Parts {
            lifecycle: lifecycle.clone(),
            extensions,
            prober: Arc::new(world.clone()),
            clock: Arc::new(clock.clone()),
            tasks: Tasks::default(),
            bell,
            metrics,
        };
        let reconciler = Reconciler::new(options, parts, seed);
        Self { runtime, lifecycle, reconciler, world: world.clone() }
    }

    /// One pass, and its steps as far as they come.
    fn pass(&self) {
        self.runtime.block_on(async {
            self.reconciler.pass().await;
            // Steps that never come back are what the next kill finds; all others are waited for.
            let begun = Instant::now();
            while tokio::time::timeout(Duration::from_millis(15), self.reconciler.idle()).await.is_err() {
                if self.world.hanging() > 0 {
                    break;
                }
                assert!(begun.elapsed() < Duration::from_secs(30), "a step does not end");
            }
        });
    }

    /// Holds the world against the records, as far as the weather lets it.
    pub(crate) fn sweep(&self) {
        self.runtime.block_on(self.reconciler.sweep(true));
    }

    pub(crate) fn kill(self) {
        let Self { runtime, lifecycle, reconciler, world } = self;
        runtime.shutdown_background();
        drop((lifecycle, reconciler));
        world.daemon_died();
    }

    pub(crate) fn instances(&self) -> Vec<wharfinger::domain::Instance> {
        let query = Query { limit: 10_000, ..Query::default() };
        self.runtime.block_on(self.lifecycle.list(query)).unwrap().instances
    }
}

pub(crate) fn spec(name: &str) -> Spec {
    let template = Template {
        name: "t".parse().unwrap(),
        description: String::new(),
        provisioner: None,
        image: None,
        command: Vec::new(),
        port: 1,
        path: "/mcp".to_owned(),
        transport: "streamable-http".to_owned(),
        environment: BTreeMap::new(),
        labels: BTreeMap::new(),
        resources: BTreeMap::new(),
        health: HealthPolicy::default(),
        inputs: Vec::new(),
    };
    Spec {
        name: name.parse().unwrap(),
        description: None,
        template,
        provisioner: "world".parse().unwrap(),
        plugin: PluginIdentity { name: "world".to_owned(), digest: "sha256:0".to_owned() },
        environment: BTreeMap::new(),
        secret_names: Vec::new(),
        labels: BTreeMap::new(),
        admission: Vec::new(),
        created_at: Timestamp(0),
    }
}

/// Plays one seed; answers with what happened, for the test of the test.
fn play(seed: u64) -> (u64, u64, u64, usize) {
    let dir = tempfile::tempdir().unwrap();
    let clock = SimulatedClock::default();
    let world = World::new(seed, clock.clone());
    let mut random = fastrand::Rng::with_seed(seed ^ 0x5eed);
    let mut life = Life::start(dir.path(), &world, &clock, seed);
    let (mut wanted, mut deleted, mut kills) = (BTreeSet::new(), BTreeSet::new(), 0);
    for step in 0..STEPS {
        match random.u8(..100) {
            0..15 => {
                let id = InstanceId::from_u128((u128::try_from(step).unwrap() << 64) | u128::from(seed));
                let accept =
                    life.lifecycle.accept(id, Arc::new(spec(&format!("i{step}"))), Secrets::default());
                life.runtime.block_on(accept).unwrap();
                wanted.insert(id);
            }
            15..22 => {
                if let Some(id) = random.choice(wanted.iter().copied().collect::<Vec<_>>()) {
                    life.runtime.block_on(life.lifecycle.record(id, None, Fact::DeleteRequested)).unwrap();
                    wanted.remove(&id);
                    deleted.insert(id);
                }
            }
            22..27 => {
                if let Some(id) = random.choice(wanted.iter().copied().collect::<Vec<_>>()) {
                    // Refused where it stands is fine.
                    let _ = life.runtime.block_on(life.lifecycle.record(id, None, Fact::RestartRequested));
                }
            }
            27..35 => world.kill(random.f32()),
            35..38 => {
                life.kill();
                kills += 1;
                life = Life::start(dir.path(), &world, &clock, random.u64(..));
            }
            38..40 => world.set_away(random.bool()),
            40..42 => world.set_blackout(random.bool()),
            _ => clock.advance_to(clock.now().plus(Duration::from_millis(random.u64(..4_000)))),
        }
        match random.u8(..20) {
            0 => life.sweep(),
            1..11 => life.pass(),
            _ => {}
        }
        for instance in life.instances() {
            assert!(instance.status.attempt <= MAX_ATTEMPTS, "attempts pass their bound: {instance:?}");
            assert!(
                wanted.contains(&instance.id) || deleted.contains(&instance.id),
                "nobody asked for {instance:?}"
            );
        }
    }
    world.calm();
    // Calls that never come back die with their daemon.
    life.kill();
    life = Life::start(dir.path(), &world, &clock, seed);
    settle(&life, &clock);
    check(&life, &world, &wanted);
    let (creates, faults, stuck) = world.counts();
    life.kill();
    (creates, faults, stuck, kills)
}

/// Lets time pass until nothing is left to do; failed instances are retried, as a user would.
fn settle(life: &Life, clock: &SimulatedClock) {
    for _ in 0..2_000 {
        let instances = life.instances();
        for instance in &instances {
            if instance.status.phase.kind() == PhaseKind::Failed {
                life.runtime
                    .block_on(life.lifecycle.record(instance.id, None, Fact::RetryRequested))
                    .unwrap();
            }
        }
        life.sweep();
        // Longer than an interval, so that a dead workload was noticed.
        let quiet = instances.iter().all(|instance| {
            instance.status.phase.kind() == PhaseKind::Running
                && clock.now().since(instance.status.updated_at) > Duration::from_secs(60)
        });
        if quiet {
            return;
        }
        let next = life.lifecycle.next_due().unwrap_or(clock.now());
        clock.advance_to(next.max(clock.now().plus(Duration::from_millis(50))));
        life.pass();
    }
    panic!(
        "it never comes to rest: {:#?}",
        life.instances().iter().map(|instance| &instance.status).collect::<Vec<_>>()
    );
}

fn check(life: &Life, world: &World, wanted: &BTreeSet<InstanceId>) {
    let instances = life.instances();
    let ids: BTreeSet<InstanceId> = instances.iter().map(|instance| instance.id).collect();
    assert_eq!(&ids, wanted, "every wanted instance is there, and no deleted one");
    let mut inside: Vec<String> =
        instances.iter().map(|instance| instance.status.workload_name.to_string()).collect();
    inside.sort();
    assert_eq!(world.workloads(), inside, "workloads outside = records inside");
    let mut revisions = Vec::new();
    let mut last = 0;
    for instance in &instances {
        let events = life.lifecycle.events_of(instance.id).unwrap();
        let from = |event: &Event| event.subject.as_ref().unwrap().from;
        let to = |event: &Event| event.subject.as_ref().map(|subject| subject.to);
        assert_eq!(events.last().unwrap().revision, instance.revision);
        assert!(
            events
                .windows(2)
                .all(|pair| pair[0].revision < pair[1].revision && to(&pair[0]) == from(&pair[1]))
        );
        last = last.max(instance.revision.0);
        revisions.extend(events.into_iter().map(|event| event.revision.0));
    }
    let unique: BTreeSet<u64> = revisions.iter().copied().collect();
    assert_eq!(unique.len(), revisions.len(), "no revision is used twice");
    assert!(unique.last().is_none_or(|revision| *revision <= last));
}

#[test]
fn after_calm_the_world_is_what_was_asked_for() {
    if let Ok(seed) = std::env::var("SIMULATION_SEED") {
        play(seed.parse().expect("SIMULATION_SEED is a number"));
        return;
    }
    let mut total = (0, 0, 0, 0);
    for seed in 0..SEEDS {
        eprintln!("seed {seed}");
        let (creates, faults, stuck, kills) = play(seed);
        total = (total.0 + creates, total.1 + faults, total.2 + stuck, total.3 + kills);
    }
    // A simulation in which nothing happens proves nothing.
    let (creates, faults, stuck, kills) = total;
    assert!(creates > 500 && faults > 200 && stuck > 5 && kills > 50, "{total:?}");
}
