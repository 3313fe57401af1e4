//! Plugins from the daemon's own copies: as they were published, without the operator's files.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};

use super::built::{BuiltHook, BuiltProvisioner};
use super::digest::Digest;
use super::draft::Draft;
use super::error::{Error, Refusal};
use super::ground::ReadTable;
use super::material::{Material, PluginTable};
use super::options::StoredTable;
use super::set::Parts;
use super::workshop::Workshop;
use crate::domain::{PluginVersion, PublishedSet};

/// One plugin, built again.
enum Restored {
    Provisioner(BuiltProvisioner),
    Hook(BuiltHook),
}

/// The set that was published, and why what of it is lost cannot be built.
pub(super) async fn restore(
    workshop: &Workshop,
    published: &PublishedSet,
    read_table: &ReadTable,
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
        .map(|version| async move { (version, restore_one(workshop, version, read_table).await) })
        .collect();
    let mut restored = stream::iter(restored).buffered(workshop.width);
    while let Some((version, restored)) = restored.next().await {
        match restored {
            Ok(Restored::Provisioner(mut built)) => {
                built.identities.clone_from(&version.identities);
                built.since = version.since;
                let built = built.serving_from(version.generation);
                let name = built.material.options.name.clone();
                if version.taken.enabled {
                    parts.disabled.insert(name.clone());
                }
                parts.provisioners.insert(name, Arc::new(built));
            }
            Ok(Restored::Hook(mut built)) => {
                built.since = version.since;
                parts.hooks.push(Arc::new(built.serving_from(version.generation)));
            }
            Err(error) => {
                parts.lost.push(version.clone());
                lost.push(Refusal { plugin: version.key(), error });
            }
        }
    }
    (parts, lost)
}

impl Draft<'_> {
    /// What serves, with an earlier version in the place of the one that does, without what is not left to
    /// it any more.
    pub(super) async fn put_back(&self, version: &PluginVersion) -> Result<Parts, Error> {
        let mut parts = self.serving().clone();
        let mut version = version.clone();
        version.taken = match table(&version, self.read_table)? {
            StoredTable::Provisioner(options) => self.allowances.taken_from(&options, &version.taken),
            StoredTable::Hook(options) => self.allowances.taken_from_hook(&options, &version.taken),
        };
        match restore_one(self.workshop, &version, self.read_table).await? {
            Restored::Provisioner(built) => {
                let name = built.material.options.name.clone();
                let built = self.admit(built)?;
                parts.provisioners.insert(name, Arc::new(built.serving_from(self.generation)));
            }
            Restored::Hook(built) => {
                let built = Arc::new(built.serving_from(self.generation));
                let name = &built.material.options.name;
                match parts.hooks.iter_mut().find(|hook| hook.material.options.name == *name) {
                    Some(serving) => *serving = built,
                    None => parts.hooks.push(built),
                }
            }
        }
        parts.lost.retain(|lost| lost.key() != version.key());
        Ok(parts)
    }
}

async fn restore_one(
    workshop: &Workshop,
    version: &PluginVersion,
    read_table: &ReadTable,
) -> Result<Restored, Error> {
    Ok(match table(version, read_table)? {
        StoredTable::Provisioner(options) => {
            let material = material(workshop, &options.without(&version.taken), version).await?;
            Restored::Provisioner(workshop.provisioner(material).await?)
        }
        StoredTable::Hook(options) => {
            let material = material(workshop, &options, version).await?;
            Restored::Hook(workshop.hook(material).await?)
        }
    })
}

/// The machine code is fetched meanwhile. If there is none, it is made when it is needed.
async fn material<Options: PluginTable>(
    workshop: &Workshop,
    options: &Options,
    version: &PluginVersion,
) -> Result<Material<Options>, Error> {
    let material = workshop.stock.restore(options, version);
    match Digest::parse(&version.digest) {
        Some(digest) => tokio::join!(material, workshop.compiler.load(&digest)).0,
        None => material.await,
    }
}

fn table(version: &PluginVersion, read_table: &ReadTable) -> Result<StoredTable, Error> {
    read_table(version).map_err(|reason| Error::Table {
        kind: version.kind.as_str(),
        name: version.name.clone(),
        reason,
    })
}

#[cfg(test)]
#[path = "restore_tests.rs"]
mod tests;
