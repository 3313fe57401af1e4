//! Builds one plugin from its table and its component, gives it a birth, and makes the extension.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use wasmtime::Engine;

use super::call::Guest;
use super::cleanup::Cleanup;
use super::compilation::{Compilation, fingerprint};
use super::compiler::Compiler;
use super::digest::Digest;
use super::engine;
use super::error::{Error, Subject};
use super::ground::Ground;
use super::hook::{ComponentHook, SPARES, Sandboxes};
use super::host::{Credentials, Linkers, LogBudget, Reachability, Script, Upstreams, read_credentials};
use super::load::{Active, Candidate, Compiled, Description, World};
use super::options::{HookOptions, Limits, LoadingOptions, ProvisionerOptions};
use super::provisioner::ComponentProvisioner;
use super::quarantine::Quarantine;
use super::stats::Stats;
use super::warehouse::Warehouse;
use crate::domain::{BreakerPolicy, PluginKind, PluginVersion, Taken, Timestamp};
use crate::extension::{Hook, HookEntry, Provisioner};
use crate::process::Processes;
use crate::runtime::{Clock, Metrics, PluginMeter, Shutdown, Tasks};

/// What every plugin is built with.
pub(super) struct Workshop {
    /// Answers in the place of all upstreams: on the workbench.
    pub(super) script: Option<Arc<Script>>,
    /// How many files are read and restored side by side: the cores that there are.
    pub(super) width: usize,
    engine: Engine,
    linkers: Linkers,
    pub(super) compiler: Compiler,
    warehouse: Arc<Warehouse>,
    max_file: usize,
    drain: Duration,
    clock: Arc<dyn Clock>,
    pub(super) tasks: Tasks,
    processes: Processes,
    metrics: Metrics,
    quarantine: BreakerPolicy,
    cleanup: Cleanup,
    pub(super) spares: Arc<Semaphore>,
}

/// A plugin's table and its files as they are now. Equal ones make equal plugins.
#[derive(Clone)]
pub(super) struct Material<Options> {
    /// What is left of its table. Of a hook's all is: its mode may come back.
    pub(super) options: Options,
    /// What was taken away from its table.
    pub(super) taken: Taken,
    pub(super) candidate: Candidate,
    /// Of its upstreams, as their files and variables are now.
    pub(super) credentials: BTreeMap<String, Credentials>,
}

impl<Options: PartialEq> Material<Options> {
    /// Whether nothing changed between `self` and `other`.
    pub(super) fn equals(&self, other: &Self) -> bool {
        self.candidate.digest == other.candidate.digest
            && self.options == other.options
            && self.taken == other.taken
            && self.credentials == other.credentials
    }
}

impl<Options: PluginTable> Material<Options> {
    /// What identifies it: which component with which table.
    pub(super) fn version(&self) -> PluginVersion {
        let Self { options, taken, candidate, .. } = self;
        PluginVersion {
            kind: candidate.subject.kind,
            name: candidate.subject.name.clone(),
            digest: candidate.digest.as_str().to_owned(),
            table: options.text().to_owned(),
            taken: taken.clone(),
            identities: Vec::new(),
            generation: 0,
            since: Timestamp(0),
        }
    }
}

/// A plugin that serves.
pub(super) struct Built<Options, Extension: ?Sized> {
    pub(super) material: Material<Options>,
    pub(super) description: Description,
    /// What it calls itself, and what it may have called itself before it was moved.
    pub(super) identities: Vec<String>,
    /// What it said about its settings and took them all the same.
    pub(super) warnings: Vec<String>,
    pub(super) stats: Arc<Stats>,
    pub(super) extension: Arc<Extension>,
    /// The set in which it began to serve, and when.
    pub(super) generation: u64,
    pub(super) since: Timestamp,
    /// What was last said of its credentials; of those after it too.
    pub(super) complaints: Arc<Mutex<Vec<String>>>,
    /// Ends the calls that are still out.
    end: Shutdown,
}

/// A provisioner that serves.
pub(super) type BuiltProvisioner = Built<ProvisionerOptions, dyn Provisioner>;
/// A hook that serves.
pub(super) type BuiltHook = Built<HookOptions, dyn Hook>;

impl BuiltHook {
    /// As it is asked.
    pub(super) fn entry(&self) -> HookEntry {
        let HookOptions { name, mode, on_error, scope, settings, .. } = &self.material.options;
        HookEntry {
            name: name.clone(),
            mode: self.material.taken.mode.unwrap_or(*mode),
            on_error: *on_error,
            scope: scope.clone(),
            digest: self.material.candidate.digest.as_str().to_owned(),
            settings_hash: Digest::of(settings.as_bytes()).as_str().to_owned(),
            hook: self.extension.clone(),
        }
    }
}

