//! Builds one plugin from its table and its component, gives it a birth, and makes the extension.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use wasmtime::Engine;

use super::built::{Built, BuiltHook, BuiltProvisioner};
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
use super::material::{Material, PluginTable};
use super::options::{HookOptions, Limits, LoadingOptions, ProvisionerOptions};
use super::provisioner::ComponentProvisioner;
use super::quarantine::Quarantine;
use super::stats::Stats;
use super::warehouse::Warehouse;
use crate::domain::{BreakerPolicy, PluginVersion, Taken, Timestamp};
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

    /// Takes the component from the daemon's own copies instead; if its copy is lost and the file that the
    /// table names is the same to the byte, from there.
    pub(super) async fn restore<Options: PluginTable>(
        &self,
        options: &Options,
        version: &PluginVersion,
    ) -> Result<Material<Options>, Error> {
        let (warehouse, digest, max_file) = (self.warehouse.clone(), version.digest.clone(), self.max_file);
        let copy = move |subject: Subject| {
            let unusable = |reason: String| Error::Copy { subject: subject.clone(), reason };
            let digest = Digest::parse(&digest).ok_or_else(|| unusable("its digest is none".to_owned()))?;
            let lost = match warehouse.component(&digest) {
                Ok(bytes) => return Candidate::from_bytes(subject, bytes),
                Err(lost) => lost,
            };
            let file = Candidate::read(subject.clone(), max_file).ok().filter(|file| file.digest == digest);
            let same = file.ok_or_else(|| unusable(lost.to_string()))?;
            match warehouse.keep(&digest, &same.bytes) {
                Ok(()) => tracing::warn!(plugin = %subject, %lost, "its copy is made anew from its file"),
                Err(error) => tracing::error!(plugin = %subject, %error, "its copy cannot be made anew"),
            }
            Ok(same)
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
