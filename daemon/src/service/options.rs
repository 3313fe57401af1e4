//! What can be set about the service.

use std::time::Duration;

/// Checked by whoever builds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// How long a request waits for its outcome unless it says otherwise.
    pub default_wait: Duration,
    /// The longest wait a request may ask for.
    pub max_wait: Duration,
    /// Creates that are admitted at the same time; more are refused.
    pub max_admissions: usize,
    /// Items of one bulk; more are refused.
    pub max_bulk_items: usize,
    /// Items of all bulks that are worked on at the same time.
    pub max_bulk_concurrent: usize,
    /// Streams of events and logs at the same time; more are refused.
    pub max_streams: usize,
    /// How long a rehearsal may take; what it came to by then is its answer.
    pub rehearsal_timeout: Duration,
}
