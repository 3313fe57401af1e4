//! The floor as a whole: from a file to an answer, and from one set to the next.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::testing::{GROW_FOREVER, LOOP_FOREVER, TestGuest};
use super::*;
use crate::domain::{
    BreakerPolicy, Decision, Failure, FailureKind, HealthPolicy, HookMode, InstanceId, OwnerId,
    PluginIdentity, PublishedSet, Scope, Secrets, Spec, Target, Template, Timestamp, WorkloadName,
    WorkloadState,
};
use crate::extension::{CreateOrder, Extensions as _, Provisioner, Review};
use crate::process::Processes;
use crate::runtime::{Activator, Metrics, SystemClock, Tasks};

pub(super) fn provisioner_options(path: &Path) -> ProvisionerOptions {
    ProvisionerOptions {
        name: "local".parse().unwrap(),
        table: String::new(),
        enabled: true,
        moved: false,
        plugin: path.to_owned(),
        max_concurrent: 1,
        max_inspects: 4,
        timeouts: Timeouts {
            create: Duration::from_millis(600),
            inspect: Duration::from_secs(5),
            destroy: Duration::from_secs(5),
        },
        upstreams: [].into(),
        process: false,
        settings: "{}".to_owned(),
        endpoints: Vec::new(),
        limits: Limits { memory: 4 << 20, host_bytes: 1 << 20, ..Limits::default() },
    }
}

/// A provisioner beside it, of the same component.
pub(super) fn other_provisioner(path: &Path) -> ProvisionerOptions {
    let (name, table) = ("other".parse().unwrap(), "other".to_owned());
    ProvisionerOptions { name, table, ..provisioner_options(path) }
}

/// An upstream that is shown the token in a file.
pub(super) fn shown(url: &str, token: &Path) -> Upstream {
    Upstream {
        url: url.to_owned(),
        socket: None,
        bearer_token: Some(CredentialSource::File(token.to_owned())),
        ca_file: None,
        client_certificate: None,
        bounds: Bounds::default(),
    }
}

pub(super) fn hook_options(path: &Path) -> HookOptions {
    HookOptions {
        name: "naming".parse().unwrap(),
        table: String::new(),
        plugin: path.to_owned(),
        mode: HookMode::Enforce,
        on_error: Decision::Deny,
        scope: Scope::default(),
        timeout: Duration::from_secs(1),
        max_concurrent: 4,
        settings: "{}".to_owned(),
        limits: Limits::default(),
    }
}

pub(super) fn options(provisioner: ProvisionerOptions, hooks: Vec<HookOptions>) -> Options {
    let loading = LoadingOptions {
        dir: PathBuf::new(),
        max_file: 16 << 20,
        compiler: None,
        compile_memory: 1 << 30,
        compile_time: Duration::from_secs(60),
        drain: Duration::from_secs(60),
        keep: 2,
    };
    let default_provisioner = provisioner.name.clone();
    let quarantine = BreakerPolicy::default();
    Options { default_provisioner, provisioners: vec![provisioner], hooks, loading, quarantine }
}

pub(super) struct Bench {
    pub(super) folder: tempfile::TempDir,
    pub(super) changed: Activator,
    pub(super) owned: Arc<AtomicUsize>,
    /// What was published last.
    pub(super) published: Arc<Mutex<Option<PublishedSet>>>,
    /// Tables by their texts.
    pub(super) tables: Arc<Mutex<BTreeMap<String, StoredTable>>>,
}

struct Records(Arc<Mutex<Option<PublishedSet>>>);

#[async_trait::async_trait]
impl Ledger for Records {
    async fn publish(&self, set: PublishedSet) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        *self.0.lock().unwrap() = Some(set);
        Ok(())
    }
}

