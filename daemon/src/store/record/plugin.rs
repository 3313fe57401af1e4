//! A published set of plugins on the disk.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Unreadable, name};
use crate::domain::{HookMode, PluginKind, PluginVersion, PublishedSet, Taken, Timestamp};

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct PublishedRecord {
    generation: u64,
    default_provisioner: String,
    plugins: Vec<VersionRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    retired: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    previous: Vec<VersionRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    rejected: Vec<VersionRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
struct VersionRecord {
    kind: String,
    name: String,
    digest: String,
    table: String,
    #[serde(default, skip_serializing_if = "TakenRecord::is_nothing")]
    taken: TakenRecord,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    identities: Vec<String>,
    generation: u64,
    since: i64,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct TakenRecord {
    #[serde(default)]
    enabled: bool,
    #[serde(default)]
    process: bool,
    #[serde(default)]
    upstreams: BTreeSet<String>,
    #[serde(default)]
    mode: Option<String>,
}

impl TakenRecord {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

impl From<&PublishedSet> for PublishedRecord {
    fn from(set: &PublishedSet) -> Self {
        let versions = |versions: &[PluginVersion]| versions.iter().map(VersionRecord::from).collect();
        Self {
            generation: set.generation,
            default_provisioner: set.default_provisioner.as_str().to_owned(),
            plugins: versions(&set.plugins),
            retired: set.retired.iter().map(|name| name.as_str().to_owned()).collect(),
            previous: versions(&set.previous),
            rejected: versions(&set.rejected),
        }
    }
}

impl TryFrom<PublishedRecord> for PublishedSet {
    type Error = Unreadable;

    fn try_from(record: PublishedRecord) -> Result<Self, Unreadable> {
        let versions = |versions: Vec<VersionRecord>| {
            versions.into_iter().map(PluginVersion::try_from).collect::<Result<Vec<_>, _>>()
        };
        let retired = record.retired.iter().map(|retired| name("the provisioner", retired));
        Ok(Self {
            generation: record.generation,
            default_provisioner: name("the provisioner", &record.default_provisioner)?,
            plugins: versions(record.plugins)?,
            retired: retired.collect::<Result<_, _>>()?,
            previous: versions(record.previous)?,
            rejected: versions(record.rejected)?,
        })
    }
}

impl From<&PluginVersion> for VersionRecord {
    fn from(version: &PluginVersion) -> Self {
        let PluginVersion { kind, name, digest, table, taken, identities, generation, since } = version;
        Self {
            kind: kind.as_str().to_owned(),
            name: name.clone(),
            digest: digest.clone(),
            table: table.clone(),
            taken: TakenRecord {
                enabled: taken.enabled,
                process: taken.process,
                upstreams: taken.upstreams.clone(),
                mode: taken.mode.map(|mode| mode.as_str().to_owned()),
            },
            identities: identities.clone(),
            generation: *generation,
            since: since.0,
        }
    }
}

impl TryFrom<VersionRecord> for PluginVersion {
    type Error = Unreadable;

    fn try_from(record: VersionRecord) -> Result<Self, Unreadable> {
        let VersionRecord { kind, name, digest, table, taken, identities, generation, since } = record;
        let kind = [PluginKind::Provisioner, PluginKind::Hook]
            .into_iter()
            .find(|known| known.as_str() == kind)
            .ok_or_else(|| Unreadable::word("the kind of plugin", &kind))?;
        let mode = |word: String| {
            [HookMode::Enforce, HookMode::Audit, HookMode::Off]
                .into_iter()
                .find(|known| known.as_str() == word)
                .ok_or_else(|| Unreadable::word("the mode", &word))
        };
        let TakenRecord { enabled, process, upstreams, mode: most } = taken;
        let taken = Taken { enabled, process, upstreams, mode: most.map(mode).transpose()? };
        let since = Timestamp(since);
        Ok(Self { kind, name, digest, table, taken, identities, generation, since })
    }
}
