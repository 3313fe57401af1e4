//! What can be set about plugins.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::domain::{Decision, EndpointRule, HookMode, HookName, ProvisionerName, Scope, Secret};

/// Everything that is plugged in. Checked by whoever builds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// At least one.
    pub provisioners: Vec<ProvisionerOptions>,
    /// In the order they are asked.
    pub hooks: Vec<HookOptions>,
    /// One of `provisioners`.
    pub default_provisioner: ProvisionerName,
    /// Of all plugins together.
    pub loading: LoadingOptions,
}

/// `[plugins]`: how components are loaded, kept and replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadingOptions {
    /// Where the daemon keeps its own copies of components, and what was compiled of them. Made with
    /// mode 0700.
    pub dir: PathBuf,
    /// Bytes of a component's file.
    pub max_file: usize,
    /// The program whose command `compile` compiles in a process of its own; none: compile here.
    pub compiler: Option<PathBuf>,
    /// Bytes of memory that compiling one component may take.
    pub compile_memory: u64,
    /// How long compiling one component may take.
    pub compile_time: Duration,
    /// Calls that a replaced plugin may still finish for so long.
    pub drain: Duration,
    /// Earlier versions of each plugin that are kept for a rollback.
    pub keep: usize,
}

/// One `[provisioners.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvisionerOptions {
    /// The table's name.
    pub name: ProvisionerName,
    /// Its whole table as TOML: what is stored of it, to build it again.
    pub table: String,
    /// Not at all: it is not loaded, and every call is denied.
    pub enabled: bool,
    /// Its backend is the same at another address, or under another plugin.
    pub moved: bool,
    /// The component's file.
    pub plugin: PathBuf,
    /// Creates and destroys at the same time.
    pub max_concurrent: usize,
    /// Inspects and other looks at the same time.
    pub max_inspects: usize,
    /// How long each kind of call may take, everything included.
    pub timeouts: Timeouts,
    /// By the name the plugin uses as host of its URLs.
    pub upstreams: BTreeMap<String, Upstream>,
    /// May start local child processes.
    pub process: bool,
    /// Handed to the plugin as JSON text.
    pub settings: String,
    /// Where workloads' endpoints may be; empty: anywhere but the addresses always refused.
    pub endpoints: Vec<EndpointRule>,
    /// Of its sandbox.
    pub limits: Limits,
}

/// How long a provisioner's calls may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// Of `create`.
    pub create: Duration,
    /// Of `inspect`, `templates`, `owned` and `logs`.
    pub inspect: Duration,
    /// Of `destroy`.
    pub destroy: Duration,
}

/// One address a plugin may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// `http://` or `https://`, host, port, and perhaps a path that is put before the plugin's.
    pub url: String,
    /// Sent as `Authorization: Bearer …`; no plugin ever sees it.
    pub bearer_token: Option<Secret>,
    /// PEM file of the certificate authority to trust instead of the public ones.
    pub ca_file: Option<PathBuf>,
    /// Of opening a connection.
    pub connect_timeout: Duration,
    /// Bytes of one answer's body.
    pub max_response: usize,
}

impl Upstream {
    /// Whether both lead to the same backend.
    pub(super) fn same_place(&self, other: &Self) -> bool {
        self.url == other.url
    }
}

/// A table that was stored, read again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredTable {
    /// Of a provisioner.
    Provisioner(ProvisionerOptions),
    /// Of a hook.
    Hook(HookOptions),
}

/// One `[[hooks]]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookOptions {
    /// Unique.
    pub name: HookName,
    /// Its whole table as TOML: what is stored of it, to build it again.
    pub table: String,
    /// The component's file.
    pub plugin: PathBuf,
    /// What its verdict does.
    pub mode: HookMode,
    /// What a failed review counts as.
    pub on_error: Decision,
    /// Which requests it is asked about.
    pub scope: Scope,
    /// Of one review, everything included.
    pub timeout: Duration,
    /// Reviews at the same time.
    pub max_concurrent: usize,
    /// Handed to the plugin as JSON text.
    pub settings: String,
    /// Of its sandbox.
    pub limits: Limits,
}

/// Of one call's sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of linear memory, summed over all memories.
    pub memory: usize,
    /// Bytes a guest may make the host copy in one call.
    pub host_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { memory: 64 << 20, host_bytes: 8 << 20 }
    }
}
