//! The last output of a workload is kept before it is removed, and never holds a removal up.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use wharfinger::domain::{
    ConditionKind, ConditionStatus, Fact, Failure, FailureKind, InstanceId, LastOutput, LogLine, Observation,
    OwnerId, PhaseKind, Secrets, Target, Template, Workload, WorkloadState,
};
use wharfinger::extension::{
    Answer, CreateOrder, CreateOutcome, Creation, ExtensionSet, Extensions, LogsPage, LogsRequest, OwnedPage,
    Prober, Provisioner, Question, Reach, Rung,
};
use wharfinger::lifecycle::Lifecycle;
use wharfinger::reconciler::{Parts, Reconciler};
use wharfinger::runtime::{Activator, Metrics, SystemClock, Tasks};
use wharfinger_tests::{extensions, options};

use crate::simulation::spec;

const ID: InstanceId = InstanceId::from_u128(1);
const SOON: Duration = Duration::from_secs(60);

/// A backend whose workloads live until they are removed.
#[derive(Clone, Default)]
struct Backend {
    /// It never says what they wrote.
    mute: bool,
    /// Removals that take longer than one call.
    slow_removals: usize,
    removals: Arc<AtomicUsize>,
    questions: Arc<AtomicUsize>,
}

fn workload(target: &Target) -> Workload {
    let name = target.name.to_string();
    Workload {
        id: name.clone(),
        name,
        url: Some("http://w".to_owned()),
        port: None,
        details: Default::default(),
    }
}

#[async_trait]
impl Provisioner for Backend {
    async fn templates(&self) -> Result<Vec<Template>, Failure> {
        Ok(Vec::new())
    }

    async fn create(&self, order: &CreateOrder) -> Result<Creation, Failure> {
        let (outcome, workload) = (CreateOutcome::Created, Some(workload(&order.target)));
        Ok(Creation { outcome, workload, warnings: Vec::new() })
    }

    async fn inspect(&self, target: &Target, _: &Secrets) -> Result<Observation, Failure> {
        let (state, reason) = (WorkloadState::Running, "it runs".to_owned());
        Ok(Observation { state, reason, exit_code: None, workload: Some(workload(target)) })
    }

    async fn destroy(&self, _: &Target, _: &Secrets) -> Result<bool, Failure> {
        Ok(self.removals.fetch_add(1, Ordering::Relaxed) >= self.slow_removals)
    }

    async fn owned(&self, _: OwnerId, _: Option<String>) -> Result<OwnedPage, Failure> {
        Err(Failure::new(FailureKind::Unsupported, "nobody knows"))
    }

    async fn logs(&self, _: &Target, _: LogsRequest, _: &Secrets) -> Result<LogsPage, Failure> {
        let question = self.questions.fetch_add(1, Ordering::Relaxed);
        if self.mute {
            std::future::pending::<()>().await;
        }
        let text = format!("asked {question} times before");
        let line = LogLine { at: None, source: "stdout".to_owned(), text };
        Ok(LogsPage { lines: vec![line], next_cursor: None })
    }

    fn reach(&self) -> Reach {
        Reach { reachable: Some(true), since: None, in_flight: 0 }
    }
}

#[async_trait]
impl Prober for Backend {
    async fn probe(&self, _: &Question) -> Answer {
        let (kind, status) = (ConditionKind::Handshake, ConditionStatus::True);
        let rung = Rung { kind, status, reason: "Asked".to_owned(), message: String::new(), latency: None };
        Answer { rungs: vec![rung], era: None, tools: None }
    }
}

impl Extensions for Backend {
    fn current(&self) -> Arc<ExtensionSet> {
        extensions::only("world", &["logs"], Arc::new(self.clone()))
    }
}

/// Passes until the instance is in this phase; none: until it is gone.
async fn until(reconciler: &Reconciler, lifecycle: &Lifecycle, phase: Option<PhaseKind>) {
    let deadline = Instant::now() + SOON;
    while lifecycle.get(ID).unwrap().map(|instance| instance.status.phase.kind()) != phase {
        assert!(Instant::now() < deadline, "it never comes to be {phase:?}");
        reconciler.pass().await;
        reconciler.idle().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// An instance is made and deleted; answers with what is kept of it.
async fn tell(dir: &Path, backend: &Backend) -> Option<LastOutput> {
    let (clock, bell) = (Arc::new(SystemClock), Activator::new());
    let metrics = Metrics::default();
    let lifecycle =
        Lifecycle::open(options::store(dir), clock.clone(), bell.clone(), metrics.clone()).unwrap();
    let parts = Parts {
        lifecycle: lifecycle.clone(),
        extensions: Arc::new(backend.clone()),
        prober: Arc::new(backend.clone()),
        clock,
        tasks: Tasks::default(),
        bell,
        metrics,
    };
    let reconciler = Reconciler::new(options::reconciler(), parts, 1);
    lifecycle.accept(ID, Arc::new(spec("it")), Secrets::default()).await.unwrap();
    until(&reconciler, &lifecycle, Some(PhaseKind::Running)).await;
    lifecycle.record(ID, None, Fact::DeleteRequested).await.unwrap();
    until(&reconciler, &lifecycle, None).await;
    lifecycle.last_output(ID).unwrap()
}

#[tokio::test]
async fn a_workload_is_asked_once_for_its_last_words_however_long_its_removal_takes() {
    let dir = tempfile::tempdir().unwrap();
    let backend = Backend { slow_removals: 2, ..Backend::default() };
    let output = tell(dir.path(), &backend).await.unwrap();
    assert_eq!((backend.questions.load(Ordering::Relaxed), backend.removals.load(Ordering::Relaxed)), (1, 3));
    assert_eq!((output.creation, output.lines[0].text.as_str()), (1, "asked 0 times before"));
}

#[tokio::test]
async fn a_backend_that_never_says_what_a_workload_wrote_does_not_keep_it_alive() {
    let dir = tempfile::tempdir().unwrap();
    let backend = Backend { mute: true, ..Backend::default() };
    let output = tell(dir.path(), &backend).await.unwrap();
    assert_eq!(output, LastOutput::default(), "its deletion is remembered, and nothing else");
    assert_eq!(backend.removals.load(Ordering::Relaxed), 1);
}
