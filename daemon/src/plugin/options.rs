//! What can be set about plugins.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::domain::{
    BreakerPolicy, Decision, EndpointRule, HookMode, HookName, PluginKey, ProvisionerName, Scope,
};

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
    /// When a plugin that ends badly is left alone, and for how long.
    pub quarantine: BreakerPolicy,
}

impl Options {
    /// Every plugin that has a table.
    pub(super) fn keys(&self) -> impl Iterator<Item = PluginKey> {
        let provisioners = self.provisioners.iter().map(|table| PluginKey::provisioner(&table.name));
        provisioners.chain(self.hooks.iter().map(|table| PluginKey::hook(&table.name)))
    }

    /// Every plugin that is to serve.
    pub(super) fn wanted(&self) -> impl Iterator<Item = PluginKey> {
        let enabled = self.provisioners.iter().filter(|table| table.enabled);
        let asked = self.hooks.iter().filter(|table| table.mode != HookMode::Off);
        let provisioners = enabled.map(|table| PluginKey::provisioner(&table.name));
        provisioners.chain(asked.map(|table| PluginKey::hook(&table.name)))
    }
}

/// `[plugins]`: how components are loaded, kept and replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadingOptions {
    /// Where the daemon keeps its own copies of components, and what was compiled of them. Its own, with
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

impl LoadingOptions {
    /// What there is unless something else is said, with copies in `dir`.
    pub fn in_dir(dir: PathBuf) -> Self {
        Self {
            dir,
            max_file: 64 << 20,
            // Whatever file this program came from: it may have been replaced by a newer one since.
            compiler: Some("/proc/self/exe".into()),
            compile_memory: 4 << 30,
            compile_time: Duration::from_secs(120),
            drain: Duration::from_secs(600),
            keep: 5,
        }
    }
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

/// One address a plugin may reach. Holds where credentials are, never what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// `http://` or `https://`, host, port, and perhaps a path that is put before the plugin's.
    pub url: String,
    /// A socket of this machine to connect to; the URL's host is the `Host` header then, and no more.
    pub socket: Option<PathBuf>,
    /// Sent as `Authorization: Bearer …`; no plugin ever sees it.
    pub bearer_token: Option<CredentialSource>,
    /// PEM file of the certificate authority to trust instead of the public ones.
    pub ca_file: Option<PathBuf>,
    /// What the daemon shows of itself.
    pub client_certificate: Option<ClientCertificate>,
    /// Of each exchange.
    pub bounds: Bounds,
}

/// Where a credential is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialSource {
    /// A variable of the daemon's environment.
    Variable(String),
    /// A file, which is read again when it changes.
    File(PathBuf),
}

/// Files in PEM; both may be the same one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate and those that vouch for it.
    pub chain: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// Of one exchange with an upstream. The call it happens in ends it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Of opening a connection, and of waiting for leave to.
    pub connect_timeout: Duration,
    /// From sending the request to the answer's head.
    pub first_byte_timeout: Duration,
    /// Between bytes of the answer's body.
    pub idle_timeout: Duration,
    /// Everything included.
    pub total_timeout: Duration,
    /// Bytes of a request's body.
    pub max_request: usize,
    /// Bytes of an answer's body.
    pub max_response: usize,
    /// Headers of an answer.
    pub max_headers: usize,
    /// Bytes of them.
    pub max_header_bytes: usize,
    /// Exchanges at the same time, each with a connection of its own.
    pub max_connections: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            first_byte_timeout: Duration::from_secs(180),
            idle_timeout: Duration::from_secs(30),
            total_timeout: Duration::from_secs(300),
            max_request: 1 << 20,
            max_response: 4 << 20,
            max_headers: 100,
            max_header_bytes: 64 << 10,
            max_connections: 32,
        }
    }
}

impl Upstream {
    /// Where its credentials are read from, as far as that is files.
    pub(super) fn files(&self) -> impl Iterator<Item = &PathBuf> {
        let token = match &self.bearer_token {
            Some(CredentialSource::File(file)) => Some(file),
            Some(CredentialSource::Variable(_)) | None => None,
        };
        let certificate = self.client_certificate.iter().flat_map(|shown| [&shown.chain, &shown.key]);
        token.into_iter().chain(&self.ca_file).chain(certificate)
    }

    /// Whether both lead to the same backend.
    pub(super) fn same_place(&self, other: &Self) -> bool {
        self.url == other.url && self.socket == other.socket
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
    /// Linear memories.
    pub memories: usize,
    /// Tables.
    pub tables: usize,
    /// Entries of one table.
    pub table_elements: usize,
    /// Core instances: components of other languages' tools have several.
    pub instances: usize,
    /// Bytes a guest may make the host copy in one call.
    pub host_bytes: usize,
    /// Objects of the host (streams, requests, answers) it may hold at the same time.
    pub handles: usize,
}

impl Limits {
    /// The most that can be asked for: what the pool of sandboxes has room for in each.
    pub const MOST: Self = Self {
        memory: 4 << 30,
        memories: 32,
        tables: 128,
        table_elements: 1 << 18,
        instances: 256,
        host_bytes: 1 << 30,
        handles: 100_000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            memories: 8,
            tables: 32,
            table_elements: 1 << 16,
            instances: 64,
            host_bytes: 8 << 20,
            handles: 1_000,
        }
    }
}