impl Bench {
    pub(super) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            changed: Activator::new(),
            owned: Arc::default(),
            published: Arc::default(),
            tables: Arc::default(),
        }
    }

    /// With the files of a provisioner and of a hook.
    pub(super) fn with_plugins() -> (Self, PathBuf, PathBuf) {
        let bench = Self::new();
        let provisioner = bench.write(&TestGuest::provisioner(), "p.wasm");
        let hook = bench.write(&TestGuest::hook(), "h.wasm");
        (bench, provisioner, hook)
    }

    /// Stored tables with these texts are these.
    pub(super) fn remember(&self, options: &Options) {
        let mut tables = self.tables.lock().unwrap();
        for table in &options.provisioners {
            tables.insert(table.table.clone(), StoredTable::Provisioner(table.clone()));
        }
        for table in &options.hooks {
            tables.insert(table.table.clone(), StoredTable::Hook(table.clone()));
        }
    }

    pub(super) fn write(&self, guest: &TestGuest, file: &str) -> std::path::PathBuf {
        guest.write(self.folder.path(), file)
    }

    pub(super) async fn start(&self, options: Options) -> Result<PluginHost, Error> {
        let (owned, tables) = (self.owned.clone(), self.tables.clone());
        let process = crate::process::Options {
            dir: self.folder.path().join("children"),
            program: "/nowhere".into(),
            max_output: 1 << 20,
            max_children: 4,
        };
        let ground = Ground {
            clock: Arc::new(SystemClock),
            tasks: Tasks::default(),
            processes: Processes::new(process).unwrap(),
            metrics: Metrics::default(),
        };
        let published = self.published.lock().unwrap().clone();
        let first_generation = published.as_ref().map_or(7, |published| published.generation + 1);
        let wiring = Wiring {
            ground,
            changed: self.changed.clone(),
            ledger: Arc::new(Records(self.published.clone())),
            published,
            read_table: Box::new(move |version| {
                let tables = tables.lock().unwrap();
                tables.get(&version.table).cloned().ok_or_else(|| "it was lost".to_owned())
            }),
            first_generation,
            instances: Box::new(move |_| owned.load(Ordering::Relaxed)),
            reloads: tokio::sync::mpsc::channel(1).0,
        };
        let loading = LoadingOptions { dir: self.folder.path().join("kept"), ..options.loading };
        let options = Options { loading, ..options };
        PluginHost::start(options, Allowances::default(), wiring).await
    }

    /// The provisioner of a guest.
    pub(super) async fn provisioner(&self, guest: &TestGuest) -> Arc<dyn Provisioner> {
        let path = self.write(guest, "p.wasm");
        let host = self.start(options(provisioner_options(&path), Vec::new())).await.unwrap();
        host.current().provisioners.values().next().unwrap().provisioner.clone()
    }

    /// Why a guest is not loaded as the provisioner.
    pub(super) async fn refusal(&self, bytes: &[u8]) -> Refusal {
        let path = self.folder.path().join("bad.wasm");
        std::fs::write(&path, bytes).unwrap();
        self.refused(options(provisioner_options(&path), Vec::new())).await
    }

    pub(super) async fn refused(&self, options: Options) -> Refusal {
        let Err(Error::Refused(mut refusals)) = self.start(options).await else { panic!("not refused") };
        assert_eq!(refusals.len(), 1);
        refusals.remove(0)
    }
}

pub(super) fn target() -> Target {
    let (owner, instance) = (OwnerId::from_u128(1), InstanceId::from_u128(2));
    Target { name: WorkloadName::of(owner, instance), instance, owner, incarnation: 0, last_known: None }
}

fn spec() -> Spec {
    Spec {
        name: "one".parse().unwrap(),
        description: None,
        template: Template {
            name: "demo".parse().unwrap(),
            description: String::new(),
            icon: None,
            provisioner: None,
            image: None,
            command: Vec::new(),
            port: 80,
            path: "/mcp".to_owned(),
            transport: "streamable-http".to_owned(),
            environment: [].into(),
            labels: [].into(),
            resources: [].into(),
            health: HealthPolicy::default(),
            inputs: Vec::new(),
        },
        provisioner: "local".parse().unwrap(),
        plugin: PluginIdentity { name: "test".to_owned(), digest: String::new() },
        environment: [].into(),
        secret_names: Vec::new(),
        labels: [].into(),
        admission: Vec::new(),
        created_at: Timestamp(0),
    }
}

