//! Plugins from the daemon's own copies: as they were published, without the operator's files.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};

use super::allowance::Allowances;
use super::built::{BuiltHook, BuiltProvisioner};
use super::error::{Error, Refusal};
use super::ground::ReadTable;
use super::next::{self, Holders};
use super::options::StoredTable;
use super::set::Parts;
use super::workshop::Workshop;
use crate::domain::{PluginVersion, PublishedSet};

/// One plugin, built again.
enum Restored {
    Provisioner(BuiltProvisioner),
    Hook(BuiltHook),
}

/// The set that was published, and what of it is lost.
pub(super) async fn restore(
    workshop: &Workshop,
    published: &PublishedSet,
    tables: &ReadTable,
) -> (Parts, Vec<Refusal>) {
    let mut parts = Parts {
        retired: published.retired.iter().cloned().collect(),
        previous: published.previous.clone(),
        rejected: published.rejected.clone(),
        ..Parts::none(published.default_provisioner.clone())
    };
    let mut lost = Vec::new();
    // Side by side: most of it is reading and hashing.
    let restored: Vec<_> = published
        .plugins
        .iter()
        .map(|version| async move { (version, one(workshop, version, tables, version.generation).await) })
        .collect();
    let mut restored = stream::iter(restored).buffered(workshop.width);
    while let Some((version, restored)) = restored.next().await {
        match restored {
            Ok(Restored::Provisioner(mut built)) => {
                built.identities.clone_from(&version.identities);
                built.since = version.since;
                let name = built.material.options.name.clone();
                if version.taken.enabled {
                    parts.disabled.insert(name.clone());
                }
                parts.provisioners.insert(name, Arc::new(built));
            }
            Ok(Restored::Hook(mut built)) => {
                built.since = version.since;
                parts.hooks.push(Arc::new(built));
            }
            Err(error) => lost.push(Refusal { plugin: version.key(), error }),
        }
    }
    (parts, lost)
}

/// Puts an earlier version in the place of the one that serves in `parts`, without what is not left to
/// it any more.
pub(super) async fn put_back(
    workshop: &Workshop,
    parts: &mut Parts,
    version: &PluginVersion,
    tables: &ReadTable,
    left: &Allowances,
    holders: &Holders<'_>,
    generation: u64,
) -> Result<(), Error> {
    let mut version = version.clone();
    version.taken = match table(&version, tables)? {
        StoredTable::Provisioner(options) => left.taken_from(&options, &version.taken),
        StoredTable::Hook(options) => left.taken_from_hook(&options, &version.taken),
    };
    match one(workshop, &version, tables, generation).await? {
        Restored::Provisioner(built) => {
            let name = built.material.options.name.clone();
            let old = parts.provisioners.get(&name).map(Arc::as_ref);
            let built = next::admit(built, old, holders)?;
            parts.provisioners.insert(name, Arc::new(built));
        }
        Restored::Hook(built) => {
            let built = Arc::new(built);
            let name = &built.material.options.name;
            match parts.hooks.iter_mut().find(|hook| hook.material.options.name == *name) {
                Some(serving) => *serving = built,
                None => parts.hooks.push(built),
            }
        }
    }
    Ok(())
}

async fn one(
    workshop: &Workshop,
    version: &PluginVersion,
    tables: &ReadTable,
    generation: u64,
) -> Result<Restored, Error> {
    Ok(match table(version, tables)? {
        StoredTable::Provisioner(options) => {
            let material = workshop.restore(&options.without(&version.taken), version).await?;
            Restored::Provisioner(workshop.provisioner(material, generation).await?)
        }
        StoredTable::Hook(options) => {
            let material = workshop.restore(&options, version).await?;
            Restored::Hook(workshop.hook(material, generation).await?)
        }
    })
}

fn table(version: &PluginVersion, tables: &ReadTable) -> Result<StoredTable, Error> {
    tables(version).map_err(|reason| Error::Table {
        kind: version.kind.as_str(),
        name: version.name.clone(),
        reason,
    })
}
