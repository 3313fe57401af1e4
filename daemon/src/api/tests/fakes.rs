//! A provisioner and a hook that say what a test wants.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::Semaphore;

use crate::domain::{
    Decision, Failure, FailureKind, HookMode, Observation, OwnerId, PluginIdentity, Secrets, Target,
    Template, Timestamp, Verdict,
};
use crate::extension::{
    CreateOrder, Creation, ExtensionSet, Extensions, Hook, HookEntry, LogLine, LogsPage, LogsRequest,
    OwnedPage, PluginKind, PluginRefusal, PluginReport, PluginState, Provisioner, ProvisionerEntry, Reach,
    Review,
};

/// What the next logs are, what the hook says, and whether everything panics.
pub(crate) struct Fakes {
    logs: Arc<Mutex<Result<Vec<String>, Failure>>>,
    hook: Option<Result<Verdict, Failure>>,
    /// Every review takes a permit of it.
    gate: Arc<Semaphore>,
    panics: bool,
}

impl Default for Fakes {
    fn default() -> Self {
        Self {
            logs: Arc::new(Mutex::new(Ok(Vec::new()))),
            hook: None,
            gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)),
            panics: false,
        }
    }
}

impl Fakes {
    pub(super) fn with_hook(says: Result<Verdict, Failure>) -> Self {
        Self { hook: Some(says), ..Self::default() }
    }

    /// With a hook that allows everything and takes a permit of `gate` for it.
    pub(super) fn with_gate(gate: Arc<Semaphore>) -> Self {
        let allow = Verdict { decision: Decision::Allow, violations: Vec::new(), warnings: Vec::new() };
        Self { gate, ..Self::with_hook(Ok(allow)) }
    }

    pub(super) fn panicking() -> Self {
        Self { panics: true, ..Self::default() }
    }

    pub(super) fn set_logs(&self, logs: Result<&[&str], Failure>) {
        let logs = logs.map(|lines| lines.iter().map(|line| (*line).to_owned()).collect());
        *self.logs.lock().unwrap() = logs;
    }
}

impl Extensions for Fakes {
    fn current(&self) -> Arc<ExtensionSet> {
        let entry = ProvisionerEntry {
            name: "local".parse().unwrap(),
            plugin: PluginIdentity { name: "local".to_owned(), digest: "sha256:01".to_owned() },
            capabilities: vec!["logs".to_owned()],
            endpoints: Vec::new(),
            provisioner: Arc::new(FakeProvisioner { logs: Arc::clone(&self.logs) }),
        };
        let hook = self.hook.clone().map(|says| HookEntry {
            name: "naming".parse().unwrap(),
            mode: HookMode::Enforce,
            on_error: Decision::Deny,
            digest: "sha256:02".to_owned(),
            hook: Arc::new(FakeHook { says, gate: Arc::clone(&self.gate) }),
        });
        Arc::new(ExtensionSet {
            generation: 7,
            provisioners: [(entry.name.clone(), entry)].into(),
            hooks: hook.into_iter().collect(),
            default_provisioner: "local".parse().unwrap(),
        })
    }

    fn plugins(&self) -> Vec<PluginReport> {
        assert!(!self.panics, "a part that panics");
        vec![PluginReport {
            name: "local".to_owned(),
            kind: PluginKind::Provisioner,
            state: PluginState::Refused,
            desired_digest: Some("sha256:03".to_owned()),
            active_digest: Some("sha256:01".to_owned()),
            active_generation: Some(6),
            active_since: Some(Timestamp(0)),
            last_refusal: Some(PluginRefusal {
                at: Timestamp(1_000),
                code: "plugin_invalid".to_owned(),
                message: "no component".to_owned(),
                digest: Some("sha256:03".to_owned()),
            }),
            quarantine: None,
            calls: 3,
            p50: Some(std::time::Duration::from_millis(2)),
            p99: None,
        }]
    }
}

struct FakeHook {
    says: Result<Verdict, Failure>,
    gate: Arc<Semaphore>,
}

#[async_trait]
impl Hook for FakeHook {
    async fn review(&self, _: &Review) -> Result<Verdict, Failure> {
        self.gate.acquire().await.unwrap().forget();
        self.says.clone()
    }
}

struct FakeProvisioner {
    logs: Arc<Mutex<Result<Vec<String>, Failure>>>,
}

fn unused<T>() -> Result<T, Failure> {
    Err(Failure::new(FailureKind::Unsupported, "the API never asks this"))
}

#[async_trait]
impl Provisioner for FakeProvisioner {
    async fn templates(&self) -> Result<Vec<Template>, Failure> {
        Ok(Vec::new())
    }

    async fn create(&self, _: &CreateOrder) -> Result<Creation, Failure> {
        unused()
    }

    async fn inspect(&self, _: &Target, _: &Secrets) -> Result<Observation, Failure> {
        unused()
    }

    async fn destroy(&self, _: &Target, _: &Secrets) -> Result<bool, Failure> {
        unused()
    }

    async fn owned(&self, _: OwnerId, _: Option<String>) -> Result<OwnedPage, Failure> {
        unused()
    }

    /// A cursor is the number of lines before it.
    async fn logs(&self, _: &Target, request: LogsRequest, _: &Secrets) -> Result<LogsPage, Failure> {
        let lines = self.logs.lock().unwrap().clone()?;
        let start = request.cursor.map_or(0, |cursor| cursor.parse().unwrap());
        let next_cursor = Some(lines.len().to_string());
        let line = |text| LogLine { at: None, source: "stdout".to_owned(), text };
        Ok(LogsPage { lines: lines.into_iter().skip(start).map(line).collect(), next_cursor })
    }

    fn reach(&self) -> Reach {
        Reach { reachable: Some(true), since: Some(Timestamp(0)), in_flight: 1 }
    }
}