pub(super) fn order() -> CreateOrder {
    CreateOrder {
        id: InstanceId::from_u128(2),
        spec: Arc::new(spec()),
        target: target(),
        secrets: Arc::default(),
    }
}

pub(super) fn review() -> Review {
    Review { id: InstanceId::from_u128(2), spec: Arc::new(spec()), dry_run: false }
}

pub(super) async fn create(provisioner: &dyn Provisioner) -> Failure {
    provisioner.create(&order()).await.unwrap_err()
}

#[tokio::test]
async fn a_good_guest_answers() {
    let provisioner = Bench::new().provisioner(&TestGuest::provisioner()).await;
    let seen = provisioner.inspect(&target(), &Secrets::default()).await.unwrap();
    assert_eq!(seen.state, WorkloadState::Absent);
    assert!(provisioner.templates().await.unwrap().is_empty());
    assert!(!provisioner.destroy(&target(), &Secrets::default()).await.unwrap());
    assert_eq!(provisioner.reach().reachable, Some(true));
    assert_eq!(provisioner.reach().in_flight, 0);
}

#[tokio::test]
async fn created_without_a_workload_is_a_broken_contract() {
    let provisioner = Bench::new().provisioner(&TestGuest::provisioner()).await;
    let failure = create(&*provisioner).await;
    assert_eq!((failure.kind, failure.code.as_str()), (FailureKind::OutcomeUnknown, "plugin_broke_contract"));
}

#[tokio::test]
async fn a_trap_is_the_plugins_own_failure() {
    let provisioner = Bench::new().provisioner(&TestGuest::provisioner().body("create", "unreachable")).await;
    let failure = create(&*provisioner).await;
    assert_eq!((failure.kind, failure.code.as_str()), (FailureKind::OutcomeUnknown, "plugin_trapped"));
    assert!(failure.message.contains("create") && failure.message.contains("p.wasm"), "{}", failure.message);
    // The next call has a sandbox of its own.
    assert!(provisioner.inspect(&target(), &Secrets::default()).await.is_ok());
}