/// A table of the configuration that describes a plugin.
pub(super) trait PluginTable: Clone + PartialEq + Send + 'static {
    /// What it is for, its name and its file.
    fn subject(&self) -> Subject;
    /// The whole table as text.
    fn text(&self) -> &str;
    /// What it reads beside its component.
    fn credentials(&self) -> Result<BTreeMap<String, Credentials>, Error>;
}

impl PluginTable for ProvisionerOptions {
    fn subject(&self) -> Subject {
        let name = self.name.as_str().to_owned();
        Subject { kind: PluginKind::Provisioner, name, path: self.plugin.clone() }
    }

    fn text(&self) -> &str {
        &self.table
    }

    fn credentials(&self) -> Result<BTreeMap<String, Credentials>, Error> {
        let read = |(upstream, granted): (&String, &super::options::Upstream)| {
            let read = read_credentials(granted).map_err(|reason| Error::Upstream {
                subject: self.subject(),
                upstream: upstream.clone(),
                reason,
            })?;
            Ok((upstream.clone(), read))
        };
        self.upstreams.iter().map(read).collect()
    }
}

impl PluginTable for HookOptions {
    fn subject(&self) -> Subject {
        let name = self.name.as_str().to_owned();
        Subject { kind: PluginKind::Hook, name, path: self.plugin.clone() }
    }

    fn text(&self) -> &str {
        &self.table
    }

    fn credentials(&self) -> Result<BTreeMap<String, Credentials>, Error> {
        Ok(BTreeMap::new())
    }
}

impl<Options: PluginTable, Extension: ?Sized> Built<Options, Extension> {
    /// What is stored of it.
    pub(super) fn version(&self) -> PluginVersion {
        let (generation, since) = (self.generation, self.since);
        PluginVersion { identities: self.identities.clone(), generation, since, ..self.material.version() }
    }

    /// Says which of its credentials cannot be used, once for as long as that stays the same.
    pub(super) fn complain(&self, complaints: Vec<String>) {
        let mut known = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        if !complaints.is_empty() && *known != complaints {
            tracing::warn!("it serves on with the credentials that it had: {}", complaints.join("; "));
        }
        *known = complaints;
    }

    /// It is replaced: calls that are out may finish within `drain`.
    pub(super) fn retire(&self, tasks: &Tasks, drain: Duration) {
        let (end, stats) = (self.end.clone(), self.stats.clone());
        let subject = self.material.candidate.subject.to_string();
        tasks.spawn("drain a plugin", async move {
            tokio::time::sleep(drain).await;
            let left = stats.in_flight();
            if left > 0 {
                tracing::warn!(
                    plugin = subject,
                    calls = left,
                    "it was replaced, and what is left of its calls is ended"
                );
            }
            end.cancel();
        });
    }
}

impl Workshop {
    /// Starts the engine.
    pub(super) fn open(
        options: &LoadingOptions,
        quarantine: BreakerPolicy,
        Ground { clock, tasks, processes, metrics }: Ground,
    ) -> Result<Self, Error> {
        let (engine, small) = engine::start()?;
        let linkers = Linkers::new(&engine)?;
        let warehouse = Warehouse::open(&options.dir, fingerprint(&engine))
            .map_err(|source| Error::Warehouse { path: options.dir.clone(), source })?;
        let warehouse = Arc::new(warehouse);
        let compilation = Compilation::new(options, small);
        let compiler = Compiler::new(engine.clone(), warehouse.clone(), compilation);
        let (max_file, drain) = (options.max_file, options.drain);
        let cleanup = Cleanup::new(tasks.clone());
        Ok(Self {
            script: None,
            width: available_parallelism().map_or(1, NonZero::get),
            engine,
            linkers,
            compiler,
            warehouse,
            max_file,
            drain,
            clock,
            tasks,
            processes,
            metrics,
            quarantine,
            cleanup,
            spares: Arc::new(Semaphore::new(SPARES)),
        })
    }

    /// What time it is.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// `built` is replaced.
    pub(super) fn retire<Options: PluginTable, Extension: ?Sized>(&self, built: &Built<Options, Extension>) {
        built.retire(&self.tasks, self.drain);
    }

    /// Reads the files that a table names.
    pub(super) async fn read<Options: PluginTable>(
        &self,
        options: &Options,
    ) -> Result<Material<Options>, Error> {
        let max_file = self.max_file;
        self.material(options, Taken::default(), move |subject| Candidate::read(subject, max_file)).await
    }

