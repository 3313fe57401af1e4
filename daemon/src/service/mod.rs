//! What a user can ask for.
//!
//! Writes intents and waits for their outcome; never calls create, inspect or destroy of a
//! provisioner (that is the reconciler's, and the two do not know each other). Knows nothing of
//! HTTP: every refusal is an [`Error`] that names the thing and the rule.

mod admission;
mod bulk;
mod error;
mod events;
mod instances;
mod log_stream;
mod logs;
mod options;
mod orphans;
mod plugins;
mod provisioners;
mod readings;
mod rehearsal;
mod repeat;
mod resolve;
mod streams;
mod templates;
mod tools;
mod wait;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::Semaphore;

pub use admission::AdmissionReport;
pub use bulk::{BulkOptions, BulkOutcome, BulkRequest, Explain, Selection};
pub use error::{Denial, Error};
pub use events::EventStream;
pub use instances::{CreateOptions, Created, DeleteOutcome, InstanceView, Reference};
pub use log_stream::{LogStream, Said};
pub use logs::{LogSource, Logs};
pub use options::Options;
pub use orphans::OrphanReference;
pub use plugins::{HookView, PluginsView};
pub use provisioners::ProvisionerView;
pub use rehearsal::{CaseKind, Cut, Objection, Rehearsal, RehearsalRequest, Tally};
pub use resolve::{Resolved, resolve};
pub use streams::StreamEnd;
pub use tools::ToolsView;

pub use crate::catalog::{CatalogEntry, Source as TemplateSource};
pub use crate::extension::{
    Candidate, ConfigurationReport, PluginQuarantine, PluginRefusal, PluginReport, PluginState,
    PreviousVersion, ProvisionerStanding, Reach, RollbackError, ToolCallError,
};

use crate::catalog::Catalog;
use crate::domain::ProvisionerName;
use crate::extension::{Plugins, ToolCaller};
use crate::lifecycle::Lifecycle;
use crate::runtime::{Clock, Shutdown};
use bulk::Bulks;

/// Handle to the service. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    lifecycle: Lifecycle,
    catalog: Catalog,
    extensions: Arc<dyn Plugins>,
    caller: Arc<dyn ToolCaller>,
    clock: Arc<dyn Clock>,
    admissions: Semaphore,
    bulks: Bulks,
    /// One rehearsal at a time.
    rehearsals: Semaphore,
    streams: Arc<Semaphore>,
    /// Of each provisioner, turns of those who follow logs.
    log_calls: Mutex<HashMap<ProvisionerName, Arc<Semaphore>>>,
    shutdown: Shutdown,
}

impl Service {
    /// The service over these parts. Waits end with `shutdown`.
    pub fn new(
        options: Options,
        lifecycle: Lifecycle,
        catalog: Catalog,
        extensions: Arc<dyn Plugins>,
        caller: Arc<dyn ToolCaller>,
        clock: Arc<dyn Clock>,
        shutdown: Shutdown,
    ) -> Self {
        let inner = Inner {
            admissions: Semaphore::new(options.max_admissions),
            streams: Arc::new(Semaphore::new(options.max_streams)),
            log_calls: Mutex::default(),
            options,
            lifecycle,
            catalog,
            extensions,
            caller,
            clock,
            bulks: Bulks::default(),
            rehearsals: Semaphore::new(1),
            shutdown,
        };
        Self { inner: Arc::new(inner) }
    }
}