#[tokio::test]
async fn an_endless_loop_ends_with_its_timeout() {
    let provisioner = Bench::new().provisioner(&TestGuest::provisioner().body("create", LOOP_FOREVER)).await;
    let began = Instant::now();
    let failure = create(&*provisioner).await;
    assert_eq!((failure.kind, failure.code.as_str()), (FailureKind::OutcomeUnknown, "plugin_timed_out"));
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_loop_does_not_keep_the_runtime_from_its_timers() {
    let provisioner = Bench::new().provisioner(&TestGuest::provisioner().body("create", LOOP_FOREVER)).await;
    let naps = async {
        let began = Instant::now();
        for _ in 0..10 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        began.elapsed()
    };
    let (_, slept) = tokio::join!(create(&*provisioner), naps);
    // One tick for each nap; without the runtime's own yield it would be 61.
    assert!(slept < Duration::from_millis(500), "{slept:?}");
}

#[tokio::test]
async fn memory_is_bounded() {
    let provisioner = Bench::new().provisioner(&TestGuest::provisioner().body("create", GROW_FOREVER)).await;
    let failure = create(&*provisioner).await;
    assert_eq!(failure.code, "plugin_out_of_memory", "{}", failure.message);
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused() {
    // An inspection whose reason is 3 MiB long: 4 bytes of state, then a pointer and a length.
    let body = "(drop (memory.grow (i32.const 48)))
        (i32.store offset=536 (i32.const 0) (i32.const 4096))
        (i32.store offset=532 (i32.const 0) (i32.const 0)) i32.const 512
        (i32.store offset=536 (i32.const 0) (i32.const 3000000))";
    let provisioner = Bench::new().provisioner(&TestGuest::provisioner().body("inspect", body)).await;
    let failure = provisioner.inspect(&target(), &Secrets::default()).await.unwrap_err();
    assert_eq!(failure.code, "plugin_exceeded_limit", "{}", failure.message);
}

#[tokio::test]
async fn who_waits_too_long_for_a_turn_was_not_begun() {
    let provisioner = Bench::new().provisioner(&TestGuest::provisioner().body("create", LOOP_FOREVER)).await;
    let (first, second) = tokio::join!(create(&*provisioner), create(&*provisioner));
    assert_eq!(first.code, "plugin_timed_out");
    assert_eq!((second.kind, second.code.as_str()), (FailureKind::NotApplied, "plugin_busy"));
}

#[tokio::test]
async fn a_caller_that_leaves_neither_ends_the_call_nor_frees_its_turn() {
    let provisioner = Bench::new().provisioner(&TestGuest::provisioner().body("create", LOOP_FOREVER)).await;
    let order = order();
    let left = tokio::time::timeout(Duration::from_millis(50), provisioner.create(&order)).await;
    assert!(left.is_err());
    assert_eq!(provisioner.reach().in_flight, 1);
    assert_eq!(create(&*provisioner).await.code, "plugin_busy");
    let ended = async {
        while provisioner.reach().in_flight > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), ended).await.unwrap();
}

#[tokio::test]
async fn a_hook_reviews() {
    let bench = Bench::new();
    let provisioner = bench.write(&TestGuest::provisioner(), "p.wasm");
    let allow = bench.write(&TestGuest::hook(), "allow.wasm");
    // The decision is the first byte of the payload.
    let deny =
        TestGuest::hook().body("review", "(i32.store8 offset=520 (i32.const 0) (i32.const 1)) i32.const 512");
    let deny =
        HookOptions { name: "deny".parse().unwrap(), ..hook_options(&bench.write(&deny, "deny.wasm")) };
    let options = options(provisioner_options(&provisioner), vec![hook_options(&allow), deny]);
    let set = bench.start(options).await.unwrap().current();
    let review = review();
    let mut decisions = Vec::new();
    for entry in &set.hooks {
        decisions.push(entry.hook.review(&review).await.unwrap().decision);
    }
    assert_eq!(decisions, [Decision::Allow, Decision::Deny]);
}

#[tokio::test]
async fn files_that_are_no_component_are_refused_for_what_they_are() {
    let bench = Bench::new();
    let core = wat::parse_str("(module)").unwrap();
    let refusal = bench.refusal(&core).await;
    assert_eq!(refusal.error.code(), "not_a_component");
    assert!(refusal.to_string().contains("core WebAssembly module"), "{refusal}");
    assert_eq!(bench.refusal(b"#!/bin/sh\necho hello").await.error.code(), "not_a_component");
    assert_eq!(bench.refusal(b"").await.error.code(), "not_a_component");
    let mut cut = TestGuest::provisioner().component();
    cut.truncate(cut.len() / 2);
    assert_eq!(bench.refusal(&cut).await.error.code(), "component_invalid");
    let missing = options(provisioner_options(Path::new("/nowhere.wasm")), Vec::new());
    assert_eq!(bench.refused(missing).await.error.code(), "plugin_unreadable");
}

#[tokio::test]
async fn the_world_is_checked_before_the_guest_runs() {
    let bench = Bench::new();
    let hook = TestGuest::hook().body("describe", LOOP_FOREVER).component();
    let refusal = bench.refusal(&hook).await;
    assert_eq!(refusal.error.code(), "wrong_world");
    assert!(refusal.to_string().contains("wharfinger:plugin/hook@0.1.0"), "{refusal}");
}

const SPAWNS: (&str, &str) = (
    "(import \"wharfinger:plugin/process@0.1.0\" \"inspect\" (func (param i32 i32)))",
    "import wharfinger:plugin/process@0.1.0;",
);
const CALLS_OUT: (&str, &str) = (
    "(import \"wasi:http/types@0.2.6\" \"[constructor]fields\" (func (result i32)))",
    "import wasi:http/outgoing-handler@0.2.6;",
);
const READS_ARGUMENTS: (&str, &str) = (
    "(import \"wasi:cli/environment@0.2.6\" \"get-arguments\" (func $arguments (param i32)))",
    "import wasi:cli/environment@0.2.6;",
);

#[tokio::test]
async fn processes_need_a_grant() {
    let bench = Bench::new();
    let guest = TestGuest::provisioner().importing(SPAWNS.0, SPAWNS.1);
    let refusal = bench.refusal(&guest.component()).await;
    assert_eq!(refusal.error.code(), "grant_missing");
    assert!(refusal.to_string().contains("grants = [\"process\"]"), "{refusal}");
    let path = bench.write(&guest, "p.wasm");
    let granted = ProvisionerOptions { process: true, ..provisioner_options(&path) };
    assert!(bench.start(options(granted, Vec::new())).await.is_ok());
}

#[tokio::test]
async fn a_hook_has_no_network_and_no_processes() {
    let bench = Bench::new();
    let provisioner = bench.write(&TestGuest::provisioner().importing(CALLS_OUT.0, CALLS_OUT.1), "p.wasm");
    for (core, world) in [SPAWNS, CALLS_OUT] {
        let hook = bench.write(&TestGuest::hook().importing(core, world), "h.wasm");
        let refusal =
            bench.refused(options(provisioner_options(&provisioner), vec![hook_options(&hook)])).await;
        assert_eq!(refusal.error.code(), "not_for_hooks", "{refusal}");
    }
}

#[tokio::test]
async fn all_of_wasi_is_linked_and_nothing_of_it_granted() {
    let bench = Bench::new();
    // Traps unless the list of arguments is empty.
    let body = "(call $arguments (i32.const 600))
        (if (i32.load offset=604 (i32.const 0)) (then unreachable)) i32.const 512";
    let hook = TestGuest::hook().importing(READS_ARGUMENTS.0, READS_ARGUMENTS.1).body("review", body);
    let (provisioner, hook) =
        (bench.write(&TestGuest::provisioner(), "p.wasm"), bench.write(&hook, "h.wasm"));
    let options = options(provisioner_options(&provisioner), vec![hook_options(&hook)]);
    let set = bench.start(options).await.unwrap().current();
    let review = review();
    assert_eq!(set.hooks[0].hook.review(&review).await.unwrap().decision, Decision::Allow);
}

#[tokio::test]
async fn a_plugin_that_fails_its_first_call_does_not_serve() {
    let bench = Bench::new();
    let refusal = bench.refusal(&TestGuest::provisioner().body("describe", "unreachable").component()).await;
    assert_eq!(refusal.error.code(), "first_call_failed");
    // A failure of kind invalid, without violations: discriminant 1, kind 0.
    let body = "(i32.store8 offset=512 (i32.const 0) (i32.const 1)) i32.const 512";
    let refusal = bench.refusal(&TestGuest::provisioner().body("check-settings", body).component()).await;
    assert_eq!(refusal.error.code(), "settings_refused");
}

#[tokio::test]
async fn every_bad_plugin_is_told_at_once() {
    let bench = Bench::new();
    let hook =
        |name: &str| HookOptions { name: name.parse().unwrap(), ..hook_options(Path::new("/nowhere")) };
    let options = options(provisioner_options(Path::new("/nowhere")), vec![hook("a"), hook("b")]);
    let Err(Error::Refused(refusals)) = bench.start(options).await else { panic!("not refused") };
    assert_eq!(refusals.len(), 3);
}
