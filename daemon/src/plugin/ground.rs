//! What plugins stand on, and what a set of them is connected to: given by whoever assembles the daemon.
//!
//! Everything here is an argument. So this folder knows no store, no configuration and no clock of its own.

use std::sync::Arc;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot};

use super::options::StoredTable;
use crate::domain::{PluginVersion, ProvisionerName, PublishedSet};
use crate::process::Processes;
use crate::runtime::{Activator, Clock, Metrics, Tasks};

/// How many living instances a provisioner has.
pub type CountInstances = Box<dyn Fn(&ProvisionerName) -> usize + Send + Sync>;

/// Reads a table that was stored.
pub type ReadTable = Box<dyn Fn(&PluginVersion) -> Result<StoredTable, String> + Send + Sync>;

/// Where published sets are stored.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Stores a set. When this returns it is durable.
    async fn publish(&self, set: PublishedSet) -> Result<(), Box<dyn std::error::Error + Send + Sync>>;
}

/// Asks for a look at the configuration; the sender hears when it was taken.
pub type ReloadRequests = mpsc::Sender<oneshot::Sender<()>>;

/// What plugins run on.
pub struct Ground {
    /// For reports; guests see the machine's.
    pub clock: Arc<dyn Clock>,
    /// Calls run here.
    pub tasks: Tasks,
    /// For plugins that hold the grant.
    pub processes: Processes,
    /// Counts calls.
    pub metrics: Metrics,
}

/// What a set of plugins is connected to.
pub struct Wiring {
    /// What plugins run on.
    pub ground: Ground,
    /// Rung after each swap.
    pub changed: Activator,
    /// Where published sets are stored.
    pub ledger: Arc<dyn Ledger>,
    /// The set that was published last, if any was.
    pub published: Option<PublishedSet>,
    /// Reads its tables.
    pub read_table: ReadTable,
    /// Number of the first set that is published. One more than any before.
    pub first_generation: u64,
    /// Asked before a provisioner is replaced or taken away.
    pub instances: CountInstances,
    /// Whom to tell that somebody wants the configuration read again.
    pub reloads: ReloadRequests,
}
