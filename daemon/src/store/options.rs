//! What can be set about the store.

use std::path::PathBuf;
use std::time::Duration;

use super::Planted;

/// Checked by whoever builds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where the database is; made with mode 0700, the database 0600.
    pub data_dir: PathBuf,
    /// How much of the database is kept in memory, in bytes.
    pub cache: usize,
    /// Writes that may wait; more are refused.
    pub queue: usize,
    /// Writes that share one commit, at most.
    pub batch: usize,
    /// A disk that takes no writes is tried again this often.
    pub retry: Duration,
    /// How long the tombstone of a deleted instance stays, and its last output with it.
    pub tombstones: Duration,
    /// Events that are kept: the newest.
    pub events: u64,
    /// None is kept for longer.
    pub events_for: Duration,
    /// How long an idempotency key is remembered.
    pub idempotency: Duration,
    /// Idempotency keys that are remembered; requests with one more are refused.
    pub max_idempotency_keys: u64,
    /// How long a finished bulk is remembered.
    pub bulks: Duration,
    /// Bulks that are not finished; more are refused.
    pub max_unfinished_bulks: usize,
    /// Create requests that are kept to try hooks on: the newest. 0: none.
    pub past_requests: u64,
    /// What a test has planted; nothing in a daemon.
    pub planted: Planted,
}
