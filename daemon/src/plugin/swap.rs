//! The door to all plugins, and how the set that serves is replaced.
//!
//! ```text
//! start     what was published last, from our own copies ─┐
//! reload    what the configuration asks for ──────────────┤
//! settle    what is taken away, what credentials are now ─┼─> parts ─> kept ─> stored ─> published, whole
//! rollback  what served before ───────────────────────────┘
//! ```
//!
//! Guarantees:
//! * A set is published whole or not at all; whoever took the old one keeps it until it lets go; a
//!   generation is never used for two sets.
//! * A set is stored, and its components are kept, before it serves: a start begins with it, whatever
//!   became of the operator's files. So a start and a reload are one path.
//! * A refused reload changes nothing but what [`Plugins::reports`] says, and is logged once for as
//!   long as its reasons stay the same. What it only takes away is taken away all the same, and what serves
//!   has the credentials that its files hold now.
//! * One change at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use tokio::sync::oneshot;

use super::digest::Digest;
use super::error::{Cause, Error, Refusal};
use super::ground::{Ground, Host, Ledger, Owned, ReadTable, ReloadRequests};
use super::next::{self, Holders};
use super::options::{HookOptions, Options, Upstream};
use super::set::{ActiveSet, Parts};
use super::standing::Standing;
use super::workshop::Workshop;
use super::{Allowances, restore, serving, trial};
use crate::domain::{PluginKey, PluginKind, ProvisionerName};
use crate::extension::{
    Candidate, CandidateRefusal, ConfigurationReport, ExtensionSet, Extensions, HookEntry, PluginReport,
    Plugins, ProvisionerEntry, RollbackError,
};
use crate::runtime::{Activator, ErrorChain};

/// A successful change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reloaded {
    /// Of the set that is active now.
    pub generation: u64,
    /// What was added, rebuilt or removed, as `provisioners.NAME`, `hooks.NAME` or the key; empty
    /// when nothing was and the set is the one that was active before.
    pub changed: Vec<String>,
}

/// All plugins. Cheap to clone.
#[derive(Clone)]
pub struct PluginHost(Arc<Inner>);

impl fmt::Debug for PluginHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PluginHost").field("generation", &self.0.active.load().set.generation).finish()
    }
}

struct Inner {
    workshop: Workshop,
    changed: Activator,
    ledger: Arc<dyn Ledger>,
    tables: ReadTable,
    owned: Owned,
    reloads: ReloadRequests,
    keep: usize,
    active: ArcSwap<ActiveSet>,
    /// Every hook's table as the configuration last had it, also of those that are off.
    hook_tables: ArcSwap<Vec<HookOptions>>,
    standing: Mutex<Standing>,
    changing: tokio::sync::Mutex<Changing>,
}

/// What only whoever changes the set needs.
struct Changing {
    next_generation: u64,
    /// What was last asked for.
    asked: Options,
    allowances: Allowances,
    /// Sets that somebody may still hold, each with the provisioners that were not retired in it.
    held: Vec<Weak<ExtensionSet>>,
}

