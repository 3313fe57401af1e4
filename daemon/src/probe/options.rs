//! What can be set about the prober and the caller.

use std::time::Duration;

/// Checked by whoever builds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Probes at the same time; more wait.
    pub max_concurrent: usize,
    /// Bytes of one answer.
    pub max_answer: usize,
    /// Tools of one server that are kept.
    pub max_tools: usize,
    /// Of tools that users call.
    pub calls: CallOptions,
}

/// Bounds of calls. Of their own, so that users' calls and the daemon's probes do not starve each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallOptions {
    /// Of one call, once the server is found.
    pub timeout: Duration,
    /// Calls at the same time; more are refused.
    pub max_concurrent: usize,
    /// Bytes of one answer.
    pub max_answer: usize,
}
