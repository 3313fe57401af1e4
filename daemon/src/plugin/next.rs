//! What comes next: from what the configuration asks for to the parts of a set, or to every reason why not.
//!
//! Keeps each plugin whose table and files did not change, with its connections, and builds the others; what
//! was rolled back stays as it serves ([`serving`]).
//! Serves nothing and stores nothing.
//!
//! The rules about provisioners that have instances:
//! * One that the configuration lacks is *retired*: it serves on, for the instances it has.
//! * Another backend in its place (another identity, another URL) is refused, unless its table says that
//!   it is the same backend, `moved`. An upstream that was removed and comes back is known by the versions
//!   that are kept for a rollback.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};

use super::built::BuiltProvisioner;
use super::error::{Error, Refusal};
use super::material::{Material, PluginTable};
use super::options::{HookOptions, Options, ProvisionerOptions, Upstream};
use super::set::Parts;
use super::workshop::Workshop;
use super::{Allowances, serving};
use crate::domain::{HookMode, PluginKey, PluginVersion, ProvisionerName};

/// Names by which one provisioner's plugin may have described itself, the last ones.
const MAX_IDENTITIES: usize = 16;

/// The files of a configuration, as far as they could be read.
pub(super) struct Survey {
    provisioners: Vec<Material<ProvisionerOptions>>,
    hooks: Vec<Material<HookOptions>>,
    refusals: Vec<Refusal>,
}

/// A hook that is off is not loaded: turning off a broken one must be possible.
fn asked(hook: &&HookOptions) -> bool {
    hook.mode != HookMode::Off
}

fn key(table: &impl PluginTable) -> PluginKey {
    let subject = table.subject();
    (subject.kind, subject.name)
}

/// Reads every file.
pub(super) async fn survey(workshop: &Workshop, options: &Options) -> Survey {
    let mut survey = Survey { provisioners: Vec::new(), hooks: Vec::new(), refusals: Vec::new() };
    let enabled = options.provisioners.iter().filter(|table| table.enabled);
    survey.provisioners = read(workshop, enabled, &mut survey.refusals).await;
    survey.hooks = read(workshop, options.hooks.iter().filter(asked), &mut survey.refusals).await;
    if !options.provisioners.iter().any(|table| table.name == options.default_provisioner) {
        let name = options.default_provisioner.clone();
        let plugin = (crate::domain::PluginKind::Provisioner, name.as_str().to_owned());
        survey.refusals.push(Refusal { plugin, error: Error::NoDefault { name } });
    }
    survey
}

/// In the order of `tables`, and several at once.
async fn read<'table, Table: PluginTable>(
    workshop: &Workshop,
    tables: impl Iterator<Item = &'table Table>,
    refusals: &mut Vec<Refusal>,
) -> Vec<Material<Table>> {
    let read: Vec<_> = tables.map(|table| async move { (table, workshop.read(table).await) }).collect();
    let mut read = stream::iter(read).buffered(workshop.width);
    let mut materials = Vec::new();
    while let Some((table, read)) = read.next().await {
        match read {
            Ok(material) => materials.push(material),
            Err(error) => refusals.push(Refusal { plugin: key(table), error }),
        }
    }
    materials
}

impl Survey {
    /// The digests of what could be read.
    pub(super) fn digests(&self) -> BTreeMap<PluginKey, String> {
        let provisioners = self.provisioners.iter().map(|material| &material.candidate);
        let candidates = provisioners.chain(self.hooks.iter().map(|material| &material.candidate));
        candidates
            .map(|candidate| {
                let subject = &candidate.subject;
                ((subject.kind, subject.name.clone()), candidate.digest.as_str().to_owned())
            })
            .collect()
    }

    /// What the files say of one plugin, as a version that a person may reject.
    pub(super) fn version(&self, wanted: &PluginKey) -> Option<PluginVersion> {
        let provisioners = self.provisioners.iter().map(Material::version);
        provisioners.chain(self.hooks.iter().map(Material::version)).find(|version| version.key() == *wanted)
    }
}

/// Whose instances must not lose their provisioner.
pub(super) struct Holders<'a> {
    /// How many instances a provisioner has.
    pub(super) owned: &'a (dyn Fn(&ProvisionerName) -> usize + Send + Sync),
    /// Whether a request may still be at work on a set in which the provisioner was not retired: it may
    /// make one more instance.
    pub(super) in_use: &'a (dyn Fn(&ProvisionerName) -> bool + Send + Sync),
    /// Where each upstream of a provisioner last was, also of those that its table lacks by now.
    pub(super) places: &'a (dyn Fn(&ProvisionerName) -> BTreeMap<String, Upstream> + Send + Sync),
}