impl PluginHost {
    /// Begins with the set that was published last, and loads what the configuration asks for. An error
    /// lists every plugin that could not be built, if one of them has no last good version to go on with.
    ///
    /// A configuration that lost all of its hooks while no daemon ran is left to the next reload: it may be
    /// half written, and is to be seen twice.
    pub async fn start(options: Options, allowances: Allowances, host: Host) -> Result<Self, Error> {
        let began = Instant::now();
        let Host { ground, changed, ledger, published, tables, first_generation, owned, reloads } = host;
        let workshop = Workshop::open(&options.loading, options.quarantine, ground)?;
        let (parts, generation, mut lost) = match &published {
            None => (Parts::none(options.default_provisioner.clone()), 0, Vec::new()),
            Some(published) => {
                let (parts, lost) = restore::restore(&workshop, published, &tables).await;
                (parts, published.generation, lost)
            }
        };
        let forsaken: Vec<Refusal> =
            lost.extract_if(.., |refusal| is_forsaken(&refusal.plugin, &options, &owned)).collect();
        if !forsaken.is_empty() {
            return Err(Error::Refused(forsaken.into_iter().map(|refusal| refusal.forsaken()).collect()));
        }
        let lost_hooks = lost.is_empty() && !parts.hooks.is_empty() && options.hooks.is_empty();
        let inner = Arc::new(Inner {
            workshop,
            changed,
            ledger,
            tables,
            owned,
            reloads,
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
        });
        let this = Self(inner);
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
            // Without one of them, what it was to refuse would pass.
            Err(Error::Refused(refusals)) if !lost.is_empty() || this.lacks_any(&refusals) => {
                Err(Error::Refused(refusals.into_iter().chain(lost).collect()))
            }
            Err(Error::Refused(_)) => {
                tracing::warn!("the daemon starts with the plugins that served last");
                Ok(this)
            }
            Err(error) => Err(error),
        }
    }

    /// Whether one of the plugins that were refused has no last good version that serves.
    fn lacks_any(&self, refusals: &[Refusal]) -> bool {
        let active = self.0.active.load();
        refusals.iter().any(|refusal| active.parts.version(&refusal.plugin).is_none())
    }

    /// Builds a set as `start` does, and throws it away: for `check-config`.
    pub async fn check(options: Options, ground: Ground) -> Result<(), Error> {
        let workshop = Workshop::open(&options.loading, options.quarantine, ground)?;
        let survey = next::survey(&workshop, &options).await;
        let nothing = Parts::none(options.default_provisioner.clone());
        let holders = Holders { owned: &|_| 0, in_use: &|_| false, places: &|_| BTreeMap::new() };
        let asked = (&options, &Allowances::default());
        let built = next::next(&workshop, &nothing, asked, survey, &holders, 1).await;
        built.map(drop).map_err(Error::Refused)
    }

    /// Replaces the set by what `options` and the files say now, whole, or refuses it whole and only
    /// takes away what `allowances` do not leave. The refusal is recorded and logged here.
    pub async fn reload(&self, options: Options, allowances: Allowances) -> Result<Reloaded, Error> {
        let inner = &self.0;
        let mut changing = inner.changing.lock().await;
        inner.hook_tables.store(Arc::new(options.hooks.clone()));
        changing.asked = options;
        changing.allowances = allowances;
        let active = inner.active.load_full();
        let (next, digests) = inner.next(&changing, &active).await;
        let mut needed: BTreeSet<Digest> = digests.values().filter_map(|text| Digest::parse(text)).collect();
        inner.standing().desire(&changing.asked, digests);
        let done = match next {
            Ok(parts) if parts.same_as(&active.parts) => {
                Ok(Reloaded { generation: active.set.generation, changed: Vec::new() })
            }
            Ok(mut parts) => {
                parts.remember(&active.parts, inner.keep);
                inner.publish(&mut changing, &active, parts, Durable::Must).await
            }
            Err(refusals) => Err(Error::Refused(refusals)),
        };
        // At every look, also a vain one: a file that changes all the time must not fill the disk.
        needed.extend(inner.active.load().parts.digests());
        inner.workshop.clear(needed).await;
        match done {
            Ok(reloaded) => {
                inner.standing().accepted();
                Ok(reloaded)
            }
            Err(error) => {
                if inner.standing().refused(&error, &active.parts, inner.workshop.now()) {
                    tracing::error!(generation = active.set.generation, "{}", ErrorChain(&error));
                }
                inner.settle(&mut changing).await;
                Err(error)
            }
        }
    }

    /// Takes away what a configuration that is refused as a whole does not leave.
    pub async fn curtail(&self, allowances: Allowances) {
        let mut changing = self.0.changing.lock().await;
        changing.allowances = allowances;
        self.0.settle(&mut changing).await;
    }

    /// Takes up credentials that changed, beside a configuration that cannot be read at all.
    pub async fn refresh(&self) {
        let mut changing = self.0.changing.lock().await;
        self.0.settle(&mut changing).await;
    }

    /// The files of what serves that hold its credentials: also of tables that the configuration lacks.
    pub fn credential_files(&self) -> Vec<PathBuf> {
        let active = self.0.active.load();
        let provisioners = active.parts.provisioners.values();
        let upstreams = provisioners.flat_map(|built| built.material.options.upstreams.values());
        upstreams.flat_map(Upstream::files).cloned().collect()
    }

    /// Whether a provisioner that the configuration lacks has no instances: it goes with the next reload,
    /// if nobody is at work on an earlier set.
    pub fn are_leaving(&self) -> bool {
        self.0.active.load().parts.retired.iter().any(|name| (self.0.owned)(name) == 0)
    }

    /// With the next reload, what took too much to compile is compiled again.
    pub fn compile_again(&self) {
        self.0.workshop.compiler.forget_limits();
    }

    /// How the configuration as a whole stands: for reports.
    pub fn note(&self, configuration: ConfigurationReport) {
        self.0.standing().configuration = configuration;
    }
}

