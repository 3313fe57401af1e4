//! One seed, played: users, weather and deaths, and what must be true all the time and in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use wharfinger::domain::{Fact, Instance, InstanceId, PhaseKind, Secrets};
use wharfinger::lifecycle;
use wharfinger::reconciler::Planted;
use wharfinger::store;

use super::clock::SimulatedClock;
use super::invariants::{Invariant, Verdict, hold};
use super::life::{Birth, Life, MAX_ATTEMPTS, directory, settle, spec};
use super::log::Log;
use super::weather::Fault;
use super::world::World;

const STEPS: usize = 300;
/// Users choose among so many names.
const NAMES: u32 = 24;
/// Steps of a daemon until it dies in the midst of something.
const FUSE: u32 = 12;
/// Longer than any wait of the daemon's own.
const FURTHEST_BACK: Duration = Duration::from_secs(3 * 3_600);
/// From calm to rest, wherever the clock was set.
const PATIENCE: Duration = Duration::from_secs(4 * 3_600);

/// How a daemon is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Death {
    /// Between two passes, when nothing is under way but what waits.
    Between,
    /// At any call, answer or commit of a pass or a sweep.
    Amidst,
    /// Before it answered a user.
    Unanswered,
}

/// What happened, for the test of the test.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) creates: u64,
    pub(super) faults: BTreeMap<Fault, u64>,
    pub(super) deaths: BTreeMap<Death, u64>,
    pub(super) refused_names: u64,
    pub(super) retries: u64,
    pub(super) set_back: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.creates += other.creates;
        for (fault, count) in other.faults {
            *self.faults.entry(fault).or_default() += count;
        }
        for (death, count) in other.deaths {
            *self.deaths.entry(death).or_default() += count;
        }
        self.refused_names += other.refused_names;
        self.retries += other.retries;
        self.set_back += other.set_back;
    }
}

struct Play {
    dir: tempfile::TempDir,
    birth: Birth,
    random: fastrand::Rng,
    /// None only between two daemons.
    life: Option<Life>,
    log: Log,
    /// Who has a name that a user chose: of every record there must be.
    names: BTreeMap<String, InstanceId>,
    wanted: BTreeSet<InstanceId>,
    /// Deletes that were accepted; `names` says which of them are still under way.
    deleted: BTreeSet<InstanceId>,
    /// The workload that stood when a restart was accepted.
    restarted: BTreeMap<InstanceId, Option<u64>>,
    forgotten: Duration,
    tally: Tally,
}

/// Plays one seed.
pub(super) fn play(seed: u64, planted: Planted) -> Verdict<Tally> {
    let clock = SimulatedClock::default();
    let world = World::new(seed, clock.clone());
    let birth = Birth { planted, ..Birth::new(&world, &clock, seed) };
    let mut play = Play {
        dir: directory(),
        birth,
        random: fastrand::Rng::with_seed(seed ^ 0x5eed),
        life: None,
        log: Log::default(),
        names: BTreeMap::new(),
        wanted: BTreeSet::new(),
        deleted: BTreeSet::new(),
        restarted: BTreeMap::new(),
        forgotten: Duration::ZERO,
        tally: Tally::default(),
    };
    world.add_stranger();
    play.start();
    for step in 0..STEPS {
        play.step(step)?;
        play.judge()?;
    }
    play.end()?;
    (play.tally.faults, play.tally.creates) = world.happened();
    play.life.take().unwrap().kill();
    Ok(play.tally)
}

impl Play {
    fn life(&self) -> &Life {
        self.life.as_ref().unwrap()
    }

    fn start(&mut self) {
        let life = Life::start(self.dir.path(), &self.birth);
        self.log.listen(&life);
        self.life = Some(life);
    }

