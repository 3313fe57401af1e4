//! Crash points, as Oxide tests its sagas: one story is told once to learn every place where the
//! daemon writes or calls; then it is told again for each of them, with a death, a failure or a
//! repetition just there. What a user was told must be true afterwards, and nothing may be lost,
//! left over or done twice.
//!
//! A death before a write is a death after the call or write before it, so that the places before
//! and after every call, and after every commit, are all there are.

#[cfg(feature = "planted-faults")]
mod planted;
mod script;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use wharfinger::domain::{Fact, InstanceId, PhaseKind, Secrets};
use wharfinger::extension::Provisioner as _;
use wharfinger::lifecycle::Error;
use wharfinger::runtime::Clock as _;
use wharfinger::store;

use crate::simulation::{Birth, Life, Log, MAX_ATTEMPTS, SimulatedClock, World, directory, spec};
use script::{Mishap, Point, Script};

const SEED: u64 = 42;
/// Passes until the story must have come to rest.
const PATIENCE: usize = 400;

/// One telling of the story.
struct Story<'story> {
    disk: store::Planted,
    dir: &'story Path,
    clock: SimulatedClock,
    world: World,
    script: Script,
    life: Option<Life>,
    log: Log,
    deaths: usize,
}

impl<'story> Story<'story> {
    fn new(dir: &'story Path, point: Point, disk: store::Planted) -> Self {
        let clock = SimulatedClock::default();
        let world = World::new(SEED, clock.clone());
        world.calm();
        let script = Script::new(world.clone(), point);
        let mut story = Self { disk, dir, clock, world, script, life: None, log: Log::default(), deaths: 0 };
        story.start();
        story
    }

    fn start(&mut self) {
        let extensions = Arc::new(self.script.clone());
        let birth = Birth { disk: self.disk, ..Birth::new(&self.world, &self.clock, SEED) };
        let life = Life::over(self.dir, extensions, &birth);
        self.log.listen(&life);
        self.life = Some(life);
    }

    fn life(&self) -> &Life {
        self.life.as_ref().unwrap()
    }

    fn die(&mut self) {
        self.life.take().unwrap().kill();
        self.deaths += 1;
        self.start();
    }

    /// What a user asks for. A daemon that dies as it is committed does not answer: the user asks
    /// again, and may hear that it is so already.
    fn ask(&mut self, id: InstanceId, name: &str, fact: Option<Fact>) {
        for _ in 0..self.script.times() {
            self.ask_once(id, name, fact.as_ref());
        }
    }

    fn ask_once(&mut self, id: InstanceId, name: &str, fact: Option<&Fact>) {
        for _ in 0..2 {
            let life = self.life();
            let mut events = life.lifecycle.subscribe();
            let script = self.script.clone();
            let dies = life.runtime.block_on(async {
                // Refused because the disk takes no writes, it is asked again when it does.
                let refused = |outcome: Result<(), Error>| {
                    matches!(outcome, Err(Error::Store(store::Error::Unwritable)))
                };
                loop {
                    let outcome = match fact {
                        None => {
                            let accepted =
                                life.lifecycle.accept(id, Arc::new(spec(name)), Secrets::default()).await;
                            accepted.map(drop)
                        }
                        Some(fact) => life.lifecycle.record(id, None, fact.clone()).await.map(drop),
                    };
                    if !refused(outcome) {
                        break;
                    }
                    life.lifecycle.writable().await;
                }
                matches!(events.try_recv(), Ok(event) if script.dies_at(event.revision.0))
            });
            if !dies {
                return;
            }
            self.die();
        }
    }

    /// One pass, or the part of it until the daemon dies.
    fn pass(&mut self) {
        let (life, script) = (self.life(), &self.script);
        let mut events = life.lifecycle.subscribe();
        let dies = life.runtime.block_on(async {
            let death = async {
                loop {
                    match events.recv().await {
                        Ok(event) if script.dies_at(event.revision.0) => return,
                        Ok(_) | Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => std::future::pending().await,
                    }
                }
            };
            let work = async {
                life.lifecycle.writable().await;
                life.reconciler.pass().await;
                life.reconciler.idle().await;
                life.reconciler.sweep(false).await;
            };
            tokio::select! {
                biased;
                () = death => true,
                () = script.death() => true,
                () = work => false,
            }
        });
        if dies {
            self.die();
        }
        self.world.verdict().unwrap();
        for gone in self.log.hear().unwrap() {
            let [_, _, forgotten, _] = Self::ALL;
            assert!(gone == forgotten || self.world.nothing_left_of(gone).is_ok(), "{gone} is there still");
        }
    }

    /// Lets time pass until `rests`.
    fn until(&mut self, what: &str, rests: impl Fn(&Self) -> bool) {
        for _ in 0..PATIENCE {
            if rests(self) {
                return;
            }
            let next = self.life().lifecycle.next_due().unwrap_or(self.clock.now());
            self.clock.advance_to(next.max(self.clock.now().plus(Duration::from_millis(50))));
            self.pass();
        }
        panic!("it never comes to be {what}: {:#?}", self.life().instances());
    }

