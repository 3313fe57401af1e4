//! The door to all plugins: what the daemon does with them, and what the rest of it sees of them.
//!
//! How the set that serves is replaced is [`swap`](super::swap)'s business.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use tokio::sync::{Notify, oneshot};

use super::allowance::Allowances;
use super::draft::Draft;
use super::error::{Error, Refusal};
use super::ground::{CountInstances, Ground, ReadTable, ReloadRequests, Wiring};
use super::options::{Options, Upstream};
use super::set::{ActiveSet, Parts};
use super::survey::Survey;
use super::swap::{Changing, Reloaded, Swap, refused};
use super::workshop::Workshop;
use super::{restore, trial};
use crate::domain::{PluginKey, PluginKind};
use crate::extension::{
    Candidate, CandidateRefusal, ConfigurationReport, ExtensionSet, Extensions, HookEntry, PluginReport,
    Plugins, RollbackError,
};

/// All plugins. Cheap to clone.
#[derive(Clone)]
pub struct PluginHost {
    pub(super) swap: Arc<Swap>,
    /// Whom to tell that somebody wants the configuration read again.
    reloads: ReloadRequests,
}

impl fmt::Debug for PluginHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginHost").field("generation", &self.swap.active.load().set.generation).finish()
    }
}

impl PluginHost {
    /// Begins with the set that was published last, and loads what the configuration asks for. An error
    /// lists every plugin that could not be built, if one of them has no last good version to go on with.
    ///
    /// A configuration that lost all of its hooks while no daemon ran is left to the next reload: it may be
    /// half written, and is to be seen twice.
    pub async fn start(options: Options, allowances: Allowances, wiring: Wiring) -> Result<Self, Error> {
        let began = Instant::now();
        let Wiring { ground, changed, ledger, published, read_table, first_generation, instances, reloads } =
            wiring;
        let workshop = Workshop::open(&options.loading, options.quarantine, ground)?;
        let (parts, generation, mut lost) = match &published {
            None => (Parts::none(options.default_provisioner.clone()), 0, Vec::new()),
            Some(published) => {
                let (parts, lost) = restore::restore(&workshop, published, &read_table).await;
                (parts, published.generation, lost)
            }
        };
        let forsaken: Vec<Refusal> =
            lost.extract_if(.., |refusal| is_forsaken(&refusal.plugin, &options, &instances)).collect();
        if !forsaken.is_empty() {
            return Err(Error::Refused(forsaken.into_iter().map(|refusal| refusal.forsaken()).collect()));
        }
        let wanted: Vec<PluginKey> = options.wanted().collect();
        // Without a provisioner that it has to build anew, the set before is none to begin with.
        let lost_hooks = !parts.hooks.is_empty()
            && options.hooks.is_empty()
            && !lost.iter().any(|refusal| wanted.contains(&refusal.plugin));
        let swap = Swap {
            workshop,
            changed,
            ledger,
            read_table,
            instances,
            keep: options.loading.keep,
            active: ArcSwap::from_pointee(ActiveSet::new(parts, generation)),
            hook_tables: ArcSwap::default(),
            standing: Mutex::default(),
            changing: tokio::sync::Mutex::new(Changing {
                next_generation: first_generation.max(generation.saturating_add(1)),
                asked: options.clone(),
                allowances: Allowances::default(),
                held: Vec::new(),
            }),
            interrupted: Notify::new(),
        };
        let this = Self { swap: Arc::new(swap), reloads };
        if lost_hooks {
            this.curtail(allowances).await;
            return Ok(this);
        }
        match this.reload(options, allowances).await {
            Ok(_) => {
                for refusal in &lost {
                    tracing::debug!(%refusal, "not needed any more, and not to be had");
                }
                let took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
                tracing::info!(took_us, "plugins are loaded");
                Ok(this)
            }
            Err(Error::Refused(mut refusals)) => {
                // Without one of them, what it was to refuse would pass.
                let lacking = this.lacking(wanted);
                let lost_hook = lost.iter().any(|refusal| refusal.plugin.kind == PluginKind::Hook);
                if lacking.is_empty() && !lost_hook {
                    tracing::warn!("the daemon starts with the plugins that served last");
                    return Ok(this);
                }
                // Said where nothing else keeps the daemon from starting.
                if !refusals.iter().any(|refusal| lacking.contains(&refusal.plugin)) {
                    refusals.extend(lacking.into_iter().map(Refusal::held_back));
                }
                refusals.extend(lost);
                Err(Error::Refused(refusals))
            }
            Err(error) => Err(error),
        }
    }

    /// Which of these plugins have no last good version that serves.
    fn lacking(&self, mut wanted: Vec<PluginKey>) -> Vec<PluginKey> {
        let active = self.swap.active.load();
        wanted.retain(|plugin| active.parts.version(plugin).is_none());
        wanted
    }