    fn step(&mut self, step: usize) -> Verdict {
        let (world, clock) = (self.birth.world.clone(), self.birth.clock.clone());
        match self.random.u8(..100) {
            0..16 => self.create(step)?,
            16..23 => self.ask(Fact::DeleteRequested)?,
            23..28 => self.ask(Fact::RestartRequested)?,
            28..32 => self.ask(Fact::RetryRequested)?,
            32..37 => world.kill(self.random.f32()),
            37..38 => self.die(Death::Between)?,
            38..47 => return self.die_amidst(),
            47..49 => world.set_away(self.random.bool()),
            49..51 => world.set_blackout(self.random.bool()),
            51..52 => {
                let by = FURTHEST_BACK.mul_f32(self.random.f32());
                clock.set_back(by);
                self.tally.set_back += 1;
            }
            52..55 => clock.advance(Duration::from_secs(self.random.u64(..1_200))),
            _ => clock.advance(Duration::from_millis(self.random.u64(..4_000))),
        }
        if clock.passed() - self.forgotten >= Duration::from_secs(60) {
            self.forgotten = clock.passed();
            self.life().reconciler.look_for_forgotten();
        }
        match self.random.u8(..20) {
            0 => self.life().sweep(),
            1..11 => self.life().pass(),
            _ => false,
        };
        Ok(())
    }

    /// A user asks for an instance; sometimes the daemon dies before it answers.
    fn create(&mut self, step: usize) -> Verdict {
        let id = InstanceId::from_u128((u128::try_from(step).unwrap() << 64) | u128::from(self.birth.seed));
        let name = format!("n{}", self.random.u32(..NAMES));
        let holder = self.names.get(&name).copied();
        let unanswered = self.random.u8(..10) == 0;
        let life = self.life();
        let accept = life.lifecycle.accept(id, Arc::new(spec(&name)), Secrets::default());
        if unanswered {
            life.runtime.block_on(poll_once(Box::pin(accept)));
            self.die(Death::Unanswered)?;
            let life = self.life();
            let made = life.lifecycle.get(id).unwrap().is_some();
            let found = life.lifecycle.find(&name.parse().unwrap()).unwrap().map(|instance| instance.id);
            let told = !life.lifecycle.events_of(id).unwrap().is_empty();
            let whole =
                if made { found == Some(id) && told && holder.is_none() } else { found == holder && !told };
            hold(whole, Invariant::AcceptedHolds, || {
                format!(
                    "a create happened by halves: record {made}, name {found:?}, event {told}, before {holder:?}"
                )
            })?;
            if made {
                self.names.insert(name, id);
                self.wanted.insert(id);
            }
            return Ok(());
        }
        match (life.runtime.block_on(accept), holder) {
            (Ok(_), None) => {
                self.names.insert(name, id);
                self.wanted.insert(id);
            }
            (Err(lifecycle::Error::Store(store::Error::NameTaken { holder: said, .. })), Some(holder))
                if said == holder =>
            {
                self.tally.refused_names += 1;
            }
            (answer, _) => {
                return hold(false, Invariant::AcceptedHolds, || {
                    format!("the name {name} is {holder:?}'s, and the answer is {answer:?}")
                });
            }
        }
        Ok(())
    }

    /// A user asks something of an instance that was not deleted.
    fn ask(&mut self, fact: Fact) -> Verdict {
        let Some(id) = self.random.choice(self.wanted.iter().copied().collect::<Vec<_>>()) else {
            return Ok(());
        };
        let serial = self.birth.world.serial_of(id);
        let life = self.life();
        let answer = life.runtime.block_on(life.lifecycle.record(id, None, fact.clone()));
        match (&answer, &fact) {
            (Ok(Some(_)), Fact::DeleteRequested) => {
                self.wanted.remove(&id);
                self.deleted.insert(id);
            }
            (Ok(Some(_)), Fact::RestartRequested) => drop(self.restarted.insert(id, serial)),
            (Ok(Some(_)), _) => self.tally.retries += 1,
            // It cannot be done where it stands.
            (Err(lifecycle::Error::Refused(_)), Fact::RestartRequested | Fact::RetryRequested) => {}
            _ => {
                return hold(false, Invariant::AcceptedHolds, || {
                    format!("{} was asked of {id}, and the answer is {answer:?}", fact.kind().as_str())
                });
            }
        }
        Ok(())
    }

