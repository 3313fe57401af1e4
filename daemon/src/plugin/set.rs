//! The set of active plugins, and how it is replaced.
//!
//! Flow of a reload: read every file of the new configuration → keep each plugin whose table and
//! files did not change, with its connections → build the others → refuse what would take a
//! provisioner from its instances → publish the whole set at once, and ring the bell.
//!
//! Guarantees: a set is published whole or not at all; whoever took the old one keeps it until it
//! lets go; a generation is never used for two sets. A refused reload changes nothing but what
//! [`Extensions::plugins`] says, and is logged once for as long as its reasons stay the same.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use super::build::{self, BuiltHook, BuiltProvisioner, Material, Workshop};
use super::error::{Error, Refusal};
use super::options::{HookOptions, Options, ProvisionerOptions};
use super::standing::Standing;
use crate::domain::{HookMode, HookName, PluginIdentity, ProvisionerName};
use crate::extension::{ExtensionSet, Extensions, HookEntry, PluginKind, PluginReport, ProvisionerEntry};
use crate::process::Processes;
use crate::runtime::{Activator, Clock, Metrics, Tasks};

/// How many living instances a provisioner has.
pub type Owned = Box<dyn Fn(&ProvisionerName) -> usize + Send + Sync>;

/// What plugins run on.
pub struct Host {
    /// For reports; guests see the machine's.
    pub clock: Arc<dyn Clock>,
    /// Calls run here.
    pub tasks: Tasks,
    /// For plugins that hold the grant.
    pub processes: Processes,
    /// Rung after each swap.
    pub changed: Activator,
    /// Number of the set built at the start. One more than any that was published before.
    pub first_generation: u64,
    /// Asked before a provisioner is replaced or taken away.
    pub owned: Owned,
    /// Counts calls.
    pub metrics: Metrics,
}

/// A successful reload.
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
    owned: Owned,
    active: ArcSwap<ActiveSet>,
    standing: Mutex<Standing>,
    reloading: tokio::sync::Mutex<()>,
}

/// A set with what it was built from.
pub(super) struct ActiveSet {
    pub(super) set: Arc<ExtensionSet>,
    pub(super) provisioners: BTreeMap<ProvisionerName, Arc<BuiltProvisioner>>,
    pub(super) hooks: BTreeMap<HookName, Arc<BuiltHook>>,
}

/// The files of a configuration, as far as they could be read.
struct Survey {
    provisioners: Vec<Material<ProvisionerOptions>>,
    hooks: Vec<Material<HookOptions>>,
    refusals: Vec<Refusal>,
}

impl PluginHost {
    /// Builds the first set. An error lists every plugin that could not be built.
    pub async fn start(options: Options, host: Host) -> Result<Self, Error> {
        let workshop = Workshop::open(host.clock, host.tasks, host.processes, host.metrics)?;
        let survey = survey(&options).await;
        let standing = Standing::new(&options, &survey_digests(&survey));
        let built = build(&workshop, None, &options, survey, host.first_generation).await;
        let built = built.map_err(Error::Refused)?;
        log_set(&built, &[]);
        Ok(Self(Arc::new(Inner {
            workshop,
            changed: host.changed,
            owned: host.owned,
            active: ArcSwap::from_pointee(built),
            standing: Mutex::new(standing),
            reloading: tokio::sync::Mutex::new(()),
        })))
    }

    /// Builds a set as `start` does, and throws it away: for `check-config`.
    pub async fn check(options: Options, host: Host) -> Result<(), Error> {
        let workshop = Workshop::open(host.clock, host.tasks, host.processes, host.metrics)?;
        let survey = survey(&options).await;
        build(&workshop, None, &options, survey, host.first_generation)
            .await
            .map(drop)
            .map_err(Error::Refused)
    }

    /// Replaces the set by what `options` and the files say now, whole, or refuses it whole.
    /// Reloads run one after the other. The refusal is recorded and logged here.
    pub async fn reload(&self, options: Options) -> Result<Reloaded, Error> {
        let inner = &self.0;
        let _one_at_a_time = inner.reloading.lock().await;
        let active = inner.active.load_full();
        let survey = survey(&options).await;
        inner.standing().desire(&options, &survey_digests(&survey));
        if survey.refusals.is_empty() && unchanged(&active, &options, &survey) {
            inner.standing().accepted();
            return Ok(Reloaded { generation: active.set.generation, changed: Vec::new() });
        }
        let generation = active.set.generation.saturating_add(1);
        let built = build(&inner.workshop, Some(&active), &options, survey, generation).await;
        let built = match built {
            Ok(built) => {
                let taken = taken_away(&active, &built, &inner.owned);
                if taken.is_empty() { Ok(built) } else { Err(taken) }
            }
            Err(refusals) => Err(refusals),
        };
        match built {
            Ok(built) => {
                let changed = changes(&active, &built);
                log_set(&built, &changed);
                inner.standing().accepted();
                inner.active.store(Arc::new(built));
                inner.changed.ring();
                Ok(Reloaded { generation, changed })
            }
            Err(refusals) => {
                let error = Error::Refused(refusals);
                let news = inner.standing().refused(&error, &active, inner.workshop.now());
                if news {
                    tracing::error!(generation = active.set.generation, "{error}");
                }
                Err(error)
            }
        }
    }
}

