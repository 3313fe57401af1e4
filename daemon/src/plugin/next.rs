//! What comes next: from what the configuration asks for to the parts of a set, or to every reason why not.
//!
//! Keeps each plugin whose table and files did not change, with its connections, and builds the others; what
//! was rolled back stays as it serves ([`serving`](super::serving)).
//! Serves nothing and stores nothing.
//!
//! The rules about provisioners that have instances:
//! * One that the configuration lacks is *retired*: it serves on, for the instances it has.
//! * Another backend in its place (another identity, another URL) is refused, unless its table says that
//!   it is the same backend, `moved`. An upstream that was removed and comes back is known by the versions
//!   that are kept for a rollback.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::draft::Draft;
use super::error::{Error, Refusal};
use super::material::{Material, PluginTable};
use super::options::{HookOptions, Options, ProvisionerOptions};
use super::set::Parts;
use super::survey::Survey;
use crate::domain::{PluginKey, PluginVersion, ProvisionerName};

impl Draft<'_> {
    /// The parts of the set that `options` ask for. Goes on after a refusal, so that all are told at once.
    pub(super) async fn next(&self, options: &Options, survey: Survey) -> Result<Parts, Vec<Refusal>> {
        let mut parts = Parts {
            previous: self.serving().previous.clone(),
            ..Parts::none(options.default_provisioner.clone())
        };
        let mut refusals = survey.refusals;
        for material in survey.provisioners {
            let plugin = material.options.key();
            let added = self.add_provisioner(&mut parts, material).await;
            refusals.extend(added.err().map(|error| Refusal { plugin, error }));
        }
        for material in survey.hooks {
            let plugin = material.options.key();
            let added = self.add_hook(&mut parts, material).await;
            refusals.extend(added.err().map(|error| Refusal { plugin, error }));
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        self.add_unloaded(&mut parts, options).await;
        self.add_lost(&mut parts, options);
        Ok(parts)
    }

    async fn add_provisioner(
        &self,
        parts: &mut Parts,
        material: Material<ProvisionerOptions>,
    ) -> Result<(), Error> {
        let name = material.options.name.clone();
        let old = self.serving().provisioners.get(&name);
        if let (Some(old), Some(version)) = (old, self.rejected(&material)) {
            parts.rejected.push(version);
            self.provisioner_is_left_all(parts, old).await;
            return Ok(());
        }
        let built = match old.filter(|old| old.material.equals(&material)) {
            Some(old) => old.clone(),
            None => {
                let built = self.workshop.provisioner(material).await?;
                Arc::new(self.admit(built)?.serving_from(self.generation))
            }
        };
        parts.provisioners.insert(name, built);
        Ok(())
    }

    async fn add_hook(&self, parts: &mut Parts, material: Material<HookOptions>) -> Result<(), Error> {
        let old = self.serving().hook(material.options.name.as_str());
        if let (Some(old), Some(version)) = (old, self.rejected(&material)) {
            parts.rejected.push(version);
            parts.hooks.push(self.hook_serves_on(old));
            return Ok(());
        }
        let built = match old.filter(|old| old.material.equals(&material)) {
            Some(old) => old.clone(),
            None => Arc::new(self.workshop.hook(material).await?.serving_from(self.generation)),
        };
        parts.hooks.push(built);
        Ok(())
    }

    /// What the files ask for, if a person rolled back from it.
    fn rejected<Options: PluginTable>(&self, material: &Material<Options>) -> Option<PluginVersion> {
        let version = self.serving().rejected(&material.options.key())?;
        version.equals(&material.version()).then(|| version.clone())
    }

    /// What is in the set without being asked for: provisioners that are disabled, and those that the
    /// configuration lacks and that are not at rest.
    async fn add_unloaded(&self, parts: &mut Parts, options: &Options) {
        let disabled = options.provisioners.iter().filter(|table| !table.enabled);
        parts.disabled.extend(disabled.map(|table| table.name.clone()));
        let asked: BTreeSet<&ProvisionerName> =
            options.provisioners.iter().map(|table| &table.name).collect();
        for (name, old) in &self.serving().provisioners {
            let is_retired = !asked.contains(name) && self.is_needed(name);
            if is_retired {
                parts.retired.insert(name.clone());
                // Taking away the rest of its table gives it no calls back.
                parts.disabled.extend(self.serving().disabled.get(name).cloned());
            }
            if is_retired || parts.disabled.contains(name) {
                self.provisioner_serves_on(parts, old).await;
            }
        }
    }

    /// What could not be built at the start and still has no successor, while it is spoken of.
    fn add_lost(&self, parts: &mut Parts, options: &Options) {
        let asked: BTreeSet<PluginKey> = options.keys().collect();
        for lost in &self.serving().lost {
            let key = lost.key();
            let name = key.provisioner_name();
            let is_spoken_of = asked.contains(&key) || name.as_ref().is_some_and(|name| self.is_needed(name));
            if !is_spoken_of || parts.version(&key).is_some() {
                continue;
            }
            parts.retired.extend(name.filter(|_| !asked.contains(&key)));
            parts.lost.push(lost.clone());
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