    fn die_amidst(&mut self) -> Verdict {
        self.birth.world.light_fuse(self.random.u32(..FUSE));
        let died = if self.random.u8(..5) == 0 { self.life().sweep() } else { self.life().pass() };
        self.birth.world.put_out_fuse();
        if died { self.die(Death::Amidst) } else { Ok(()) }
    }

    /// The daemon is killed, and another one starts.
    fn die(&mut self, how: Death) -> Verdict {
        let before = self.life().instances();
        self.life.take().unwrap().kill();
        *self.tally.deaths.entry(how).or_default() += 1;
        self.birth.seed = self.random.u64(..);
        self.start();
        self.hear()?;
        let after: BTreeMap<InstanceId, Instance> =
            self.life().instances().into_iter().map(|instance| (instance.id, instance)).collect();
        for old in before {
            if let Some(new) = after.get(&old.id).filter(|new| new.revision == old.revision) {
                hold(*new == old, Invariant::KeptOverDeath, || format!("{old:#?} became {new:#?}"))?;
            }
        }
        Ok(())
    }

    fn hear(&mut self) -> Verdict {
        for gone in self.log.hear()? {
            hold(self.deleted.contains(&gone), Invariant::AcceptedHolds, || {
                format!("{gone} is gone, and nobody deleted it")
            })?;
            self.names.retain(|_, holder| *holder != gone);
            self.birth.world.nothing_left_of(gone)?;
        }
        Ok(())
    }

    /// What is true at any time.
    fn judge(&mut self) -> Verdict {
        self.birth.world.verdict()?;
        self.hear()?;
        let instances = self.life().instances();
        for Instance { id, status, .. } in &instances {
            hold(status.attempt <= MAX_ATTEMPTS, Invariant::AttemptsAreBounded, || {
                format!("{id} was tried {} times", status.attempt)
            })?;
            let deleting = status.phase.kind() == PhaseKind::Deleting;
            hold(deleting == self.deleted.contains(id), Invariant::DeletedStaysDeleted, || {
                format!("{id} is {}", status.phase.kind())
            })?;
        }
        let there: BTreeSet<InstanceId> = instances.iter().map(|instance| instance.id).collect();
        let known: BTreeSet<InstanceId> = self.names.values().copied().collect();
        hold(there == known, Invariant::AcceptedHolds, || {
            format!("there are {there:?}, and should be {known:?}")
        })
    }

    /// All is calm: now everything must come to be as it was asked for.
    fn end(&mut self) -> Verdict {
        let world = self.birth.world.clone();
        world.calm();
        // Calls that never come back die with their daemon.
        self.die(Death::Between)?;
        let life = self.life.take().unwrap();
        let settled = settle(&life, &self.birth.clock, PATIENCE, || world.verdict());
        self.life = Some(life);
        settled?;
        self.judge()?;
        let instances = self.life().instances();
        let ids: BTreeSet<InstanceId> = instances.iter().map(|instance| instance.id).collect();
        hold(ids == self.wanted, Invariant::WantedRuns, || {
            format!("there are {ids:?}, and {:?} are wanted", self.wanted)
        })?;
        let mut inside: Vec<String> =
            instances.iter().map(|instance| instance.status.workload_name.to_string()).collect();
        inside.sort();
        inside.push(World::STRANGER.to_owned());
        let outside = world.workloads();
        hold(outside == inside, Invariant::OutsideIsInside, || {
            format!("outside there are {outside:?}, and inside {inside:?}")
        })?;
        for (id, old) in self.restarted.iter().filter(|(id, _)| self.wanted.contains(id)) {
            let new = world.serial_of(*id);
            hold(new > *old, Invariant::RestartedIsNew, || {
                format!("{id} was restarted when it had workload {old:?}, and has {new:?}")
            })?;
        }
        self.log.agrees_with(self.life())
    }
}

/// Polls it once: what it asks for is under way then, and nobody waits for the answer.
async fn poll_once<F: Future + Unpin>(mut future: F) {
    std::future::poll_fn(|context| {
        let _ = std::pin::Pin::new(&mut future).poll(context);
        std::task::Poll::Ready(())
    })
    .await;
}
