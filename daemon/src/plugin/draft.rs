//! What is at hand while the next set is made, and stays the same for as long.
//!
//! What the set is made of depends on what it is made for: what the configuration asks for
//! ([`next`](super::next)), what serves on ([`serving`](super::serving)), or what served before
//! ([`restore`](super::restore)).

use std::collections::BTreeMap;
use std::sync::Weak;

use super::allowance::Allowances;
use super::built::BuiltProvisioner;
use super::error::Error;
use super::ground::{CountInstances, ReadTable};
use super::options::{ProvisionerOptions, Upstream};
use super::set::{ActiveSet, Parts};
use super::workshop::Workshop;
use crate::domain::{PluginKey, ProvisionerName};
use crate::extension::{ExtensionSet, ProvisionerEntry};

/// Names by which one provisioner's plugin may have described itself, the last ones.
const MAX_IDENTITIES: usize = 16;

/// See the module.
pub(super) struct Draft<'a> {
    pub(super) workshop: &'a Workshop,
    pub(super) active: &'a ActiveSet,
    /// Sets before it that somebody may still hold.
    pub(super) held: &'a [Weak<ExtensionSet>],
    pub(super) allowances: &'a Allowances,
    pub(super) instances: &'a CountInstances,
    pub(super) read_table: &'a ReadTable,
    /// The number of the set that is made.
    pub(super) generation: u64,
}

impl Draft<'_> {
    /// The parts of the set that serves.
    pub(super) const fn serving(&self) -> &Parts {
        &self.active.parts
    }

    /// Lets a provisioner take the place of the one of its name, or says why it may not.
    pub(super) fn admit(&self, mut built: BuiltProvisioner) -> Result<BuiltProvisioner, Error> {
        let options = &built.material.options;
        let key = PluginKey::provisioner(&options.name);
        let serving = self.serving();
        let Some(old) = serving.version(&key).or_else(|| serving.lost(&key).cloned()) else {
            return Ok(built);
        };
        let instances = (self.instances)(&options.name);
        let change = if old.identities.contains(&built.description.name) {
            let places = serving.places(&options.name, self.read_table);
            elsewhere(&places, options).map(|upstream| format!("changing the URL of upstreams.{upstream}"))
        } else {
            let was = old.identities.first().map_or("", String::as_str);
            Some(format!("replacing plugin {was:?} by {:?}", built.description.name))
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

    /// Whether a provisioner has instances, or may get one: a request may still be at work on a set in which
    /// it took new ones.
    pub(super) fn is_needed(&self, name: &ProvisionerName) -> bool {
        let takes_new =
            |set: &ExtensionSet| set.provisioners.get(name).is_some_and(ProvisionerEntry::takes_new);
        let mut held = self.held.iter().filter_map(Weak::upgrade);
        // In this order: a request makes its instance before it lets go of its set. Counted first, the
        // instance would be missed by both.
        takes_new(&self.active.set) || held.any(|set| takes_new(&set)) || (self.instances)(name) > 0
    }
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
