//! What every part needs to run; no business.
//!
//! Time, the bell, the end, tasks, watching files, reading TOML, the log and the metrics. Knows nothing of instances.

mod activator;
mod clock;
pub mod document;
mod error_chain;
mod metrics;
mod readiness;
mod scratch;
mod tasks;
mod telemetry;
mod watch;

pub use activator::Activator;
pub use clock::{Clock, SystemClock};
pub use error_chain::ErrorChain;
#[cfg(test)]
pub(crate) use metrics::exposition;
pub use metrics::{MetricEntry, Metrics, PluginMeter, ProvisionerReadings, Readings, TextFormat};
pub use readiness::Readiness;
pub use scratch::Scratch;
pub use tasks::{TaskFailed, Tasks};
pub use telemetry::{LogFormat, Telemetry};
pub use watch::{PathWatcher, WatchOptions, Watched};

/// Says that everything is to stop. Cheap to clone; child tokens stop with their parent.
pub use tokio_util::sync::CancellationToken as Shutdown;
