//! Health: the judgement over several probes.
//!
//! Counted in memory. Only a change of the judgement is a fact; a probe that changes nothing
//! writes nothing.

use std::time::Duration;

use super::Timestamp;

/// When an instance counts as healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthPolicy {
    /// Between two probes.
    pub interval: Duration,
    /// Of one rung of one probe.
    pub timeout: Duration,
    /// So many failed probes in a row make it unhealthy.
    pub failures: u32,
    /// Failures within this time after its creation do not count.
    pub start_period: Duration,
    /// Tools that must be listed.
    pub expect_tools: Vec<String>,
}

impl Default for HealthPolicy {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(2),
            failures: 3,
            start_period: Duration::from_secs(30),
            expect_tools: Vec::new(),
        }
    }
}

/// Probes of one workload in a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HealthTracker {
    failures: u32,
}

/// What the probes so far say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthVerdict {
    /// The last probe went well.
    Healthy,
    /// Probes fail, not often enough yet.
    Undecided,
    /// Enough failed in a row.
    Unhealthy,
}

impl HealthTracker {
    /// Counts one probe of a workload made at `created`.
    pub fn count(
        &mut self,
        healthy: bool,
        policy: &HealthPolicy,
        created: Timestamp,
        now: Timestamp,
    ) -> HealthVerdict {
        if healthy {
            self.failures = 0;
            return HealthVerdict::Healthy;
        }
        if now.since(created) < policy.start_period {
            return HealthVerdict::Undecided;
        }
        self.failures = self.failures.saturating_add(1);
        if self.failures >= policy.failures { HealthVerdict::Unhealthy } else { HealthVerdict::Undecided }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_failures_in_a_row_after_the_start_period_count() {
        let policy = HealthPolicy { start_period: Duration::from_secs(5), ..HealthPolicy::default() };
        let mut tracker = HealthTracker::default();
        let mut count =
            |healthy, second: i64| tracker.count(healthy, &policy, Timestamp(0), Timestamp(second * 1_000));
        assert_eq!(count(false, 1), HealthVerdict::Undecided);
        assert_eq!(count(false, 5), HealthVerdict::Undecided);
        assert_eq!(count(false, 6), HealthVerdict::Undecided);
        assert_eq!(count(true, 7), HealthVerdict::Healthy);
        assert_eq!(count(false, 8), HealthVerdict::Undecided);
        assert_eq!(count(false, 9), HealthVerdict::Undecided);
        assert_eq!(count(false, 10), HealthVerdict::Unhealthy);
    }
}