    /// Takes the component from the daemon's own copies instead.
    pub(super) async fn restore<Options: PluginTable>(
        &self,
        options: &Options,
        version: &PluginVersion,
    ) -> Result<Material<Options>, Error> {
        let (warehouse, digest) = (self.warehouse.clone(), version.digest.clone());
        let copy = move |subject: Subject| {
            let unusable = |reason: String| Error::Copy { subject: subject.clone(), reason };
            let digest = Digest::parse(&digest).ok_or_else(|| unusable("its digest is none".to_owned()))?;
            let bytes = warehouse.component(&digest).map_err(|error| unusable(error.to_string()))?;
            Candidate::from_bytes(subject, bytes)
        };
        let material = self.material(options, version.taken.clone(), copy);
        // The machine code is fetched meanwhile. If there is none, it is made when it is needed.
        match Digest::parse(&version.digest) {
            Some(digest) => tokio::join!(material, self.compiler.load(&digest)).0,
            None => material.await,
        }
    }

    /// Files are read where waiting for a disk stops nobody.
    async fn material<Options: PluginTable>(
        &self,
        options: &Options,
        taken: Taken,
        candidate: impl FnOnce(Subject) -> Result<Candidate, Error> + Send + 'static,
    ) -> Result<Material<Options>, Error> {
        let (options, subject) = (options.clone(), options.subject());
        let read = move || {
            let credentials = options.credentials()?;
            Ok(Material { candidate: candidate(options.subject())?, options, taken, credentials })
        };
        let lost = |error: tokio::task::JoinError| Err(Error::Unreadable { subject, source: error.into() });
        spawn_blocking(read).await.unwrap_or_else(lost)
    }

    /// The credentials of what serves on, as its files are now, and what is wrong with those that cannot be
    /// used: they stay as they were in `known`.
    pub(super) async fn credentials(
        &self,
        options: &ProvisionerOptions,
        known: &BTreeMap<String, Credentials>,
    ) -> (BTreeMap<String, Credentials>, Vec<String>) {
        let (subject, upstreams, clock) = (options.subject(), options.upstreams.clone(), self.clock.clone());
        let read = move || {
            let mut trial = Upstreams::none(Reachability::new(&subject.name, clock));
            let read = upstreams.into_iter().map(|(upstream, granted)| {
                let now = read_credentials(&granted)
                    .and_then(|now| trial.grant(&upstream, &granted, &now).map(|()| now))
                    .map_err(|reason| {
                        let (subject, upstream) = (subject.clone(), upstream.clone());
                        Error::Upstream { subject, upstream, reason }.to_string()
                    });
                (upstream, now)
            });
            read.collect::<Vec<_>>()
        };
        let mut credentials = known.clone();
        credentials.retain(|upstream, _| options.upstreams.contains_key(upstream));
        let mut unusable = Vec::new();
        // What could not be asked for stays as it was, too.
        for (upstream, now) in spawn_blocking(read).await.unwrap_or_default() {
            match now {
                Ok(now) => {
                    credentials.insert(upstream, now);
                }
                Err(complaint) => unusable.push(complaint),
            }
        }
        (credentials, unusable)
    }

    /// Keeps the daemon's own copy of what serves.
    pub(super) async fn keep(&self, candidate: &Candidate) -> Result<(), Error> {
        let (warehouse, candidate) = (self.warehouse.clone(), candidate.clone());
        let keep = move || warehouse.keep(&candidate.digest, &candidate.bytes);
        let kept = spawn_blocking(keep).await.unwrap_or_else(|error| Err(error.into()));
        kept.map_err(|error| Error::Unstored { source: error.into() })
    }

    /// Forgets every component but these. What cannot be removed stays until another time.
    pub(super) async fn clear(&self, needed: BTreeSet<Digest>) {
        let warehouse = self.warehouse.clone();
        let cleared = spawn_blocking(move || warehouse.clear(&needed)).await;
        if let Err(error) = cleared.unwrap_or_else(|error| Err(error.into())) {
            tracing::warn!(%error, "old copies of plugins could not be removed");
        }
    }

    /// Builds a provisioner that will serve from `generation` on.
    pub(super) async fn provisioner(
        &self,
        material: Material<ProvisionerOptions>,
        generation: u64,
    ) -> Result<BuiltProvisioner, Error> {
        let options = &material.options;
        let subject = material.candidate.subject.clone();
        let reach = Reachability::new(&subject.name, self.clock.clone());
        let mut upstreams = match &self.script {
            Some(script) => Upstreams::scripted(script.clone(), reach.clone()),
            None => Upstreams::none(reach.clone()),
        };
        for (upstream, granted) in &options.upstreams {
            let credentials = material.credentials.get(upstream).cloned().unwrap_or_default();
            upstreams.grant(upstream, granted, &credentials).map_err(|reason| Error::Upstream {
                subject: subject.clone(),
                upstream: upstream.clone(),
                reason,
            })?;
        }
        let processes = options.process.then(|| self.processes.clone());
        let compiled = material.candidate.clone().compile(&self.compiler).await?;
        let guest = Guest {
            upstreams: Arc::new(upstreams),
            processes,
            ..self.guest(subject.clone(), options.limits, &options.settings, self.meter(&subject))
        };
        let linked_with_processes = options.process || material.taken.process;
        let (active, guest) = self.activate(compiled, guest, linked_with_processes).await?;
        let World::Provisioner(pre) = active.world else { return Err(other_kind(subject)) };
        let extension = ComponentProvisioner {
            guest: guest.clone(),
            pre,
            timeouts: options.timeouts,
            changes: Arc::new(Semaphore::new(options.max_concurrent)),
            looks: Arc::new(Semaphore::new(options.max_inspects)),
            reach,
            complaints: Mutex::default(),
        };
        let (description, warnings) = (active.description, active.warnings);
        Ok(self.built(material, generation, description, warnings, &guest, Arc::new(extension)))
    }