/// The parts of the next set, which will be the one of `generation`. Goes on after a refusal, so that
/// all are told at once.
pub(super) async fn next(
    workshop: &Workshop,
    active: &Parts,
    (options, allowances): (&Options, &Allowances),
    survey: Survey,
    holders: &Holders<'_>,
    generation: u64,
) -> Result<Parts, Vec<Refusal>> {
    let mut refusals = Vec::new();
    let mut parts =
        Parts { previous: active.previous.clone(), ..Parts::none(options.default_provisioner.clone()) };
    refusals.extend(survey.refusals);
    for material in survey.provisioners {
        let plugin = key(&material.options);
        let old = active.provisioners.get(&material.options.name);
        if let (Some(old), Some(version)) = (old, rejected(active, &material)) {
            parts.rejected.push(version);
            serving::provisioner(workshop, &mut parts, old, allowances, generation).await;
            continue;
        }
        if let Some(old) = old.filter(|old| old.material.equals(&material)) {
            parts.provisioners.insert(material.options.name.clone(), old.clone());
            continue;
        }
        let built = match workshop.provisioner(material, generation).await {
            Ok(built) => admit(built, old.map(Arc::as_ref), holders),
            Err(error) => Err(error),
        };
        match built {
            Ok(built) => {
                parts.provisioners.insert(built.material.options.name.clone(), Arc::new(built));
            }
            Err(error) => refusals.push(Refusal { plugin, error }),
        }
    }
    for material in survey.hooks {
        let plugin = key(&material.options);
        let old = active.hook(material.options.name.as_str());
        if let (Some(old), Some(version)) = (old, rejected(active, &material)) {
            parts.rejected.push(version);
            parts.hooks.extend(serving::hook(workshop, old, allowances, generation).await);
            continue;
        }
        if let Some(old) = old.filter(|old| old.material.equals(&material)) {
            parts.hooks.push(old.clone());
            continue;
        }
        match workshop.hook(material, generation).await {
            Ok(built) => parts.hooks.push(Arc::new(built)),
            Err(error) => refusals.push(Refusal { plugin, error }),
        }
    }
    if !refusals.is_empty() {
        return Err(refusals);
    }
    keep_unloaded(workshop, active, (options, allowances), holders, generation, &mut parts).await;
    Ok(parts)
}

/// What the files ask for, if a person rolled back from it.
fn rejected<Options: PluginTable>(active: &Parts, material: &Material<Options>) -> Option<PluginVersion> {
    let version = active.rejected(&key(&material.options))?;
    version.equals(&material.version()).then(|| version.clone())
}

/// Lets a provisioner take the place of `old`, or says why it may not.
pub(super) fn admit(
    mut built: BuiltProvisioner,
    old: Option<&BuiltProvisioner>,
    holders: &Holders<'_>,
) -> Result<BuiltProvisioner, Error> {
    let Some(old) = old else { return Ok(built) };
    let options = &built.material.options;
    let instances = (holders.owned)(&options.name);
    let change = if !old.identities.contains(&built.description.name) {
        Some(format!("replacing plugin {:?} by {:?}", old.description.name, built.description.name))
    } else {
        let mut places = (holders.places)(&options.name);
        places.extend(old.material.options.upstreams.clone());
        elsewhere(&places, options).map(|upstream| format!("changing the URL of upstreams.{upstream}"))
    };
    if let Some(change) = change.filter(|_| instances > 0 && !options.moved) {
        return Err(Error::InUse { name: options.name.clone(), instances, change });
    }
    // Also without instances: a request that began with the old one may make one more.
    for identity in old.identities.iter().rev().take(MAX_IDENTITIES) {
        if !built.identities.contains(identity) {
            built.identities.push(identity.clone());
        }
    }
    Ok(built)
}

/// The first upstream that was in one of `places` and is somewhere else in `new`. One that is not there any
/// more is nowhere else: it was taken away, and its calls are denied.
fn elsewhere<'options>(
    places: &BTreeMap<String, Upstream>,
    new: &'options ProvisionerOptions,
) -> Option<&'options str> {
    let moved = |(name, now): &(&'options String, &Upstream)| {
        places.get(*name).is_some_and(|before| !now.same_place(before))
    };
    new.upstreams.iter().find(moved).map(|(name, _)| name.as_str())
}

/// What is in the set without being asked for: provisioners that are disabled, and those that the
/// configuration lacks and that are not at rest.
async fn keep_unloaded(
    workshop: &Workshop,
    active: &Parts,
    (options, allowances): (&Options, &Allowances),
    holders: &Holders<'_>,
    generation: u64,
    parts: &mut Parts,
) {
    let disabled = options.provisioners.iter().filter(|table| !table.enabled);
    parts.disabled.extend(disabled.map(|table| table.name.clone()));
    let asked: BTreeSet<&ProvisionerName> = options.provisioners.iter().map(|table| &table.name).collect();
    for (name, old) in &active.provisioners {
        // In this order: a request makes its instance before it lets go of its set. Counted first, the
        // instance would be missed by both.
        let is_retired = !asked.contains(name) && ((holders.in_use)(name) || (holders.owned)(name) > 0);
        if is_retired {
            parts.retired.insert(name.clone());
        }
        if is_retired || parts.disabled.contains(name) {
            serving::provisioner(workshop, parts, old, allowances, generation).await;
        }
    }
}

/// What is different in `new`, for people.
pub(super) fn changes(old: &Parts, new: &Parts) -> Vec<String> {
    let mut changed = BTreeSet::new();
    for name in old.provisioners.keys().chain(new.provisioners.keys()) {
        let same = match (old.provisioners.get(name), new.provisioners.get(name)) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            _ => false,
        };
        let standing = |parts: &Parts| (parts.retired.contains(name), parts.disabled.contains(name));
        if !same || standing(old) != standing(new) {
            changed.insert(format!("provisioners.{name}"));
        }
    }
    let hooks = old.hooks.iter().chain(&new.hooks).map(|built| built.material.options.name.as_str());
    for name in hooks {
        let same = match (old.hook(name), new.hook(name)) {
            (Some(old), Some(new)) => Arc::ptr_eq(old, new),
            _ => false,
        };
        if !same {
            changed.insert(format!("hooks.{name}"));
        }
    }
    if old.default_provisioner != new.default_provisioner {
        changed.insert("defaults.provisioner".to_owned());
    }
    if changed.is_empty() {
        // The same hooks in another order, or one that is not held back any more.
        changed.insert("hooks".to_owned());
    }
    changed.into_iter().collect()
}
