//! Builds one plugin of its material: gives it a birth, and makes the extension.

use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::thread::available_parallelism;
use std::time::Duration;

use tokio::sync::Semaphore;
use wasmtime::Engine;

use super::built::{Built, BuiltHook, BuiltProvisioner};
use super::call::Guest;
use super::cleanup::Cleanup;
use super::compilation::{Compilation, fingerprint};
use super::compiler::Compiler;
use super::engine;
use super::error::{Error, Subject};
use super::ground::Ground;
use super::hook::{ComponentHook, Sandboxes};
use super::host::{Linkers, LogBudget, Lookups, Reachability, Script, Upstreams};
use super::load::{Checked, Linked};
use super::material::{Material, PluginTable};
use super::options::{HookOptions, Limits, LoadingOptions, ProvisionerOptions};
use super::provisioner::ComponentProvisioner;
use super::quarantine::Quarantine;
use super::stats::Stats;
use super::stock::Stock;
use super::warehouse::Warehouse;
use crate::domain::{BreakerPolicy, Timestamp};
use crate::process::Processes;
use crate::runtime::{Clock, Metrics, PluginMeter, Shutdown, Tasks};

/// What every plugin is built with.
pub(super) struct Workshop {
    pub(super) stock: Stock,
    pub(super) compiler: Compiler,
    /// Answers in the place of all upstreams: on the workbench.
    pub(super) script: Option<Arc<Script>>,
    /// How many plugins are read and restored side by side: the cores that there are.
    pub(super) width: usize,
    engine: Engine,
    linkers: Linkers,
    lookups: Lookups,
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
        Ok(Self {
            stock: Stock { warehouse, max_file: options.max_file, clock: clock.clone() },
            compiler,
            script: None,
            width: available_parallelism().map_or(1, NonZero::get),
            engine,
            linkers,
            lookups: Lookups::new(),
            drain: options.drain,
            clock,
            cleanup: Cleanup::new(tasks.clone()),
            tasks,
            processes,
            metrics,
            quarantine,
            spares: Arc::new(Semaphore::new(engine::SPARES)),
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

    /// Builds a provisioner.
    pub(super) async fn provisioner(
        &self,
        material: Material<ProvisionerOptions>,
    ) -> Result<BuiltProvisioner, Error> {
        let options = &material.options;
        let subject = &material.artifact.subject;
        let reach = Reachability::new(&subject.name, self.clock.clone());
        let mut upstreams = match &self.script {
            Some(script) => Upstreams::scripted(script.clone(), reach.clone()),
            None => Upstreams::none(reach.clone()).sharing(self.lookups.clone()),
        };
        for (upstream, granted) in &options.upstreams {
            let credentials = material.credentials.get(upstream).cloned().unwrap_or_default();
            upstreams
                .grant(upstream, granted, &credentials)
                .map_err(|reason| Error::upstream(subject, upstream, reason))?;
        }
        let guest = Arc::new(Guest {
            upstreams: Arc::new(upstreams),
            processes: options.process.then(|| self.processes.clone()),
            ..self.guest(subject.clone(), options.limits, &options.settings, self.meter(subject))
        });
        let compiled = material.artifact.compile(&self.compiler).await?;
        let linked = compiled.link_provisioner(&self.linkers, options.process || material.taken.process)?;
        let Checked { pre, description } = self.check(linked, &guest).await?;
        let extension = Arc::new(ComponentProvisioner {
            guest: guest.clone(),
            pre,
            timeouts: options.timeouts,
            changes: Arc::new(Semaphore::new(options.max_concurrent)),
            looks: Arc::new(Semaphore::new(options.max_inspects)),
            reach,
            complaints: Mutex::default(),
        });
        Ok(Built::new(material, description, guest, extension, self.now()))
    }

    /// Builds a hook.
    pub(super) async fn hook(&self, material: Material<HookOptions>) -> Result<BuiltHook, Error> {
        let meter = self.meter(&material.artifact.subject);
        self.metered_hook(material, meter).await
    }

    /// Builds a hook that is only tried, and is in no metric.
    pub(super) async fn trial_hook(&self, material: Material<HookOptions>) -> Result<BuiltHook, Error> {
        self.metered_hook(material, PluginMeter::of_trial()).await
    }

    async fn metered_hook(
        &self,
        material: Material<HookOptions>,
        meter: PluginMeter,
    ) -> Result<BuiltHook, Error> {
        let options = &material.options;
        let subject = material.artifact.subject.clone();
        let guest = Arc::new(self.guest(subject, options.limits, &options.settings, meter));
        let compiled = material.artifact.compile(&self.compiler).await?;
        let linked = compiled.link_hook(&self.linkers)?;
        let Checked { pre, description } = self.check(linked, &guest).await?;
        let extension = Arc::new(ComponentHook {
            sandboxes: Arc::new(Sandboxes::new(guest.clone(), pre, self.spares.clone())),
            timeout: options.timeout,
            turns: Arc::new(Semaphore::new(options.max_concurrent)),
            cleanup: self.cleanup.clone(),
        });
        Ok(Built::new(material, description, guest, extension, self.now()))
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

    /// Asks a plugin as a trial of `guest`, which reaches nothing and is not counted.
    async fn check<Pre>(&self, linked: Linked<Pre>, guest: &Guest) -> Result<Checked<Pre>, Error> {
        let meter = PluginMeter::of_trial();
        let trial = self.guest(guest.subject.clone(), guest.limits, &guest.settings, meter);
        let checked = linked.check(&Arc::new(trial)).await?;
        for warning in &checked.description.warnings {
            tracing::warn!(plugin = guest.subject.name, "settings: {warning}");
        }
        Ok(checked)
    }
}
