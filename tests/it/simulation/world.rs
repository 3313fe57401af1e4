//! What is outside the daemon in the simulation: a backend, its workloads, and everything that
//! goes wrong with them. It outlives the daemons that use it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use wharfinger::domain::{
    ConditionKind, ConditionStatus, Failure, FailureKind, Observation, OwnerId, PluginIdentity,
    ProvisionerName, Secrets, Target, Template, Timestamp, Workload, WorkloadState,
};
use wharfinger::extension::{
    Answer, CreateOrder, CreateOutcome, Creation, ExtensionSet, Extensions, LogsPage, LogsRequest, OwnedPage,
    OwnedWorkload, PluginReport, Prober, Provisioner, ProvisionerEntry, Question, Reach, Rung,
};
use wharfinger::runtime::Clock;

/// How often things go wrong, of 100 calls.
#[derive(Clone, Copy, Default)]
pub(crate) struct Weather {
    pub(crate) refused: u8,
    pub(crate) answer_lost: u8,
    pub(crate) answer_late: u8,
    pub(crate) destroy_fails: u8,
    pub(crate) inspect_fails: u8,
    /// The call never comes back: the daemon is about to be killed.
    pub(crate) stuck: u8,
    /// The whole backend is away.
    pub(crate) away: bool,
    /// No workload can be reached from the daemon.
    pub(crate) blackout: bool,
}

impl Weather {
    pub(crate) const ROUGH: Self = Self {
        refused: 10,
        answer_lost: 12,
        answer_late: 8,
        destroy_fails: 15,
        inspect_fails: 10,
        stuck: 4,
        away: false,
        blackout: false,
    };
}

struct Made {
    target: Target,
    workload: Workload,
    running: bool,
}

impl Made {
    fn observation(&self) -> Observation {
        let state = if self.running { WorkloadState::Running } else { WorkloadState::Stopped };
        let workload = Some(self.workload.clone());
        Observation { state, reason: "looked".to_owned(), exit_code: None, workload }
    }
}

/// Workloads in one page of a listing.
const PAGE: usize = 4;

struct State {
    workloads: BTreeMap<String, Made>,
    /// Effects of calls whose answer was lost: when they come true.
    late: Vec<(Timestamp, Target)>,
    weather: Weather,
    random: fastrand::Rng,
    creates: u64,
    faults: u64,
    stuck: u64,
    hanging: u64,
    knocks: u64,
}

/// The backend. Cheap to clone.
#[derive(Clone)]
pub(crate) struct World {
    state: Arc<Mutex<State>>,
    clock: SimulatedClock,
}

/// A clock that moves when it is told to.
#[derive(Clone, Default)]
pub(crate) struct SimulatedClock(Arc<AtomicI64>);

