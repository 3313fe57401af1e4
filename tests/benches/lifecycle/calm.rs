//! A backend where nothing ever happens, and the parts of a daemon over it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use async_trait::async_trait;
use wharfinger::domain::{
    ConditionKind, ConditionStatus, Failure, FailureKind, Observation, OwnerId, PluginKind, Secrets, Spec,
    Target, Template, Timestamp, Workload, WorkloadState,
};
use wharfinger::extension::{
    Answer, Candidate, CandidateRefusal, ConfigurationReport, CreateOrder, Creation, ExtensionSet,
    Extensions, HookEntry, LogsPage, LogsRequest, OwnedPage, PluginReport, Plugins, Prober, Provisioner,
    Question, Reach, RollbackError, Rung,
};
use wharfinger::lifecycle::Lifecycle;
use wharfinger::reconciler::{Parts, Reconciler};
use wharfinger::runtime::{Activator, Clock, Metrics, SystemClock, Tasks};
use wharfinger::store;
use wharfinger_tests::{extensions, options};

/// How long a closed file may still be in use.
const PATIENCE: Duration = Duration::from_secs(5);

/// Every workload runs and every server answers.
#[derive(Clone, Copy)]
pub(crate) struct Calm;

/// Opens the records below `dir` as the daemon does. The writer of one that was just closed lets
/// go of the file a moment later.
pub(crate) fn open(dir: &Path, clock: &Arc<dyn Clock>, bell: &Activator) -> Result<Lifecycle> {
    let begun = Instant::now();
    loop {
        match Lifecycle::open(options::store(dir), Arc::clone(clock), bell.clone(), Metrics::default()) {
            Err(store::Error::InUse { .. }) if begun.elapsed() < PATIENCE => std::thread::yield_now(),
            opened => return Ok(opened?),
        }
    }
}

/// A reconciler over the calm.
pub(crate) fn reconciler(lifecycle: &Lifecycle, clock: Arc<dyn Clock>, bell: &Activator) -> Reconciler {
    let parts = Parts {
        lifecycle: lifecycle.clone(),
        extensions: Arc::new(Calm),
        prober: Arc::new(Calm),
        clock,
        tasks: Tasks::default(),
        bell: bell.clone(),
        metrics: Metrics::default(),
    };
    Reconciler::new(options::reconciler(), parts, 7)
}

/// The machine's clock.
pub(crate) fn clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

/// A clock that stands still: what is not due never will be.
pub(crate) struct StillClock(pub(crate) Timestamp);

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A specification of ordinary size.
pub(crate) fn spec(name: &str) -> Spec {
    wharfinger_tests::spec::ordinary(name, "calm")
}

/// What stands for the instance outside.
pub(crate) fn workload(name: &str) -> Workload {
    Workload {
        id: format!("{name}-id"),
        name: name.to_owned(),
        url: Some("http://127.0.0.1:8000".to_owned()),
        port: Some(8_000),
        details: BTreeMap::new(),
    }
}

#[async_trait]
impl Provisioner for Calm {
    async fn templates(&self) -> Result<Vec<Template>, Failure> {
        Ok(Vec::new())
    }

    async fn create(&self, _: &CreateOrder) -> Result<Creation, Failure> {
        Err(Failure::new(FailureKind::Unsupported, "nothing is made here"))
    }

    async fn inspect(&self, target: &Target, _: &Secrets) -> Result<Observation, Failure> {
        let workload = Some(workload(target.name.as_str()));
        let reason = "calm".to_owned();
        Ok(Observation { state: WorkloadState::Running, reason, exit_code: None, workload })
    }

    async fn destroy(&self, _: &Target, _: &Secrets) -> Result<bool, Failure> {
        Ok(true)
    }

    async fn owned(&self, _: OwnerId, _: Option<String>) -> Result<OwnedPage, Failure> {
        Ok(OwnedPage { workloads: Vec::new(), next_cursor: None })
    }

    async fn logs(&self, _: &Target, _: LogsRequest, _: &Secrets) -> Result<LogsPage, Failure> {
        Ok(LogsPage { lines: Vec::new(), next_cursor: None })
    }

    fn reach(&self) -> Reach {
        Reach { reachable: Some(true), since: None, in_flight: 0 }
    }
}

#[async_trait]
impl Prober for Calm {
    async fn probe(&self, _: &Question) -> Answer {
        let rung = Rung {
            kind: ConditionKind::Handshake,
            status: ConditionStatus::True,
            reason: "Discovered".to_owned(),
            message: String::new(),
            latency: None,
        };
        Answer { rungs: vec![rung], era: None, tools: None }
    }
}

impl Extensions for Calm {
    fn current(&self) -> Arc<ExtensionSet> {
        extensions::only("calm", &[], Arc::new(*self))
    }
}

/// No plugins are behind it.
#[async_trait]
impl Plugins for Calm {
    fn reports(&self) -> Vec<PluginReport> {
        Vec::new()
    }

    fn configuration(&self) -> ConfigurationReport {
        ConfigurationReport::default()
    }

    async fn reload(&self) {}

    async fn roll_back(&self, name: &str, _kind: Option<PluginKind>) -> Result<u64, RollbackError> {
        Err(RollbackError::Unknown { name: name.to_owned(), known: Vec::new() })
    }

    async fn trial_hook(&self, _hook: &str, _candidate: Candidate) -> Result<HookEntry, CandidateRefusal> {
        Err(CandidateRefusal::Unknown { hooks: Vec::new() })
    }
}
