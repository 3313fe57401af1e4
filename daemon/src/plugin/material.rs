//! What a plugin is built of: its table, and its files as they are now.

use std::collections::BTreeMap;

use super::error::{Error, Subject};
use super::host::{Credentials, read_credentials};
use super::load::Artifact;
use super::options::{HookOptions, ProvisionerOptions, Upstream};
use crate::domain::{PluginKey, PluginKind, PluginVersion, Taken, Timestamp};

/// A table of the configuration that describes a plugin.
pub(super) trait PluginTable: Clone + PartialEq + Send + 'static {
    /// What it is for, its name and its file.
    fn subject(&self) -> Subject;
    /// The whole table as text.
    fn text(&self) -> &str;
    /// What it reads beside its component.
    fn credentials(&self) -> Result<BTreeMap<String, Credentials>, Error>;

    /// Which plugin it describes.
    fn key(&self) -> PluginKey {
        self.subject().key()
    }
}

impl PluginTable for ProvisionerOptions {
    fn subject(&self) -> Subject {
        let name = self.name.as_str().to_owned();
        Subject { kind: PluginKind::Provisioner, name, path: self.plugin.clone() }
    }

    fn text(&self) -> &str {
        &self.table
    }

    fn credentials(&self) -> Result<BTreeMap<String, Credentials>, Error> {
        let subject = self.subject();
        let read = |(upstream, granted): (&String, &Upstream)| {
            let read = read_credentials(granted);
            let read = read.map_err(|reason| Error::upstream(&subject, upstream, reason))?;
            Ok((upstream.clone(), read))
        };
        self.upstreams.iter().map(read).collect()
    }
}

impl PluginTable for HookOptions {
    fn subject(&self) -> Subject {
        let name = self.name.as_str().to_owned();
        Subject { kind: PluginKind::Hook, name, path: self.plugin.clone() }
    }

    fn text(&self) -> &str {
        &self.table
    }

    fn credentials(&self) -> Result<BTreeMap<String, Credentials>, Error> {
        Ok(BTreeMap::new())
    }
}

/// A plugin's table and its files as they are now. Equal ones make equal plugins.
#[derive(Clone)]
pub(super) struct Material<Options> {
    /// What is left of its table. Of a hook's all is: its mode may come back.
    pub(super) options: Options,
    /// What was taken away from its table.
    pub(super) taken: Taken,
    pub(super) artifact: Artifact,
    /// Of its upstreams, as their files and variables are now.
    pub(super) credentials: BTreeMap<String, Credentials>,
}

impl<Options: PartialEq> Material<Options> {
    /// Whether nothing changed between `self` and `other`.
    pub(super) fn equals(&self, other: &Self) -> bool {
        self.artifact.digest == other.artifact.digest
            && self.options == other.options
            && self.taken == other.taken
            && self.credentials == other.credentials
    }
}

impl<Options: PluginTable> Material<Options> {
    /// What identifies it: which component with which table.
    pub(super) fn version(&self) -> PluginVersion {
        let Self { options, taken, artifact, .. } = self;
        PluginVersion {
            kind: artifact.subject.kind,
            name: artifact.subject.name.clone(),
            digest: artifact.digest.as_str().to_owned(),
            table: options.text().to_owned(),
            taken: taken.clone(),
            identities: Vec::new(),
            generation: 0,
            since: Timestamp(0),
        }
    }
}
