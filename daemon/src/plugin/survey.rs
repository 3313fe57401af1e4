//! What the files of a configuration say now, read before anything is built of it.

use std::collections::BTreeMap;

use futures_util::{StreamExt as _, stream};

use super::digest::Digest;
use super::error::{Error, Refusal};
use super::material::{Material, PluginTable};
use super::options::{HookOptions, Options, ProvisionerOptions};
use super::workshop::Workshop;
use crate::domain::{HookMode, PluginKey, PluginVersion};

/// The files of a configuration, as far as they could be read.
pub(super) struct Survey {
    pub(super) provisioners: Vec<Material<ProvisionerOptions>>,
    pub(super) hooks: Vec<Material<HookOptions>>,
    pub(super) refusals: Vec<Refusal>,
}

impl Survey {
    /// Reads every file that `options` name.
    pub(super) async fn of(options: &Options, workshop: &Workshop) -> Self {
        let mut refusals = Vec::new();
        let enabled = options.provisioners.iter().filter(|table| table.enabled);
        let provisioners = read(workshop, enabled, &mut refusals).await;
        // A hook that is off is not loaded: turning off a broken one must be possible.
        let asked = options.hooks.iter().filter(|table| table.mode != HookMode::Off);
        let hooks = read(workshop, asked, &mut refusals).await;
        let name = &options.default_provisioner;
        if !options.provisioners.iter().any(|table| table.name == *name) {
            let (plugin, name) = (PluginKey::provisioner(name), name.clone());
            refusals.push(Refusal { plugin, error: Error::NoDefault { name } });
        }
        Self { provisioners, hooks, refusals }
    }

    /// The digests of what could be read.
    pub(super) fn digests(&self) -> BTreeMap<PluginKey, Digest> {
        let provisioners = self.provisioners.iter().map(|material| &material.artifact);
        let artifacts = provisioners.chain(self.hooks.iter().map(|material| &material.artifact));
        artifacts.map(|artifact| (artifact.subject.key(), artifact.digest.clone())).collect()
    }

    /// What the files say of one plugin, as a version that a person may reject.
    pub(super) fn version(&self, wanted: &PluginKey) -> Option<PluginVersion> {
        let provisioners = self.provisioners.iter().map(Material::version);
        provisioners.chain(self.hooks.iter().map(Material::version)).find(|version| version.key() == *wanted)
    }
}

/// In the order of `tables`, and several at once.
async fn read<'table, Table: PluginTable>(
    workshop: &Workshop,
    tables: impl Iterator<Item = &'table Table>,
    refusals: &mut Vec<Refusal>,
) -> Vec<Material<Table>> {
    let read: Vec<_> = tables.map(|table| async move { (table, workshop.stock.read(table).await) }).collect();
    let mut read = stream::iter(read).buffered(workshop.width);
    let mut materials = Vec::new();
    while let Some((table, read)) = read.next().await {
        match read {
            Ok(material) => materials.push(material),
            Err(error) => refusals.push(Refusal { plugin: table.key(), error }),
        }
    }
    materials
}