    /// Builds a set as `start` does, and throws it away: for `check-config`.
    pub async fn check(options: Options, ground: Ground) -> Result<(), Error> {
        let workshop = Workshop::open(&options.loading, options.quarantine, ground)?;
        let nothing = ActiveSet::new(Parts::none(options.default_provisioner.clone()), 0);
        // Where nothing serves, nobody has instances.
        let (instances, read_table): (CountInstances, ReadTable) =
            (Box::new(|_| 0), Box::new(|_| Err("nothing is stored".to_owned())));
        let draft = Draft {
            workshop: &workshop,
            active: &nothing,
            held: &[],
            allowances: &Allowances::default(),
            instances: &instances,
            read_table: &read_table,
            generation: 1,
        };
        let survey = Survey::of(&options, &workshop).await;
        draft.next(&options, survey).await.map(drop).map_err(Error::Refused)
    }

    /// Replaces the set by what `options` and the files say now, whole, or refuses it whole and only
    /// takes away what `allowances` do not leave. The refusal is recorded and logged here.
    pub async fn reload(&self, options: Options, allowances: Allowances) -> Result<Reloaded, Error> {
        self.swap.reload(options, allowances).await
    }

    /// What is being built is out of date: it is left, and its [`reload`](Self::reload) is an
    /// [`Error::Interrupted`].
    pub fn interrupt(&self) {
        self.swap.interrupt();
    }

    /// Takes away what a configuration that is refused as a whole does not leave.
    pub async fn curtail(&self, allowances: Allowances) {
        let mut changing = self.swap.changing.lock().await;
        changing.allowances = allowances;
        self.swap.look_at_files(&changing).await;
        self.swap.settle(&mut changing).await;
    }

    /// Takes up credentials that changed, beside a configuration that cannot be read at all.
    pub async fn refresh(&self) {
        let mut changing = self.swap.changing.lock().await;
        self.swap.look_at_files(&changing).await;
        self.swap.settle(&mut changing).await;
    }

    /// The files of what serves that hold its credentials: also of tables that the configuration lacks.
    pub fn credential_files(&self) -> Vec<PathBuf> {
        let active = self.swap.active.load();
        let provisioners = active.parts.provisioners.values();
        let upstreams = provisioners.flat_map(|built| built.material.options.upstreams.values());
        upstreams.flat_map(Upstream::files).cloned().collect()
    }

    /// Whether a provisioner that the configuration lacks has no instances: it goes with the next reload,
    /// if nobody is at work on an earlier set. Beside a configuration that is refused none goes.
    pub fn are_leaving(&self) -> bool {
        self.swap.standing().is_content()
            && self.swap.active.load().parts.retired.iter().any(|name| (self.swap.instances)(name) == 0)
    }

    /// With the next reload, what took too much to compile is compiled again.
    pub fn compile_again(&self) {
        self.swap.workshop.compiler.forget_limits();
    }

    /// How the configuration as a whole stands: for reports.
    pub fn note(&self, configuration: ConfigurationReport) {
        self.swap.standing().configuration = configuration;
    }
}

/// Whether it has instances, and no table to build it from.
fn is_forsaken(plugin: &PluginKey, options: &Options, instances: &CountInstances) -> bool {
    let Some(name) = plugin.provisioner_name() else { return false };
    instances(&name) > 0 && !options.provisioners.iter().any(|table| table.name == name)
}

impl Extensions for PluginHost {
    fn current(&self) -> Arc<ExtensionSet> {
        self.swap.active.load().set.clone()
    }
}

#[async_trait]
impl Plugins for PluginHost {
    fn reports(&self) -> Vec<PluginReport> {
        self.swap.standing().report(&self.swap.active.load().parts, &self.swap.instances)
    }

    fn configuration(&self) -> ConfigurationReport {
        self.swap.standing().configuration.clone()
    }

    async fn reload(&self) {
        let (done, heard) = oneshot::channel();
        if self.reloads.send(done).await.is_ok() {
            // An error: the daemon stops.
            let _ = heard.await;
        }
    }

    async fn roll_back(&self, name: &str, kind: Option<PluginKind>) -> Result<u64, RollbackError> {
        let key = self.swap.standing().find(name, kind)?;
        let swap = self.swap.clone();
        // What is stored must serve: whoever asked may leave in between.
        let rolled_back = async move { swap.roll_back(&key).await };
        match self.swap.workshop.tasks.carry_out("roll back a plugin", rolled_back).await {
            Some(reloaded) => Ok(reloaded?.generation),
            None => Err(refused(Error::Engine { source: "its task was lost".into() })),
        }
    }

    async fn trial_hook(&self, hook: &str, candidate: Candidate) -> Result<HookEntry, CandidateRefusal> {
        let tables = self.swap.hook_tables.load_full();
        let Some(table) = tables.iter().find(|table| table.name.as_str() == hook) else {
            let hooks = tables.iter().map(|table| table.name.clone()).collect();
            return Err(CandidateRefusal::Unknown { hooks });
        };
        trial::hook(&self.swap.workshop, table.clone(), candidate).await
    }
}
