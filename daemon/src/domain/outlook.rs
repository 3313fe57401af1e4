//! What the daemon makes of a provisioner at the moment, for people.

use super::{BreakerState, Timestamp};

/// Of one provisioner. In memory: a start begins anew.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outlook {
    /// Whether calls are made.
    pub breaker: BreakerState,
    /// Since when the breaker is not closed.
    pub paused_since: Option<Timestamp>,
    /// Failures to reach the backend, in a row.
    pub failures: u32,
    /// Why the last call did not reach it.
    pub reason: Option<String>,
    /// Since when instances that only went silent are not made anew.
    pub frozen_since: Option<Timestamp>,
    /// When its workloads were last held against the records.
    pub swept_at: Option<Timestamp>,
}
