//! Crash points, as Oxide tests its sagas: one story is told once to learn every place where the
//! daemon writes or calls; then it is told again for each of them, with a death, a failure or a
//! repetition just there. What a user was told must be true afterwards, and nothing may be lost,
//! left over or done twice.
//!
//! A death before a write is a death after the call or write before it, so that the places before
//! and after every call, and after every commit, are all there are.

mod script;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use wharfinger::domain::{Fact, InstanceId, PhaseKind, Secrets};
use wharfinger::extension::Provisioner as _;
use wharfinger::runtime::Clock as _;

use crate::simulation::{Birth, Life, MAX_ATTEMPTS, SimulatedClock, World, spec};
use script::{Mishap, Point, Script};

const SEED: u64 = 42;
/// Passes until the story must have come to rest.
const PATIENCE: usize = 400;

/// One telling of the story.
struct Story<'story> {
    dir: &'story Path,
    clock: SimulatedClock,
    world: World,
    script: Script,
    life: Option<Life>,
    deaths: usize,
}

impl<'story> Story<'story> {
    fn new(dir: &'story Path, point: Point) -> Self {
        let clock = SimulatedClock::default();
        let world = World::new(SEED, clock.clone());
        world.calm();
        let script = Script::new(world.clone(), point);
        let mut story = Self { dir, clock, world, script, life: None, deaths: 0 };
        story.start();
        story
    }

    fn start(&mut self) {
        let extensions = Arc::new(self.script.clone());
        self.life = Some(Life::over(self.dir, extensions, &Birth::new(&self.world, &self.clock, SEED)));
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
    fn ask(&mut self, id: InstanceId, fact: Option<Fact>) {
        for _ in 0..2 {
            let life = self.life();
            let mut events = life.lifecycle.subscribe();
            let script = self.script.clone();
            let fact = fact.clone();
            let dies = life.runtime.block_on(async {
                match fact {
                    None => drop(life.lifecycle.accept(id, Arc::new(spec("it")), Secrets::default()).await),
                    Some(fact) => drop(life.lifecycle.record(id, None, fact).await),
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
                life.reconciler.pass().await;
                life.reconciler.idle().await;
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

    fn phase(&self, id: InstanceId) -> Option<PhaseKind> {
        self.life().lifecycle.get(id).unwrap().map(|instance| instance.status.phase.kind())
    }

    fn workloads(&self, id: InstanceId) -> usize {
        self.world.workloads().iter().filter(|name| name.contains(&id.simple())).count()
    }

    /// An instance is made, its workload dies and is made again, and it is deleted; another one of
    /// the same name is made and restarted, and stays.
    fn tell(&mut self) {
        let (gone, stays) = (InstanceId::from_u128(1 << 64), InstanceId::from_u128(2 << 64));
        self.ask(gone, None);
        self.until("running", |story| story.phase(gone) == Some(PhaseKind::Running));
        self.world.kill(0.0);
        self.until("noticed", |story| story.phase(gone) != Some(PhaseKind::Running));
        self.until("recovered", |story| story.phase(gone) == Some(PhaseKind::Running));
        self.ask(gone, Some(Fact::DeleteRequested));
        self.until("gone", |story| story.phase(gone).is_none());
        self.ask(stays, None);
        self.until("running", |story| story.phase(stays) == Some(PhaseKind::Running));
        self.ask(stays, Some(Fact::RestartRequested));
        self.until("running again", |story| story.phase(stays) == Some(PhaseKind::Running));
        self.check(gone, stays);
    }

    /// The invariants.
    fn check(&self, gone: InstanceId, stays: InstanceId) {
        assert_eq!(self.phase(gone), None, "a deleted instance never returns");
        assert_eq!(self.workloads(gone), 0, "and nothing of it is left outside");
        assert_eq!(self.workloads(stays), 1, "a wanted instance has one workload");
        let instance = self.life().lifecycle.get(stays).unwrap().unwrap();
        assert!(instance.status.attempt <= MAX_ATTEMPTS);
        let target = instance.target(self.life().lifecycle.owner());
        let seen = self.life().runtime.block_on(self.world.inspect(&target, &Secrets::default())).unwrap();
        assert_eq!(seen.workload.as_ref(), instance.status.phase.workload(), "it is the one we know");
        let mut revisions: Vec<u64> = [gone, stays]
            .iter()
            .flat_map(|id| self.life().lifecycle.events_of(*id).unwrap())
            .map(|event| event.revision.0)
            .collect();
        revisions.sort_unstable();
        let last = *revisions.last().unwrap();
        let all: Vec<u64> = (1..=last).collect();
        assert_eq!(revisions, all, "revisions have no holes");
    }
}

/// Tells the story with one thing going wrong at `point`.
fn tell(point: Point) -> (Vec<&'static str>, u64) {
    let dir = tempfile::tempdir().unwrap();
    let mut story = Story::new(dir.path(), point);
    story.tell();
    let calls = story.script.calls();
    let revision = story.life().instances().iter().map(|instance| instance.revision.0).max().unwrap();
    assert!(point == Point::Nowhere || story.script.fired(), "{point:?} was never reached");
    let died = matches!(point, Point::Committed(_) | Point::Call(_, Mishap::DieBefore | Mishap::DieAfter));
    assert_eq!(story.deaths, usize::from(died), "{point:?}: the daemon died as often as it was to");
    story.life.take().unwrap().kill();
    (calls, revision)
}

#[test]
fn whatever_goes_wrong_once_at_any_call_or_commit_nothing_is_lost_left_over_or_done_twice() {
    let (calls, revisions) = tell(Point::Nowhere);
    // A story in which nothing is made, looked at or removed has no points.
    for call in ["create", "inspect", "destroy"] {
        assert!(calls.contains(&call), "{calls:?}");
    }
    assert!(revisions > 10);
    for revision in 1..=revisions {
        eprintln!("killed at revision {revision}");
        tell(Point::Committed(revision));
    }
    for (number, call) in calls.iter().enumerate() {
        for mishap in Mishap::ALL {
            eprintln!("{mishap:?} at call {number}: {call}");
            tell(Point::Call(number, mishap));
        }
    }
}
