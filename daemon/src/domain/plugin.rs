//! Plugins as they are published: which versions serve together, and which served before.

use std::collections::BTreeSet;

use super::{HookMode, HookName, ProvisionerName, Timestamp};

/// What a plugin is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PluginKind {
    /// Makes workloads.
    Provisioner,
    /// Reviews requests.
    Hook,
}

impl PluginKind {
    /// As plugins, the configuration and the wire write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioner => "provisioner",
            Self::Hook => "hook",
        }
    }
}

/// Which plugin is spoken of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PluginKey {
    /// What it is for.
    pub kind: PluginKind,
    /// Its name in the configuration.
    pub name: String,
}

impl PluginKey {
    /// Of a provisioner.
    pub fn provisioner(name: &ProvisionerName) -> Self {
        Self { kind: PluginKind::Provisioner, name: name.as_str().to_owned() }
    }

    /// Of a hook.
    pub fn hook(name: &HookName) -> Self {
        Self { kind: PluginKind::Hook, name: name.as_str().to_owned() }
    }

    /// The name, if it is a provisioner's.
    pub fn provisioner_name(&self) -> Option<ProvisionerName> {
        self.name.parse().ok().filter(|_| self.kind == PluginKind::Provisioner)
    }
}

/// What was taken away from a plugin that serves on. It only grows, until a whole new version is
/// accepted; only a hook's mode follows the configuration, up to what its table says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Everything: every call is denied.
    pub enabled: bool,
    /// It starts no processes any more.
    pub process: bool,
    /// It reaches these no more: they, or the credentials for them, were removed.
    pub upstreams: BTreeSet<String>,
    /// A hook may do no more than this.
    pub mode: Option<HookMode>,
}

impl Taken {
    /// Whether something is taken away that `other` leaves.
    pub fn takes_more_than(&self, other: &Self) -> bool {
        (self.enabled && !other.enabled)
            || (self.process && !other.process)
            || !self.upstreams.is_subset(&other.upstreams)
    }
}

/// One version of a plugin: enough to build it again, without the operator's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginVersion {
    /// What it is for.
    pub kind: PluginKind,
    /// Its name in the configuration.
    pub name: String,
    /// `sha256:<hex>` of the component, of which the daemon keeps a copy.
    pub digest: String,
    /// Its table in the configuration, as TOML. References to credentials, never their values.
    pub table: String,
    /// What it lost since.
    pub taken: Taken,
    /// Every name it may have described itself by: more than one after it was moved.
    pub identities: Vec<String>,
    /// The set in which it began to serve.
    pub generation: u64,
    /// When it began to serve.
    pub since: Timestamp,
}

impl PluginVersion {
    /// Which plugin it is a version of.
    pub fn key(&self) -> PluginKey {
        PluginKey { kind: self.kind, name: self.name.clone() }
    }

    /// Whether it is the same component with the same table.
    pub fn equals(&self, other: &Self) -> bool {
        self.key() == other.key() && self.digest == other.digest && self.table == other.table
    }
}

/// A set of plugins as it was published. What a start begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedSet {
    /// Its number.
    pub generation: u64,
    /// Used when neither request nor template names one.
    pub default_provisioner: ProvisionerName,
    /// What serves: provisioners by name, then hooks in the order they are asked.
    pub plugins: Vec<PluginVersion>,
    /// Provisioners that the configuration lacks, and that still have instances.
    pub retired: Vec<ProvisionerName>,
    /// What served before, the oldest first: what a plugin can be rolled back to.
    pub previous: Vec<PluginVersion>,
    /// Versions that a person rolled back from. They are not taken up again until their file or table
    /// changes.
    pub rejected: Vec<PluginVersion>,
}