/// Whether a set that cannot be stored may serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durable {
    /// It would not survive a restart: it may not.
    Must,
    /// It takes something away, which must hold now.
    Should,
}

impl Inner {
    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next set, and what could be read of it.
    async fn next(
        &self,
        changing: &Changing,
        active: &ActiveSet,
    ) -> (Result<Parts, Vec<Refusal>>, BTreeMap<PluginKey, String>) {
        let survey = next::survey(&self.workshop, &changing.asked).await;
        let digests = survey.digests();
        // Whoever holds the set that serves may be about to make an instance.
        let in_use = |name: &ProvisionerName| takes_new(&active.set, name) || changing.is_in_use(name);
        let places = |name: &ProvisionerName| active.parts.places(name, &self.tables);
        let holders = Holders { owned: &*self.owned, in_use: &in_use, places: &places };
        let generation = changing.next_generation;
        let asked = (&changing.asked, &changing.allowances);
        let next = next::next(&self.workshop, &active.parts, asked, survey, &holders, generation).await;
        (next, digests)
    }

    /// Beside a configuration that is refused: takes away what it does not leave, and takes up credentials
    /// that changed.
    async fn settle(&self, changing: &mut Changing) {
        let active = self.active.load_full();
        let generation = changing.next_generation;
        let settled = serving::settled(&self.workshop, &active.parts, &changing.allowances, generation).await;
        if let Some(mut parts) = settled {
            parts.remember(&active.parts, self.keep);
            let changed = next::changes(&active.parts, &parts).join(" ");
            tracing::warn!(
                changed,
                "the configuration is refused; what it takes away, and new credentials, hold all the same"
            );
            if let Err(error) = self.publish(changing, &active, parts, Durable::Should).await {
                tracing::error!(error = %ErrorChain(&error), "they could not be made to hold");
            }
        }
    }

    async fn publish(
        &self,
        changing: &mut Changing,
        active: &ActiveSet,
        parts: Parts,
        durable: Durable,
    ) -> Result<Reloaded, Error> {
        let generation = changing.next_generation;
        let stored = self.store(&parts, generation).await;
        match (stored, durable) {
            (Err(error), Durable::Must) => return Err(error),
            (Err(error), Durable::Should) => {
                tracing::error!(error = %ErrorChain(&error), "the plugins could not be stored: a restart would begin with those before");
            }
            (Ok(()), _) => {}
        }
        changing.next_generation = generation.saturating_add(1);
        changing.held.retain(|set| set.strong_count() > 0);
        changing.held.push(Arc::downgrade(&active.set));
        let changed = next::changes(&active.parts, &parts);
        let (provisioners, hooks) = parts.gone_since(&active.parts);
        provisioners.iter().for_each(|gone| self.workshop.retire(gone));
        hooks.iter().for_each(|gone| self.workshop.retire(gone));
        log_set(&parts, generation, &changed);
        self.active.store(Arc::new(ActiveSet::new(parts, generation)));
        self.changed.ring();
        Ok(Reloaded { generation, changed })
    }

    /// Makes a set durable: its components, then that it is the one to begin with.
    async fn store(&self, parts: &Parts, generation: u64) -> Result<(), Error> {
        for built in parts.provisioners.values() {
            self.workshop.keep(&built.material.candidate).await?;
        }
        for built in &parts.hooks {
            self.workshop.keep(&built.material.candidate).await?;
        }
        let stored = self.ledger.publish(parts.published(generation)).await;
        stored.map_err(|source: Cause| Error::Unstored { source })
    }

