//! What is outside the daemon in the simulation: a backend, its workloads, and everything that
//! goes wrong with them. It outlives the daemons that use it, and watches what they ask of it.
//!
//! ```text
//!  calls (a daemon's) ──> judge: by its records, may it?
//!                     └─> backend: workloads, weather
//! ```

mod backend;
mod calls;
mod judge;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;
use wharfinger::domain::{InstanceId, OwnerId, Target};
use wharfinger::lifecycle::Lifecycle;

use super::clock::SimulatedClock;
use super::invariants::{Invariant, Verdict, hold};
use super::weather::{Fault, Weather};
use backend::State;

/// The backend. Cheap to clone.
#[derive(Clone)]
pub(crate) struct World {
    state: Arc<Mutex<State>>,
    clock: SimulatedClock,
    death: Arc<Notify>,
}

impl World {
    /// A workload that carries our mark and that nobody knows. Its name is the last of all.
    pub(crate) const STRANGER: &str = "wf-zz-lost";
    /// As long as the weather is rough no workload of an instance of this name stays up.
    pub(crate) const CURSED: &str = "n0";

    pub(crate) fn new(seed: u64, clock: SimulatedClock) -> Self {
        let state = State {
            workloads: BTreeMap::new(),
            made: 0,
            creates: 0,
            late: Vec::new(),
            held: BTreeSet::new(),
            weather: Weather { rough: true, ..Weather::default() },
            random: fastrand::Rng::with_seed(seed),
            hanging: 0,
            knocks: 0,
            fuse: None,
            records: None,
            violation: None,
        };
        Self { state: Arc::new(Mutex::new(state)), clock, death: Arc::default() }
    }

    /// Nothing goes wrong any more, and who was mute speaks.
    pub(crate) fn calm(&self) {
        let mut state = self.state();
        state.weather.rough = false;
        state.weather.away = false;
        state.weather.blackout = false;
    }

    /// It is there from the start, and nobody may touch it.
    pub(crate) fn add_stranger(&self) {
        let (owner, instance) = (OwnerId::from_u128(0), InstanceId::from_u128(u128::MAX));
        let name = Self::STRANGER.parse().unwrap();
        let target = Target { name, instance, owner, incarnation: 0, last_known: None };
        self.state().make(&target, Duration::ZERO);
    }

    /// The backend goes away, or comes back.
    pub(crate) fn set_away(&self, away: bool) {
        self.state().weather.away = away;
    }

    /// The way to the workloads is cut, or mended.
    pub(crate) fn set_blackout(&self, blackout: bool) {
        self.state().weather.blackout = blackout;
    }

    /// Calls to the backend that found it away.
    pub(crate) fn knocks(&self) -> u64 {
        self.state().knocks
    }

    /// Kills the workload `share` of the way through the list.
    pub(crate) fn kill(&self, share: f32) {
        let mut state = self.state();
        let count = state.workloads.len();
        let index = (0..count).rev().find(|index| *index as f32 <= share * count as f32);
        if let Some(made) = index.and_then(|index| state.workloads.values_mut().nth(index)) {
            made.running = false;
        }
    }

    /// Every workload dies.
    pub(crate) fn kill_all(&self) {
        self.state().workloads.values_mut().for_each(|made| made.running = false);
    }

    /// Names of all workloads, dead or alive.
    pub(crate) fn workloads(&self) -> Vec<String> {
        self.state().workloads.keys().cloned().collect()
    }

    /// The number of the newest workload of this instance, of all that were ever made.
    pub(crate) fn serial_of(&self, id: InstanceId) -> Option<u64> {
        self.state().workloads.values().filter(|made| made.instance == id).map(|made| made.serial).max()
    }

    /// What is recorded as gone is gone, unless it comes back when nobody can expect it.
    pub(crate) fn nothing_left_of(&self, id: InstanceId) -> Verdict {
        let state = self.state();
        let left = state.workloads.values().find(|made| made.instance == id && !made.zombie);
        hold(left.is_none(), Invariant::GoneIsGone, || {
            format!("{id} is recorded as gone, and {} is there", left.unwrap().workload.id)
        })
    }

    /// How often what went wrong, and how many creates were asked for.
    pub(crate) fn happened(&self) -> (BTreeMap<Fault, u64>, u64) {
        let state = self.state();
        (state.weather.happened.clone(), state.creates)
    }

    /// Calls that wait for something other than the daemon.
    pub(crate) fn hanging(&self) -> usize {
        self.state().hanging
    }

    /// From here on the daemon is watched by its records.
    pub(crate) fn meet(&self, records: Lifecycle) {
        self.state().records = Some(records);
    }

    /// A daemon is no more.
    pub(crate) fn daemon_died(&self) {
        let mut state = self.state();
        state.records = None;
        state.fuse = None;
    }

    /// What a daemon asked for and must not.
    pub(crate) fn verdict(&self) -> Verdict {
        self.state().violation.clone().map_or(Ok(()), Err)
    }

    /// The daemon dies after so many more steps: calls made, calls answered, commits.
    pub(crate) fn light_fuse(&self, steps: u32) {
        self.state().fuse = Some(steps);
    }

    /// It lives on, if it still does.
    pub(crate) fn put_out_fuse(&self) {
        self.state().fuse = None;
    }

    /// One step of the daemon is done; true: it was the last one.
    pub(crate) fn burns_down(&self) -> bool {
        match &mut self.state().fuse {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => false,
        }
    }

    /// Returns when a call finds that the daemon is dead.
    pub(crate) async fn death(&self) {
        loop {
            self.death.notified().await;
            // A commit may have been faster: what a dead daemon's call found is nothing to the next one.
            if self.state().fuse == Some(0) {
                return;
            }
        }
    }

    /// A place where the daemon may die, or do something else.
    async fn step(&self) {
        tokio::task::yield_now().await;
        if self.burns_down() {
            self.death.notify_one();
            std::future::pending().await
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap();
        let now = self.clock.passed();
        state.workloads.retain(|_, made| made.leaves.is_none_or(|leaves| now < leaves));
        let due: Vec<_> = state.late.extract_if(.., |(at, ..)| *at <= now).collect();
        for (at, target, zombie) in due {
            if state.held.contains(target.name.as_str()) {
                continue;
            }
            state.make(&target, at).zombie = zombie;
        }
        state
    }
}
