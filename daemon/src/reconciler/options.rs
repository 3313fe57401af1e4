//! What can be set about the reconciler.

use std::time::Duration;

use super::Planted;
use crate::domain::{BreakerPolicy, RecoveryPolicy};

/// Checked by whoever builds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// After a call whose outcome is unknown, an absence is believed only after this.
    pub settle: Duration,
    /// Every record is planned anew this often, whatever the index says.
    pub full_pass: Duration,
    /// The workloads of a provisioner are held against the records this often.
    pub sweep: Duration,
    /// Steps at the same time.
    pub max_steps: usize,
    /// A creation that takes longer is taken as failed.
    pub create_deadline: Duration,
    /// A healthy workload's backend is asked this often.
    pub inspect_interval: Duration,
    /// How often and how soon something is tried again.
    pub recovery: RecoveryPolicy,
    /// When so many workloads of a provisioner go silent within this that it must be something
    /// else, recovery freezes for as long at least.
    pub freeze_period: Duration,
    /// When a provisioner is left alone.
    pub breaker: BreakerPolicy,
    /// What is wrong with it: nothing, but in a test.
    pub planted: Planted,
}
