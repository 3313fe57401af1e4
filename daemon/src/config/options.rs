//! The whole configuration, checked.

use crate::runtime::Telemetry;
use crate::{api, catalog, plugin, probe, process, reconciler, service, store};

/// What the configuration says, in the types of the parts it is for.
#[derive(Debug, Clone)]
pub struct Options {
    /// The log.
    pub telemetry: Telemetry,
    /// The HTTP server.
    pub api: api::Options,
    /// What a user can ask for.
    pub service: service::Options,
    /// What the daemon does by itself.
    pub reconciler: reconciler::Options,
    /// The records.
    pub store: store::Options,
    /// Templates.
    pub catalog: catalog::Options,
    /// Plugins.
    pub plugin: plugin::Options,
    /// Local child processes.
    pub process: process::Options,
    /// Probes.
    pub probe: probe::Options,
}
