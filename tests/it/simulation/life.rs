//! One daemon of the simulation, from its start until it is killed: the real reconciler, lifecycle
//! and store.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::broadcast::error::RecvError;
use wharfinger::domain::{Instance, PhaseKind, Query, RecoveryPolicy, Spec};
use wharfinger::extension::Extensions;
use wharfinger::lifecycle::Lifecycle;
use wharfinger::reconciler::{self, Parts, Planted, Reconciler};
use wharfinger::runtime::{Activator, Clock as _, Metrics, Tasks};
use wharfinger::store;
use wharfinger_tests::options;

use super::clock::SimulatedClock;
use super::invariants::{Invariant, Verdict, Violation, hold};
use super::world::World;

/// Few, so that they are used up now and then.
pub(crate) const MAX_ATTEMPTS: u32 = 3;

/// One daemon.
pub(crate) struct Life {
    pub(crate) runtime: tokio::runtime::Runtime,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) reconciler: Reconciler,
    #[cfg(feature = "planted-faults")]
    pub(crate) metrics: Metrics,
    world: World,
}

/// What a daemon is made of.
#[derive(Clone)]
pub(crate) struct Birth {
    pub(crate) world: World,
    pub(crate) clock: SimulatedClock,
    /// Decides its jitter.
    pub(crate) seed: u64,
    /// What is wrong with it.
    pub(crate) planted: Planted,
    /// What is wrong with its disk.
    pub(crate) disk: store::Planted,
}

impl Birth {
    pub(crate) fn new(world: &World, clock: &SimulatedClock, seed: u64) -> Self {
        Self {
            world: world.clone(),
            clock: clock.clone(),
            seed,
            planted: Planted::default(),
            disk: store::Planted::default(),
        }
    }
}

impl Life {
    pub(crate) fn start(dir: &Path, birth: &Birth) -> Self {
        Self::over(dir, Arc::new(birth.world.clone()), birth)
    }

    /// A daemon whose provisioners are `extensions`, which may do worse than the world does.
    pub(crate) fn over(dir: &Path, extensions: Arc<dyn Extensions>, birth: &Birth) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let bell = Activator::new();
        let options = store::Options {
            cache: 8 << 20,
            queue: 64,
            batch: 16,
            events: 1_000_000,
            retry: Duration::from_millis(1),
            planted: birth.disk,
            ..options::store(dir)
        };
        let clock = Arc::new(birth.clock.clone());
        let metrics = Metrics::default();
        let lifecycle = loop {
            match Lifecycle::open(options.clone(), clock.clone(), bell.clone(), metrics.clone()) {
                Ok(lifecycle) => break lifecycle,
                // The killed daemon's writer lets go of the file a moment later.
                Err(store::Error::InUse { .. }) => std::thread::sleep(Duration::from_millis(1)),
                Err(error) => panic!("the store does not open: {error}"),
            }
        };
        birth.world.meet(lifecycle.clone());
        let options = reconciler::Options {
            max_steps: 8,
            recovery: RecoveryPolicy { max_attempts: MAX_ATTEMPTS, ..RecoveryPolicy::default() },
            planted: birth.planted,
            ..options::reconciler()
        };
        let parts = Parts {
            lifecycle: lifecycle.clone(),
            extensions,
            prober: Arc::new(birth.world.clone()),
            clock,
            tasks: Tasks::default(),
            bell,
            metrics: metrics.clone(),
        };
        let reconciler = Reconciler::new(options, parts, birth.seed);
        Self {
            runtime,
            lifecycle,
            reconciler,
            #[cfg(feature = "planted-faults")]
            metrics,
            world: birth.world.clone(),
        }
    }

    /// One pass, and its steps as far as they come; true: the daemon died in the midst of it.
    pub(crate) fn pass(&self) -> bool {
        self.drive(async {
            self.reconciler.pass().await;
            self.quiet().await;
        })
    }

    /// The world is held against the records; true: the daemon died in the midst of it.
    pub(crate) fn sweep(&self) -> bool {
        self.drive(async {
            self.reconciler.sweep(true).await;
        })
    }

    fn drive(&self, work: impl Future<Output = ()>) -> bool {
        self.runtime.block_on(async {
            let mut events = self.lifecycle.subscribe();
            let commits = async {
                loop {
                    match events.recv().await {
                        Ok(_) if self.world.burns_down() => return,
                        Ok(_) | Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => std::future::pending().await,
                    }
                }
            };
            tokio::select! {
                biased;
                () = commits => true,
                () = self.world.death() => true,
                () = work => false,
            }
        })
    }

    /// Waits until all that is under way waits for something outside.
    async fn quiet(&self) {
        // Whoever was woken gets a turn first.
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
        let begun = Instant::now();
        while self.reconciler.under_way() > self.world.hanging() {
            assert!(begun.elapsed() < Duration::from_secs(60), "a step does not end");
            tokio::task::yield_now().await;
            std::thread::yield_now();
        }
    }

    pub(crate) fn kill(self) {
        let Self { runtime, lifecycle, reconciler, world, .. } = self;
        runtime.shutdown_background();
        drop((lifecycle, reconciler));
        world.daemon_died();
    }

    pub(crate) fn instances(&self) -> Vec<Instance> {
        let query = Query { limit: 10_000, ..Query::default() };
        self.runtime.block_on(self.lifecycle.list(query)).unwrap().instances
    }
}

/// For a store, in memory where that can be: what a disk does is another test's business.
pub(crate) fn directory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

/// Lets time pass until nothing is left to do; failed instances are retried, as a user would. It
/// must not take longer than `patience`. `after_each` judges every pass.
pub(crate) fn settle(
    life: &Life,
    clock: &SimulatedClock,
    patience: Duration,
    mut after_each: impl FnMut() -> Verdict,
) -> Verdict {
    /// The nets below the agenda and below the records are cast so often.
    const NETS: Duration = Duration::from_secs(60);
    /// Longer than any interval, and than the latest effect of a call is late.
    const QUIET: Duration = Duration::from_secs(240);
    let begun = clock.passed();
    let (mut last, mut since, mut cast) = (None, begun, begun);
    loop {
        let instances = life.instances();
        for instance in &instances {
            if instance.status.phase.kind() == PhaseKind::Failed {
                let retry = wharfinger::domain::Fact::RetryRequested;
                life.runtime.block_on(life.lifecycle.record(instance.id, None, retry)).unwrap();
            }
        }
        let newest = instances.iter().map(|instance| instance.revision).max();
        if newest != last {
            (last, since) = (newest, clock.passed());
        }
        let running = |instance: &Instance| instance.status.phase.kind() == PhaseKind::Running;
        if instances.iter().all(running) && clock.passed() - since > QUIET {
            return Ok(());
        }
        hold(clock.passed() - begun <= patience, Invariant::ComesToRest, || {
            let standing: Vec<_> = instances.iter().map(|instance| &instance.status).collect();
            format!("after {patience:?} of calm: {standing:#?}")
        })?;
        let next = life.lifecycle.next_due().unwrap_or(clock.now());
        clock.advance(next.since(clock.now()).clamp(Duration::from_millis(50), NETS));
        let cast_now = clock.passed() - cast >= NETS;
        if cast_now {
            cast = clock.passed();
            life.reconciler.look_for_forgotten();
        }
        if life.pass() || (cast_now && life.sweep()) {
            return Err(Violation::of(Invariant::ComesToRest, "a daemon died in calm weather"));
        }
        after_each()?;
    }
}

pub(crate) fn spec(name: &str) -> Spec {
    wharfinger_tests::spec::bare(name, "world")
}