    /// Puts the version before the one that serves in its place, until the files of what it was rolled
    /// back from change.
    async fn roll_back(&self, key: &PluginKey) -> Result<Reloaded, RollbackError> {
        let mut changing = self.changing.lock().await;
        let active = self.active.load_full();
        let earlier = active.parts.previous.iter().rfind(|version| version.key() == *key).cloned();
        let Some(version) = earlier else {
            return Err(RollbackError::NothingBefore { kind: key.0.as_str(), name: key.1.clone() });
        };
        let mut parts = active.parts.clone();
        let in_use = |name: &ProvisionerName| changing.is_in_use(name);
        let places = |name: &ProvisionerName| active.parts.places(name, &self.tables);
        let holders = Holders { owned: &*self.owned, in_use: &in_use, places: &places };
        let (left, generation) = (&changing.allowances, changing.next_generation);
        let put =
            restore::put_back(&self.workshop, &mut parts, &version, &self.tables, left, &holders, generation);
        put.await.map_err(refused)?;
        // What serves is not among what served before.
        parts.previous.retain(|known| *known != version);
        let survey = next::survey(&self.workshop, &changing.asked).await;
        // A file that cannot be read now is taken for what it was: that must not come back with it.
        let was = || active.parts.rejected(key).cloned().or_else(|| active.parts.version(key));
        parts.rejected.retain(|rejected| rejected.key() != *key);
        parts.rejected.extend(survey.version(key).or_else(was));
        let reloaded = self.publish(&mut changing, &active, parts, Durable::Must).await.map_err(refused)?;
        self.standing().rolled_back(key, &version.digest, self.workshop.now());
        Ok(reloaded)
    }
}

/// Whether it has instances, and no table to build it from.
fn is_forsaken((kind, name): &PluginKey, options: &Options, owned: &Owned) -> bool {
    let Some(name) = name.parse().ok().filter(|_| *kind == PluginKind::Provisioner) else { return false };
    owned(&name) > 0 && !options.provisioners.iter().any(|table| table.name == name)
}

fn refused(error: Error) -> RollbackError {
    RollbackError::Refused { code: error.code().to_owned(), message: ErrorChain(&error).to_string() }
}

impl Changing {
    /// Whether somebody may be at work on a set in which the provisioner took new instances.
    fn is_in_use(&self, name: &ProvisionerName) -> bool {
        self.held.iter().filter_map(Weak::upgrade).any(|set| takes_new(&set, name))
    }
}

fn takes_new(set: &ExtensionSet, name: &ProvisionerName) -> bool {
    set.provisioners.get(name).is_some_and(ProvisionerEntry::takes_new)
}

impl Extensions for PluginHost {
    fn current(&self) -> Arc<ExtensionSet> {
        self.0.active.load().set.clone()
    }
}

#[async_trait]
impl Plugins for PluginHost {
    fn reports(&self) -> Vec<PluginReport> {
        self.0.standing().report(&self.0.active.load().parts, &*self.0.owned)
    }

    fn configuration(&self) -> ConfigurationReport {
        self.0.standing().configuration.clone()
    }

    async fn reload(&self) {
        let (done, heard) = oneshot::channel();
        if self.0.reloads.send(done).await.is_ok() {
            // An error: the daemon stops.
            let _ = heard.await;
        }
    }

    async fn roll_back(&self, name: &str, kind: Option<PluginKind>) -> Result<u64, RollbackError> {
        let key = self.0.standing().find(name, kind)?;
        let inner = self.0.clone();
        // What is stored must serve: whoever asked may leave in between.
        let rolled_back = async move { inner.roll_back(&key).await };
        match self.0.workshop.tasks.carry_out("roll back a plugin", rolled_back).await {
            Some(reloaded) => Ok(reloaded?.generation),
            None => Err(refused(Error::Engine { source: "its task was lost".into() })),
        }
    }

    async fn trial_hook(&self, hook: &str, candidate: Candidate) -> Result<HookEntry, CandidateRefusal> {
        let tables = self.0.hook_tables.load_full();
        let Some(table) = tables.iter().find(|table| table.name.as_str() == hook) else {
            let hooks = tables.iter().map(|table| table.name.clone()).collect();
            return Err(CandidateRefusal::Unknown { hooks });
        };
        trial::hook(&self.0.workshop, table.clone(), candidate).await
    }
}

fn log_set(parts: &Parts, generation: u64, changed: &[String]) {
    let provisioners: Vec<&str> = parts.provisioners.keys().map(ProvisionerName::as_str).collect();
    let hooks: Vec<&str> = parts.hooks.iter().map(|built| built.material.options.name.as_str()).collect();
    tracing::info!(
        generation,
        provisioners = provisioners.join(" "),
        hooks = hooks.join(" "),
        changed = changed.join(" "),
        "plugins are active"
    );
}

#[cfg(test)]
#[path = "swap_tests.rs"]
mod tests;
