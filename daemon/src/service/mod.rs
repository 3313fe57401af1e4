//! What a user can ask for.
//!
//! Writes intents and waits for their outcome; never calls create, inspect or destroy of a
//! provisioner (that is the reconciler's, and the two do not know each other). Knows nothing of
//! HTTP: every refusal is an [`Error`] that names the thing and the rule.

mod admission;
mod error;
mod instances;
mod logs;
mod options;
mod orphans;
mod overview;
mod resolve;
mod wait;

use std::sync::Arc;

use tokio::sync::Semaphore;

pub use admission::AdmissionReport;
pub use error::{Denial, Error};
pub use instances::{Created, DeleteOutcome, InstanceView, Reference};
pub use logs::Logs;
pub use options::Options;
pub use orphans::OrphanReference;
pub use overview::{PluginsView, ProvisionerView, ToolsView};

pub use crate::catalog::{CatalogEntry, Source as TemplateSource};
pub use crate::extension::{LogLine, PluginKind, PluginRefusal, PluginReport, PluginState, Reach};

use crate::catalog::Catalog;
use crate::extension::Extensions;
use crate::lifecycle::Lifecycle;
use crate::runtime::{Clock, Shutdown};

/// Handle to the service. Cheap to clone.
#[derive(Clone)]
pub struct Service {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    lifecycle: Lifecycle,
    catalog: Catalog,
    extensions: Arc<dyn Extensions>,
    clock: Arc<dyn Clock>,
    admissions: Semaphore,
    shutdown: Shutdown,
}

impl Service {
    /// The service over these parts. Waits end with `shutdown`.
    pub fn new(
        options: Options,
        lifecycle: Lifecycle,
        catalog: Catalog,
        extensions: Arc<dyn Extensions>,
        clock: Arc<dyn Clock>,
        shutdown: Shutdown,
    ) -> Self {
        let admissions = Semaphore::new(options.max_admissions);
        Self {
            inner: Arc::new(Inner { options, lifecycle, catalog, extensions, clock, admissions, shutdown }),
        }
    }
}