    /// Builds a hook that will serve from `generation` on.
    pub(super) async fn hook(
        &self,
        material: Material<HookOptions>,
        generation: u64,
    ) -> Result<BuiltHook, Error> {
        let meter = self.meter(&material.candidate.subject);
        self.build_hook(material, generation, meter).await
    }

    /// Builds a hook that is only tried, and is in no set and no metric.
    pub(super) async fn trial_hook(&self, material: Material<HookOptions>) -> Result<BuiltHook, Error> {
        const NO_GENERATION: u64 = 0;
        self.build_hook(material, NO_GENERATION, PluginMeter::of_trial()).await
    }

    async fn build_hook(
        &self,
        material: Material<HookOptions>,
        generation: u64,
        meter: PluginMeter,
    ) -> Result<BuiltHook, Error> {
        let options = &material.options;
        let subject = material.candidate.subject.clone();
        let compiled = material.candidate.clone().compile(&self.compiler).await?;
        let guest = self.guest(subject.clone(), options.limits, &options.settings, meter);
        let (active, guest) = self.activate(compiled, guest, false).await?;
        let World::Hook(pre) = active.world else { return Err(other_kind(subject)) };
        let extension = ComponentHook {
            sandboxes: Arc::new(Sandboxes::new(guest.clone(), pre, self.spares.clone())),
            timeout: options.timeout,
            turns: Arc::new(Semaphore::new(options.max_concurrent)),
            cleanup: self.cleanup.clone(),
        };
        let (description, warnings) = (active.description, active.warnings);
        Ok(self.built(material, generation, description, warnings, &guest, Arc::new(extension)))
    }

    fn built<Options, Extension: ?Sized>(
        &self,
        material: Material<Options>,
        generation: u64,
        description: Description,
        warnings: Vec<String>,
        guest: &Guest,
        extension: Arc<Extension>,
    ) -> Built<Options, Extension> {
        let (stats, end) = (guest.stats.clone(), guest.end.clone());
        let (identities, since) = (vec![description.name.clone()], self.now());
        let complaints = Arc::default();
        Built {
            material,
            description,
            identities,
            warnings,
            stats,
            extension,
            generation,
            since,
            complaints,
            end,
        }
    }

    fn meter(&self, subject: &Subject) -> PluginMeter {
        self.metrics.plugin(subject.kind_word(), &subject.name)
    }

    /// A guest that reaches nothing.
    fn guest(&self, subject: Subject, limits: Limits, settings: &str, meter: PluginMeter) -> Guest {
        let output = LogBudget::new(&subject.name);
        let reach = Reachability::new(&subject.name, self.clock.clone());
        let quarantine = Quarantine::new(subject.clone(), self.quarantine, self.clock.clone());
        Guest {
            subject,
            engine: self.engine.clone(),
            tasks: self.tasks.clone(),
            limits,
            settings: settings.into(),
            upstreams: Arc::new(Upstreams::none(reach)),
            processes: None,
            output,
            stats: Arc::new(Stats::new(quarantine)),
            meter,
            end: Shutdown::new(),
        }
    }

    /// Links and asks a plugin, in a trial guest that reaches nothing and is not counted.
    async fn activate(
        &self,
        compiled: Compiled,
        guest: Guest,
        process: bool,
    ) -> Result<(Active, Arc<Guest>), Error> {
        let linked = compiled.link(&self.engine, &self.linkers, process)?;
        let meter = PluginMeter::of_trial();
        let trial = Arc::new(self.guest(guest.subject.clone(), guest.limits, &guest.settings, meter));
        let active = linked.activate(&trial).await?;
        for warning in &active.warnings {
            tracing::warn!(plugin = guest.subject.name, "settings: {warning}");
        }
        Ok((active, Arc::new(guest)))
    }
}

/// Linking by a kind gives a world of that kind; said instead of panicking.
fn other_kind(subject: Subject) -> Error {
    Error::Description { subject, reason: "it was linked as another kind of plugin".to_owned() }
}