    /// Lets time pass until nothing is written down any more: every telling ends at the same place.
    fn rest(&mut self) {
        const QUIET: Duration = Duration::from_secs(120);
        let (mut last, mut since) = (self.log.last(), self.clock.passed());
        while self.clock.passed() - since < QUIET {
            self.clock.advance(Duration::from_secs(5));
            self.pass();
            if self.log.last() != last {
                (last, since) = (self.log.last(), self.clock.passed());
            }
        }
    }

    fn phase(&self, id: InstanceId) -> Option<PhaseKind> {
        self.life().lifecycle.get(id).unwrap().map(|instance| instance.status.phase.kind())
    }

    fn workloads(&self, id: InstanceId) -> usize {
        self.world.workloads().iter().filter(|name| name.contains(&id.simple())).count()
    }

    fn until_phase(&mut self, id: InstanceId, phase: Option<PhaseKind>) {
        self.until(&format!("{phase:?}"), |story| story.phase(id) == phase);
    }

    /// An instance is made, its workload dies and is made again, and it is deleted. Another one of
    /// the same name is made and restarted, and stays. A third one is forgotten while the backend
    /// is away, and a fourth one fails for that and is retried; what is left of the third goes.
    fn tell(&mut self) {
        let [gone, stays, forgotten, fails] = Self::ALL;
        self.ask(gone, "it", None);
        self.until_phase(gone, Some(PhaseKind::Running));
        self.world.kill(0.0);
        self.until("noticed", |story| story.phase(gone) != Some(PhaseKind::Running));
        self.until_phase(gone, Some(PhaseKind::Running));
        self.ask(gone, "it", Some(Fact::DeleteRequested));
        self.until_phase(gone, None);

        self.ask(stays, "it", None);
        self.until_phase(stays, Some(PhaseKind::Running));
        self.ask(stays, "it", Some(Fact::RestartRequested));
        self.until_phase(stays, Some(PhaseKind::Running));

        self.ask(forgotten, "forgotten", None);
        self.until_phase(forgotten, Some(PhaseKind::Running));
        self.world.set_away(true);
        self.ask(fails, "fails", None);
        self.until_phase(fails, Some(PhaseKind::Failed));
        self.ask(forgotten, "forgotten", Some(Fact::ForgetRequested));
        assert_eq!(self.phase(forgotten), None, "what is forgotten is gone at once");
        self.world.set_away(false);
        self.ask(fails, "fails", Some(Fact::RetryRequested));
        self.until_phase(fails, Some(PhaseKind::Running));
        self.until("swept", |story| story.workloads(forgotten) == 0);
        self.rest();
        self.check();
    }

    const ALL: [InstanceId; 4] = [
        InstanceId::from_u128(1 << 64),
        InstanceId::from_u128(2 << 64),
        InstanceId::from_u128(3 << 64),
        InstanceId::from_u128(4 << 64),
    ];

    /// The invariants.
    fn check(&self) {
        let [gone, stays, forgotten, fails] = Self::ALL;
        for id in [gone, forgotten] {
            assert_eq!(self.phase(id), None, "a deleted instance never returns");
            assert_eq!(self.workloads(id), 0, "and nothing of it is left outside");
        }
        for id in [stays, fails] {
            assert_eq!(self.workloads(id), 1, "a wanted instance has one workload");
            let instance = self.life().lifecycle.get(id).unwrap().unwrap();
            assert!(instance.status.attempt <= MAX_ATTEMPTS);
            let target = instance.target(self.life().lifecycle.owner());
            let seen =
                self.life().runtime.block_on(self.world.inspect(&target, &Secrets::default())).unwrap();
            assert_eq!(seen.workload.as_ref(), instance.status.phase.workload(), "it is the one we know");
        }
        self.log.agrees_with(self.life()).unwrap();
    }
}

/// Tells the story with one thing going wrong at `point`; its calls, its events and its requests.
fn tell(point: Point) -> (Vec<&'static str>, u64, usize) {
    let dir = directory();
    let mut story = Story::new(dir.path(), point, store::Planted::default());
    story.tell();
    let told = (story.script.calls(), story.log.last(), story.script.asked());
    assert!(point == Point::Nowhere || story.script.fired(), "{point:?} was never reached");
    let died = matches!(point, Point::Committed(_) | Point::Call(_, Mishap::DieBefore | Mishap::DieAfter));
    assert_eq!(story.deaths, usize::from(died), "{point:?}: the daemon died as often as it was to");
    story.life.take().unwrap().kill();
    told
}

#[test]
fn whatever_goes_wrong_once_at_any_call_or_commit_nothing_is_lost_left_over_or_done_twice() {
    let (calls, revisions, asked) = tell(Point::Nowhere);
    // A story in which nothing is made, looked at or removed has no points.
    for call in ["create", "inspect", "destroy", "owned"] {
        assert!(calls.contains(&call), "{calls:?}");
    }
    assert!(revisions > 10);
    for revision in 1..=revisions {
        eprintln!("killed at revision {revision}");
        tell(Point::Committed(revision));
    }
    for number in 0..asked {
        eprintln!("request {number} comes twice");
        tell(Point::Asked(number));
    }
    for (number, call) in calls.iter().enumerate() {
        for mishap in Mishap::ALL {
            eprintln!("{mishap:?} at call {number}: {call}");
            tell(Point::Call(number, mishap));
        }
    }
}
