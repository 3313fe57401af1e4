//! A provisioner and a hook that say what a test wants.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use tokio::sync::Semaphore;

use crate::domain::{
    Decision, Failure, FailureKind, HookMode, LogLine, Observation, OwnerId, PluginIdentity, PluginKind,
    Scope, Secrets, Target, Template, Timestamp, Verdict, Violation,
};
use crate::extension::{
    Candidate, CandidateRefusal, ConfigurationReport, CreateOrder, Creation, ExtensionSet, Extensions, Hook,
    HookEntry, LogsPage, LogsRequest, OwnedPage, PluginRefusal, PluginReport, PluginState, Plugins,
    PreviousVersion, Provisioner, ProvisionerEntry, ProvisionerStanding, Question, Reach, Review,
    RollbackError, ToolCall, ToolCallError, ToolCaller,
};

/// What the next logs are, what a call of a tool comes to, what the hook and a candidate for it say, and whether everything panics.
pub(crate) struct Fakes {
    logs: Arc<Mutex<Result<Vec<String>, Failure>>>,
    call: Mutex<Result<String, ToolCallError>>,
    hook: Option<Result<Verdict, Failure>>,
    candidate: Option<Result<Verdict, Failure>>,
    /// Every review takes a permit of it.
    gate: Arc<Semaphore>,
    panics: bool,
}

impl Default for Fakes {
    fn default() -> Self {
        Self {
            logs: Arc::new(Mutex::new(Ok(Vec::new()))),
            call: Mutex::new(Ok(String::new())),
            hook: None,
            candidate: None,
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

    /// With a hook that allows everything, and this to be tried in its place, which takes a permit of
    /// `gate` for each review.
    pub(super) fn with_candidate(says: Result<Verdict, Failure>, gate: Arc<Semaphore>) -> Self {
        let allow = Verdict { decision: Decision::Allow, violations: Vec::new(), warnings: Vec::new() };
        Self { candidate: Some(says), gate, hook: Some(Ok(allow)), ..Self::default() }
    }

    pub(super) fn panicking() -> Self {
        Self { panics: true, ..Self::default() }
    }

    pub(super) fn set_logs(&self, logs: Result<&[&str], Failure>) {
        let logs = logs.map(|lines| lines.iter().map(|line| (*line).to_owned()).collect());
        *self.logs.lock().unwrap() = logs;
    }

    /// What every call comes to; `{asked}` in it is the tool, its arguments and whom it was asked of.
    pub(super) fn set_call(&self, result: Result<&str, ToolCallError>) {
        *self.call.lock().unwrap() = result.map(str::to_owned);
    }
}

#[async_trait]
impl ToolCaller for Fakes {
    async fn call(&self, question: &Question, call: ToolCall<'_>) -> Result<String, ToolCallError> {
        let result = self.call.lock().unwrap().clone();
        let asked = format!("{} {} {}", question.url, call.tool, call.arguments.replace('"', "'"));
        result.map(|result| result.replace("{asked}", &asked))
    }
}

#[async_trait]
impl Extensions for Fakes {
    fn current(&self) -> Arc<ExtensionSet> {
        let entry = ProvisionerEntry {
            name: "local".parse().unwrap(),
            plugin: PluginIdentity { name: "local".to_owned(), digest: "sha256:01".to_owned() },
            identities: Vec::new(),
            standing: ProvisionerStanding::Serving,
            capabilities: vec!["logs".to_owned()],
            endpoints: Vec::new(),
            provisioner: Arc::new(FakeProvisioner { logs: Arc::clone(&self.logs) }),
        };
        // The gate is the candidate's, if there is one.
        let open = || Arc::new(Semaphore::new(Semaphore::MAX_PERMITS));
        let gate = if self.candidate.is_none() { Arc::clone(&self.gate) } else { open() };
        let hook = self.hook.clone().map(|says| hook_entry(FakeHook { says, gate }));
        Arc::new(ExtensionSet {
            generation: 7,
            provisioners: [(entry.name.clone(), entry)].into(),
            hooks: hook.into_iter().collect(),
            default_provisioner: "local".parse().unwrap(),
        })
    }
}

#[async_trait]
impl Plugins for Fakes {
    fn reports(&self) -> Vec<PluginReport> {
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
            instances: Some(2),
            in_flight: 1,
            previous: vec![PreviousVersion {
                digest: "sha256:00".to_owned(),
                generation: 5,
                since: Timestamp(0),
            }],
            quarantine: None,
            calls: 3,
            p50: Some(std::time::Duration::from_millis(2)),
            p99: None,
        }]
    }

    fn configuration(&self) -> ConfigurationReport {
        let refusal = Some((Timestamp(2_000), "server.listen: is no address".to_owned()));
        ConfigurationReport { refusal, needs_restart: vec!["store.cache".to_owned()] }
    }

    async fn reload(&self) {
        if self.hook.is_some() {
            // As long as the hook: until the gate opens.
            let _ = self.gate.acquire().await;
        }
    }

    async fn roll_back(&self, name: &str, _kind: Option<PluginKind>) -> Result<u64, RollbackError> {
        match name {
            "local" => Ok(8),
            "both" => Err(RollbackError::Ambiguous(name.to_owned())),
            "new" => Err(RollbackError::NothingBefore { kind: "provisioner", name: name.to_owned() }),
            "gone" => Err(RollbackError::Refused {
                code: "table_unusable".to_owned(),
                message: "the variable TOKEN is not set".to_owned(),
            }),
            _ => Err(RollbackError::Unknown { name: name.to_owned(), known: vec!["local".to_owned()] }),
        }
    }

    /// A plugin's name is refused.
    async fn trial_hook(&self, hook: &str, candidate: Candidate) -> Result<HookEntry, CandidateRefusal> {
        let Some(says) = self.candidate.clone().filter(|_| hook == "naming") else {
            return Err(CandidateRefusal::Unknown { hooks: vec!["naming".parse().unwrap()] });
        };
        if candidate.plugin.is_some() {
            let (code, message) = ("not_a_component".to_owned(), "it is something else".to_owned());
            let pointer = "/plugin".to_owned();
            return Err(CandidateRefusal::Refused(vec![Violation { pointer, code, message }]));
        }
        let settings_hash = candidate.settings.unwrap_or_default();
        Ok(HookEntry { settings_hash, ..hook_entry(FakeHook { says, gate: Arc::clone(&self.gate) }) })
    }
}

fn hook_entry(hook: FakeHook) -> HookEntry {
    HookEntry {
        name: "naming".parse().unwrap(),
        mode: HookMode::Enforce,
        on_error: Decision::Deny,
        scope: Scope::default(),
        digest: "sha256:02".to_owned(),
        settings_hash: "sha256:04".to_owned(),
        hook: Arc::new(hook),
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