impl Inner {
    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Extensions for PluginHost {
    fn current(&self) -> Arc<ExtensionSet> {
        self.0.active.load().set.clone()
    }

    fn plugins(&self) -> Vec<PluginReport> {
        self.0.standing().report(&self.0.active.load())
    }
}

/// A hook that is off is not loaded: turning off a broken one must be possible.
fn asked(hook: &&HookOptions) -> bool {
    hook.mode != HookMode::Off
}

async fn survey(options: &Options) -> Survey {
    let mut survey = Survey { provisioners: Vec::new(), hooks: Vec::new(), refusals: Vec::new() };
    let refuse = |kind, name: &str, error| Refusal { plugin: (kind, name.to_owned()), error };
    for provisioner in &options.provisioners {
        match build::provisioner_material(provisioner).await {
            Ok(material) => survey.provisioners.push(material),
            Err(error) => {
                survey.refusals.push(refuse(PluginKind::Provisioner, provisioner.name.as_str(), error));
            }
        }
    }
    for hook in options.hooks.iter().filter(asked) {
        match build::hook_material(hook).await {
            Ok(material) => survey.hooks.push(material),
            Err(error) => survey.refusals.push(refuse(PluginKind::Hook, hook.name.as_str(), error)),
        }
    }
    if !options.provisioners.iter().any(|provisioner| provisioner.name == options.default_provisioner) {
        let name = options.default_provisioner.clone();
        let error = Error::NoDefault { name: name.clone() };
        survey.refusals.push(refuse(PluginKind::Provisioner, name.as_str(), error));
    }
    survey
}

fn survey_digests(survey: &Survey) -> BTreeMap<(PluginKind, String), String> {
    let provisioners = survey.provisioners.iter().map(|material| &material.candidate);
    let candidates = provisioners.chain(survey.hooks.iter().map(|material| &material.candidate));
    candidates
        .map(|candidate| {
            let subject = &candidate.subject;
            ((subject.kind, subject.name.clone()), candidate.digest.clone())
        })
        .collect()
}

fn unchanged(active: &ActiveSet, options: &Options, survey: &Survey) -> bool {
    let same_provisioners = survey.provisioners.iter().all(|material| {
        active.provisioners.get(&material.options.name).is_some_and(|built| built.material.equals(material))
    });
    let same_hooks = survey.hooks.iter().all(|material| {
        active.hooks.get(&material.options.name).is_some_and(|built| built.material.equals(material))
    });
    let same_order = active
        .set
        .hooks
        .iter()
        .map(|hook| &hook.name)
        .eq(survey.hooks.iter().map(|material| &material.options.name));
    let same_number = active.provisioners.len() == survey.provisioners.len();
    let same_default = active.set.default_provisioner == options.default_provisioner;
    same_provisioners && same_hooks && same_order && same_number && same_default
}

/// Builds what changed and keeps the rest. Goes on after a refusal, so that all are told at once.
async fn build(
    workshop: &Workshop,
    active: Option<&ActiveSet>,
    options: &Options,
    survey: Survey,
    generation: u64,
) -> Result<ActiveSet, Vec<Refusal>> {
    let mut refusals = survey.refusals;
    let mut provisioners = BTreeMap::new();
    for material in survey.provisioners {
        let name = material.options.name.clone();
        let known = active.and_then(|active| active.provisioners.get(&name));
        if let Some(known) = known.filter(|known| known.material.equals(&material)) {
            provisioners.insert(name, known.clone());
            continue;
        }
        match workshop.provisioner(material, generation).await {
            Ok(built) => drop(provisioners.insert(name, Arc::new(built))),
            Err(error) => {
                let plugin = (PluginKind::Provisioner, name.as_str().to_owned());
                refusals.push(Refusal { plugin, error });
            }
        }
    }
    let mut hooks = BTreeMap::new();
    for material in survey.hooks {
        let name = material.options.name.clone();
        let known = active.and_then(|active| active.hooks.get(&name));
        if let Some(known) = known.filter(|known| known.material.equals(&material)) {
            hooks.insert(name, known.clone());
            continue;
        }
        match workshop.hook(material, generation).await {
            Ok(built) => drop(hooks.insert(name, Arc::new(built))),
            Err(error) => {
                let plugin = (PluginKind::Hook, name.as_str().to_owned());
                refusals.push(Refusal { plugin, error });
            }
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    let set = Arc::new(extension_set(options, &provisioners, &hooks, generation));
    Ok(ActiveSet { set, provisioners, hooks })
}

fn extension_set(
    options: &Options,
    provisioners: &BTreeMap<ProvisionerName, Arc<BuiltProvisioner>>,
    hooks: &BTreeMap<HookName, Arc<BuiltHook>>,
    generation: u64,
) -> ExtensionSet {
    let provisioners = provisioners.iter().map(|(name, built)| {
        let digest = built.material.candidate.digest.clone();
        let entry = ProvisionerEntry {
            name: name.clone(),
            plugin: PluginIdentity { name: built.description.name.clone(), digest },
            capabilities: built.description.capabilities.clone(),
            endpoints: built.material.options.endpoints.clone(),
            provisioner: built.extension.clone(),
        };
        (name.clone(), entry)
    });
    let hooks = options.hooks.iter().filter_map(|hook| {
        let built = hooks.get(&hook.name)?;
        Some(HookEntry {
            name: hook.name.clone(),
            mode: hook.mode,
            on_error: hook.on_error,
            digest: built.material.candidate.digest.clone(),
            hook: built.extension.clone(),
        })
    });
    ExtensionSet {
        generation,
        provisioners: provisioners.collect(),
        hooks: hooks.collect(),
        default_provisioner: options.default_provisioner.clone(),
    }
}

/// Refuses what would take a provisioner from its instances: without it, or with another backend
/// behind its name, their workloads could be neither seen nor removed.
fn taken_away(active: &ActiveSet, next: &ActiveSet, owned: &Owned) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    for (name, old) in &active.provisioners {
        let change = match next.provisioners.get(name) {
            None => Some("removing it".to_owned()),
            Some(new) if new.description.name != old.description.name => {
                Some(format!("replacing plugin {:?} by {:?}", old.description.name, new.description.name))
            }
            Some(new) => moved(&old.material.options, &new.material.options)
                .map(|upstream| format!("changing or removing the URL of upstreams.{upstream}")),
        };
        let Some(change) = change else { continue };
        let instances = owned(name);
        if instances > 0 {
            let error = Error::InUse { name: name.clone(), instances, change };
            refusals.push(Refusal { plugin: (PluginKind::Provisioner, name.as_str().to_owned()), error });
        }
    }
    refusals
}

/// The first upstream of `old` that is elsewhere in `new`.
fn moved<'options>(old: &'options ProvisionerOptions, new: &ProvisionerOptions) -> Option<&'options str> {
    let elsewhere = |(name, upstream): &(&'options String, &super::options::Upstream)| {
        new.upstreams.get(*name).is_none_or(|now| now.url != upstream.url)
    };
    old.upstreams.iter().find(elsewhere).map(|(name, _)| name.as_str())
}

