//! Builds one plugin from its table: reads its files, gives it a birth, and makes the extension.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use wasmtime::Engine;

use super::call::Guest;
use super::compiler::Compiler;
use super::engine;
use super::error::{Error, Subject};
use super::hook::ComponentHook;
use super::host::{Certificates, Linkers, LogBudget, Reachability, Script, Upstreams, read_certificates};
use super::load::{Active, Candidate, Compiled, Description, World};
use super::options::{HookOptions, Limits, ProvisionerOptions};
use super::provisioner::ComponentProvisioner;
use super::stats::Stats;
use crate::domain::Timestamp;
use crate::extension::{Hook, PluginKind, Provisioner};
use crate::process::Processes;
use crate::runtime::{Clock, Metrics, Tasks};

/// What every plugin is built with.
pub(super) struct Workshop {
    /// Answers in the place of all upstreams: on the workbench.
    pub(super) script: Option<Arc<Script>>,
    engine: Engine,
    linkers: Linkers,
    pub(super) compiler: Compiler,
    clock: Arc<dyn Clock>,
    tasks: Tasks,
    processes: Processes,
    metrics: Metrics,
}

/// A plugin's table and its files as they are now. Equal ones make equal plugins.
#[derive(Clone)]
pub(super) struct Material<Options> {
    pub(super) options: Options,
    pub(super) candidate: Candidate,
    pub(super) certificates: BTreeMap<String, Certificates>,
}

impl<Options: PartialEq> Material<Options> {
    /// Whether nothing changed between `self` and `other`.
    pub(super) fn equals(&self, other: &Self) -> bool {
        self.candidate.digest == other.candidate.digest
            && self.options == other.options
            && self.certificates == other.certificates
    }
}

/// A plugin that serves.
pub(super) struct Built<Options, Extension: ?Sized> {
    pub(super) material: Material<Options>,
    pub(super) description: Description,
    /// What it said about its settings and took them all the same.
    pub(super) warnings: Vec<String>,
    pub(super) stats: Arc<Stats>,
    pub(super) extension: Arc<Extension>,
    /// The set in which it began to serve, and when.
    pub(super) generation: u64,
    pub(super) since: Timestamp,
}

/// A provisioner that serves.
pub(super) type BuiltProvisioner = Built<ProvisionerOptions, dyn Provisioner>;
/// A hook that serves.
pub(super) type BuiltHook = Built<HookOptions, dyn Hook>;

/// Reads a provisioner's files.
pub(super) async fn provisioner_material(
    options: &ProvisionerOptions,
) -> Result<Material<ProvisionerOptions>, Error> {
    let name = options.name.as_str().to_owned();
    let subject = Subject { kind: PluginKind::Provisioner, name, path: options.plugin.clone() };
    let options = options.clone();
    off_the_runtime(subject.clone(), move || {
        let mut certificates = BTreeMap::new();
        for (upstream, granted) in &options.upstreams {
            let read = read_certificates(granted).map_err(|reason| Error::Upstream {
                subject: subject.clone(),
                upstream: upstream.clone(),
                reason,
            })?;
            certificates.insert(upstream.clone(), read);
        }
        Ok(Material { options, candidate: Candidate::read(subject)?, certificates })
    })
    .await
}

/// Reads a hook's file.
pub(super) async fn hook_material(options: &HookOptions) -> Result<Material<HookOptions>, Error> {
    let name = options.name.as_str().to_owned();
    let subject = Subject { kind: PluginKind::Hook, name, path: options.plugin.clone() };
    let options = options.clone();
    off_the_runtime(subject.clone(), move || {
        Ok(Material { options, candidate: Candidate::read(subject)?, certificates: BTreeMap::new() })
    })
    .await
}

/// Files are read where waiting for a disk stops nobody.
async fn off_the_runtime<T: Send + 'static>(
    subject: Subject,
    read: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    spawn_blocking(read)
        .await
        .unwrap_or_else(|error| Err(Error::Unreadable { subject, source: error.into() }))
}

impl Workshop {
    /// Starts the engine.
    pub(super) fn open(
        clock: Arc<dyn Clock>,
        tasks: Tasks,
        processes: Processes,
        metrics: Metrics,
    ) -> Result<Self, Error> {
        let engine = engine::start()?;
        let linkers = Linkers::new(&engine)?;
        let compiler = Compiler::new(engine.clone());
        Ok(Self { script: None, engine, linkers, compiler, clock, tasks, processes, metrics })
    }

    /// What time it is.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
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
            let certificates = material.certificates.get(upstream).cloned().flatten();
            upstreams.grant(upstream, granted, certificates).map_err(|reason| Error::Upstream {
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
            ..self.guest(subject.clone(), options.limits, &options.settings)
        };
        let (active, guest) = self.activate(compiled, guest, options.process).await?;
        let World::Provisioner(pre) = active.world else { return Err(other_kind(subject)) };
        let stats = guest.stats.clone();
        let extension = ComponentProvisioner {
            guest,
            pre,
            timeouts: options.timeouts,
            changes: Arc::new(Semaphore::new(options.max_concurrent)),
            looks: Arc::new(Semaphore::new(options.max_inspects)),
            reach,
            complaints: Mutex::default(),
        };
        Ok(Built {
            description: active.description,
            warnings: active.warnings,
            stats,
            extension: Arc::new(extension),
            generation,
            since: self.now(),
            material,
        })
    }

    /// Builds a hook that will serve from `generation` on.
    pub(super) async fn hook(
        &self,
        material: Material<HookOptions>,
        generation: u64,
    ) -> Result<BuiltHook, Error> {
        let options = &material.options;
        let subject = material.candidate.subject.clone();
        let compiled = material.candidate.clone().compile(&self.compiler).await?;
        let guest = self.guest(subject.clone(), options.limits, &options.settings);
        let (active, guest) = self.activate(compiled, guest, false).await?;
        let World::Hook(pre) = active.world else { return Err(other_kind(subject)) };
        let stats = guest.stats.clone();
        let turns = Arc::new(Semaphore::new(options.max_concurrent));
        Ok(Built {
            description: active.description,
            warnings: active.warnings,
            stats,
            extension: Arc::new(ComponentHook { guest, pre, timeout: options.timeout, turns }),
            generation,
            since: self.now(),
            material,
        })
    }

    /// A guest that reaches nothing.
    fn guest(&self, subject: Subject, limits: Limits, settings: &str) -> Guest {
        let output = LogBudget::new(&subject.name);
        let reach = Reachability::new(&subject.name, self.clock.clone());
        let meter = self.metrics.plugin(subject.kind_word(), &subject.name);
        Guest {
            subject,
            engine: self.engine.clone(),
            tasks: self.tasks.clone(),
            limits,
            settings: settings.into(),
            upstreams: Arc::new(Upstreams::none(reach)),
            processes: None,
            output,
            stats: Arc::default(),
            meter,
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
        let trial = Arc::new(self.guest(guest.subject.clone(), guest.limits, &guest.settings));
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