impl SimulatedClock {
    pub(crate) fn advance_to(&self, at: Timestamp) {
        self.0.fetch_max(at.0, Ordering::SeqCst);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

impl World {
    pub(crate) fn new(seed: u64, clock: SimulatedClock) -> Self {
        let state = State {
            workloads: BTreeMap::new(),
            late: Vec::new(),
            weather: Weather::ROUGH,
            random: fastrand::Rng::with_seed(seed),
            creates: 0,
            faults: 0,
            stuck: 0,
            hanging: 0,
            knocks: 0,
        };
        Self { state: Arc::new(Mutex::new(state)), clock }
    }

    /// Nothing goes wrong any more.
    pub(crate) fn calm(&self) {
        self.state().weather = Weather::default();
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

    /// Calls to create, faults that fired, calls that never came back.
    pub(crate) fn counts(&self) -> (u64, u64, u64) {
        let state = self.state();
        (state.creates, state.faults, state.stuck)
    }

    /// Calls that will never come back to this daemon.
    pub(crate) fn hanging(&self) -> u64 {
        self.state().hanging
    }

    /// Nobody waits for those calls any more.
    pub(crate) fn daemon_died(&self) {
        self.state().hanging = 0;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap();
        let now = self.clock.now();
        let (due, late) =
            std::mem::take(&mut state.late).into_iter().partition::<Vec<_>, _>(|(at, _)| *at <= now);
        state.late = late;
        for (_, target) in due {
            state.make(&target);
        }
        state
    }
}

impl State {
    fn roll(&mut self, percent: u8) -> bool {
        let hit = self.random.u8(..100) < percent;
        self.faults += u64::from(hit);
        hit
    }

    /// Whether anybody answers at all.
    fn answer(&mut self) -> Result<(), Failure> {
        if self.weather.away {
            self.knocks += 1;
            return Err(Failure::new(FailureKind::NotApplied, "connection refused"));
        }
        Ok(())
    }

    fn make(&mut self, target: &Target) -> Workload {
        let name = target.name.to_string();
        let workload = Workload {
            id: format!("{name}-{}", target.incarnation),
            url: Some(format!("http://{name}")),
            port: None,
            details: BTreeMap::new(),
            name: name.clone(),
        };
        let made = Made { target: target.clone(), workload: workload.clone(), running: true };
        self.workloads.insert(name, made);
        workload
    }
}

fn failure(kind: FailureKind) -> Failure {
    Failure::new(kind, "the weather is rough")
}

#[async_trait]
impl Provisioner for World {
    async fn templates(&self) -> Result<Vec<Template>, Failure> {
        Ok(Vec::new())
    }

    async fn create(&self, order: &CreateOrder) -> Result<Creation, Failure> {
        let name = order.target.name.to_string();
        {
            let mut state = self.state();
            state.answer()?;
            state.creates += 1;
            let weather = state.weather;
            if let Some(made) = state.workloads.get(&name) {
                let workload = made.workload.clone();
                return match made.running {
                    true => Ok(Creation {
                        outcome: CreateOutcome::Adopted,
                        workload: Some(workload),
                        warnings: Vec::new(),
                    }),
                    false => Err(failure(FailureKind::NotApplied)),
                };
            }
            if state.roll(weather.refused) {
                return Err(failure(FailureKind::NotApplied));
            }
            if state.roll(weather.answer_late) {
                let at = Timestamp(self.clock.now().0 + state.random.i64(1..2_900));
                state.late.push((at, order.target.clone()));
                return Err(failure(FailureKind::OutcomeUnknown));
            }
            let workload = state.make(&order.target);
            let lost = state.roll(weather.answer_lost);
            if !state.roll(weather.stuck) {
                return if lost {
                    Err(failure(FailureKind::OutcomeUnknown))
                } else {
                    Ok(Creation {
                        outcome: CreateOutcome::Created,
                        workload: Some(workload),
                        warnings: Vec::new(),
                    })
                };
            }
            state.stuck += 1;
            state.hanging += 1;
        }
        std::future::pending().await
    }

    async fn inspect(&self, target: &Target, _: &Secrets) -> Result<Observation, Failure> {
        let mut state = self.state();
        state.answer()?;
        let weather = state.weather;
        if state.roll(weather.inspect_fails) {
            return Err(failure(FailureKind::NotApplied));
        }
        let absent = || Observation {
            state: WorkloadState::Absent,
            reason: "looked".to_owned(),
            exit_code: None,
            workload: None,
        };
        Ok(state.workloads.get(target.name.as_str()).map_or_else(absent, Made::observation))
    }

    async fn destroy(&self, target: &Target, _: &Secrets) -> Result<bool, Failure> {
        let mut state = self.state();
        state.answer()?;
        let weather = state.weather;
        if state.roll(weather.destroy_fails) {
            return Err(failure(FailureKind::OutcomeUnknown));
        }
        state.workloads.remove(target.name.as_str());
        Ok(true)
    }

    async fn owned(&self, owner: OwnerId, cursor: Option<String>) -> Result<OwnedPage, Failure> {
        let mut state = self.state();
        state.answer()?;
        let weather = state.weather;
        if state.roll(weather.inspect_fails) {
            return Err(failure(FailureKind::NotApplied));
        }
        let after = cursor.unwrap_or_default();
        let rest = state.workloads.values().filter(|made| made.workload.name > after);
        let page: Vec<&Made> = rest.take(PAGE).collect();
        let next_cursor = (page.len() == PAGE).then(|| page[PAGE - 1].workload.name.clone());
        let ours = page.into_iter().filter(|made| made.target.owner == owner);
        let workloads = ours.map(|made| OwnedWorkload {
            name: made.workload.name.clone(),
            instance: Some(made.target.instance),
            incarnation: Some(made.target.incarnation),
            observation: made.observation(),
        });
        Ok(OwnedPage { workloads: workloads.collect(), next_cursor })
    }

    async fn logs(&self, _: &Target, _: LogsRequest, _: &Secrets) -> Result<LogsPage, Failure> {
        Err(failure(FailureKind::Unsupported))
    }

    fn reach(&self) -> Reach {
        Reach { reachable: Some(!self.state().weather.away), since: None, in_flight: 0 }
    }
}

#[async_trait]
impl Prober for World {
    async fn probe(&self, question: &Question) -> Answer {
        let name = question.url.trim_start_matches("http://").split('/').next().unwrap().to_owned();
        let state = self.state();
        let alive = !state.weather.blackout && state.workloads.get(&name).is_some_and(|made| made.running);
        let (kind, status) = match alive {
            true => (ConditionKind::Handshake, ConditionStatus::True),
            false => (ConditionKind::PortOpen, ConditionStatus::False),
        };
        let rung = Rung { kind, status, reason: "Asked".to_owned(), message: String::new(), latency: None };
        Answer { rungs: vec![rung], era: None, tools: None }
    }
}

impl Extensions for World {
    fn current(&self) -> Arc<ExtensionSet> {
        let name: ProvisionerName = "world".parse().unwrap();
        let entry = ProvisionerEntry {
            name: name.clone(),
            plugin: PluginIdentity { name: "world".to_owned(), digest: "sha256:0".to_owned() },
            capabilities: Vec::new(),
            endpoints: Vec::new(),
            provisioner: Arc::new(self.clone()),
        };
        let provisioners = [(name.clone(), entry)].into();
        Arc::new(ExtensionSet { generation: 1, provisioners, hooks: Vec::new(), default_provisioner: name })
    }

    fn plugins(&self) -> Vec<PluginReport> {
        Vec::new()
    }
}