/// What is different in `next`, for people.
fn changes(active: &ActiveSet, next: &ActiveSet) -> Vec<String> {
    let mut changed = Vec::new();
    let provisioners = active.provisioners.keys().chain(next.provisioners.keys());
    for name in provisioners {
        let same = match (active.provisioners.get(name), next.provisioners.get(name)) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            _ => false,
        };
        if !same {
            changed.push(format!("provisioners.{name}"));
        }
    }
    for name in active.hooks.keys().chain(next.hooks.keys()) {
        let same = match (active.hooks.get(name), next.hooks.get(name)) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            _ => false,
        };
        if !same {
            changed.push(format!("hooks.{name}"));
        }
    }
    if active.set.default_provisioner != next.set.default_provisioner {
        changed.push("defaults.provisioner".to_owned());
    }
    changed.sort();
    changed.dedup();
    if changed.is_empty() {
        // The same hooks in another order.
        changed.push("hooks".to_owned());
    }
    changed
}

fn log_set(built: &ActiveSet, changed: &[String]) {
    let provisioners: Vec<&str> = built.provisioners.keys().map(ProvisionerName::as_str).collect();
    let hooks: Vec<&str> = built.set.hooks.iter().map(|hook| hook.name.as_str()).collect();
    tracing::info!(
        generation = built.set.generation,
        provisioners = provisioners.join(" "),
        hooks = hooks.join(" "),
        changed = changed.join(" "),
        "plugins are active"
    );
}
