//! A backend that does one thing wrong, once, at a given call.

use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use tokio::sync::Notify;
use wharfinger::domain::{Failure, FailureKind, Observation, OwnerId, Secrets, Target, Template};
use wharfinger::extension::{
    CreateOrder, Creation, ExtensionSet, Extensions, LogsPage, LogsRequest, OwnedPage, Provisioner, Reach,
};

use crate::simulation::World;

/// What goes wrong at a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mishap {
    /// The daemon dies before the call has any effect.
    DieBefore,
    /// The effect happens, and the daemon dies before it hears of it.
    DieAfter,
    /// It is refused before it has any effect.
    FailBefore,
    /// The effect happens, and the answer is lost.
    FailAfter,
    /// The call reaches the backend twice.
    Repeat,
}

impl Mishap {
    pub(super) const ALL: [Self; 5] =
        [Self::DieBefore, Self::DieAfter, Self::FailBefore, Self::FailAfter, Self::Repeat];
}

/// Where a script strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// Nowhere: only counted.
    Nowhere,
    /// At the call of this number, from 0.
    Call(usize, Mishap),
    /// The request of this number, from 0, comes twice.
    Asked(usize),
    /// The daemon dies as soon as the event of this revision is committed.
    Committed(u64),
}

struct State {
    point: Point,
    calls: Vec<&'static str>,
    asked: usize,
    fired: bool,
}

/// The world, seen through a script. Cheap to clone.
#[derive(Clone)]
pub(super) struct Script {
    world: World,
    state: Arc<Mutex<State>>,
    death: Arc<Notify>,
}

impl Script {
    pub(super) fn new(world: World, point: Point) -> Self {
        let state = State { point, calls: Vec::new(), asked: 0, fired: false };
        Self { world, state: Arc::new(Mutex::new(state)), death: Arc::new(Notify::new()) }
    }

    /// Names of the calls so far.
    pub(super) fn calls(&self) -> Vec<&'static str> {
        self.state().calls.clone()
    }

    /// Requests so far.
    pub(super) fn asked(&self) -> usize {
        self.state().asked
    }

    /// A user asks for something: how often it comes.
    pub(super) fn times(&self) -> usize {
        let mut state = self.state();
        let twice = state.point == Point::Asked(state.asked);
        state.asked += 1;
        state.fired |= twice;
        if twice { 2 } else { 1 }
    }

    /// Whether what was to go wrong went wrong.
    pub(super) fn fired(&self) -> bool {
        self.state().fired
    }

    /// The daemon is to die when an event of this revision is committed; asked once.
    pub(super) fn dies_at(&self, revision: u64) -> bool {
        let mut state = self.state();
        let dies = !state.fired && state.point == Point::Committed(revision);
        state.fired |= dies;
        dies
    }

    /// Returns when a call says that the daemon dies.
    pub(super) async fn death(&self) {
        self.death.notified().await;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Counts the call, and says whether it is the one.
    fn mishap(&self, call: &'static str) -> Option<Mishap> {
        let mut state = self.state();
        let number = state.calls.len();
        state.calls.push(call);
        match state.point {
            Point::Call(at, mishap) if at == number => {
                state.fired = true;
                Some(mishap)
            }
            _ => None,
        }
    }

    async fn strike<T, F>(&self, call: &'static str, effect: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        match self.mishap(call) {
            None => effect().await,
            Some(Mishap::DieBefore) => self.die().await,
            Some(Mishap::DieAfter) => {
                let _ = effect().await;
                self.die().await
            }
            Some(Mishap::FailBefore) => Err(Failure::new(FailureKind::NotApplied, "refused once")),
            Some(Mishap::FailAfter) => {
                let _ = effect().await;
                Err(Failure::new(FailureKind::OutcomeUnknown, "its answer was lost once"))
            }
            Some(Mishap::Repeat) => {
                let _ = effect().await;
                effect().await
            }
        }
    }

    async fn die<T>(&self) -> T {
        self.death.notify_one();
        std::future::pending().await
    }
}

#[async_trait]
impl Provisioner for Script {
    async fn templates(&self) -> Result<Vec<Template>, Failure> {
        self.world.templates().await
    }

    async fn create(&self, order: &CreateOrder) -> Result<Creation, Failure> {
        self.strike("create", || self.world.create(order)).await
    }

    async fn inspect(&self, target: &Target, secrets: &Secrets) -> Result<Observation, Failure> {
        self.strike("inspect", || self.world.inspect(target, secrets)).await
    }

    async fn destroy(&self, target: &Target, secrets: &Secrets) -> Result<bool, Failure> {
        self.strike("destroy", || self.world.destroy(target, secrets)).await
    }

    async fn owned(&self, owner: OwnerId, cursor: Option<String>) -> Result<OwnedPage, Failure> {
        self.strike("owned", || self.world.owned(owner, cursor.clone())).await
    }

    async fn logs(
        &self,
        target: &Target,
        request: LogsRequest,
        secrets: &Secrets,
    ) -> Result<LogsPage, Failure> {
        self.strike("logs", || self.world.logs(target, request.clone(), secrets)).await
    }

    fn reach(&self) -> Reach {
        self.world.reach()
    }
}

impl Extensions for Script {
    fn current(&self) -> Arc<ExtensionSet> {
        let mut set = (*self.world.current()).clone();
        for entry in set.provisioners.values_mut() {
            entry.provisioner = Arc::new(self.clone());
        }
        Arc::new(set)
    }
}
