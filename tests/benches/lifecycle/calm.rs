//! A backend where nothing ever happens, and the parts of a daemon over it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use async_trait::async_trait;
use wharfinger::domain::{
    ConditionKind, ConditionStatus, Failure, FailureKind, HealthPolicy, Observation, OwnerId, PluginIdentity,
    PluginKind, ProvisionerName, Secrets, Spec, Target, Template, Timestamp, Workload, WorkloadState,
};
use wharfinger::extension::{
    Answer, Candidate, CandidateRefusal, ConfigurationReport, CreateOrder, Creation, ExtensionSet,
    Extensions, HookEntry, LogsPage, LogsRequest, OwnedPage, PluginReport, Plugins, Prober, Provisioner,
    ProvisionerEntry, ProvisionerStanding, Question, Reach, RollbackError, Rung,
};
use wharfinger::lifecycle::Lifecycle;
use wharfinger::reconciler::{Parts, Reconciler};
use wharfinger::runtime::{Activator, Clock, Metrics, SystemClock, Tasks};
use wharfinger::store;
use wharfinger_tests::options;

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

/// A specification of ordinary size, some 1.2 KiB on the disk.
pub(crate) fn spec(name: &str) -> Spec {
    let environment: BTreeMap<String, String> = (0..8)
        .map(|index| (format!("SETTING_{index}"), format!("a value of ordinary length {index}")))
        .collect();
    let template = Template {
        name: "calm".parse().expect("a name of the bench is well-formed"),
        description: "A template of ordinary size".to_owned(),
        icon: None,
        provisioner: None,
        image: Some("registry.example/team/server:1.2.3".to_owned()),
        command: Vec::new(),
        port: 8_000,
        path: "/mcp".to_owned(),
        transport: "streamable-http".to_owned(),
        environment: environment.clone(),
        labels: BTreeMap::new(),
        resources: BTreeMap::new(),
        health: HealthPolicy::default(),
        inputs: Vec::new(),
    };
    Spec {
        name: name.parse().expect("a name of the bench is well-formed"),
        description: None,
        template,
        provisioner: "calm".parse().expect("a name of the bench is well-formed"),
        plugin: PluginIdentity { name: "calm".to_owned(), digest: "sha256:0".to_owned() },
        environment,
        secret_names: Vec::new(),
        labels: [("team".to_owned(), "harbour".to_owned())].into(),
        admission: Vec::new(),
        created_at: Timestamp(0),
    }
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
        let name: ProvisionerName = "calm".parse().expect("a name of the bench is well-formed");
        let entry = ProvisionerEntry {
            name: name.clone(),
            plugin: PluginIdentity { name: "calm".to_owned(), digest: "sha256:0".to_owned() },
            identities: Vec::new(),
            standing: ProvisionerStanding::Serving,
            capabilities: Vec::new(),
            endpoints: Vec::new(),
            provisioner: Arc::new(*self),
        };
        let provisioners = [(name.clone(), entry)].into();
        Arc::new(ExtensionSet { generation: 1, provisioners, hooks: Vec::new(), default_provisioner: name })
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
