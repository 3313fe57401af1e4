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

/// What one probe said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProbeOutcome {
    /// It answered as an MCP server.
    Healthy,
    /// It lives, or could not be asked, and is not healthy: making it anew would not help.
    Degraded,
    /// A rung failed for which making it anew may help.
    Down,
}

/// Probes of one workload in a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HealthTracker {
    /// Not healthy, in a row.
    ill: u32,
    /// Down, in a row.
    down: u32,
}

/// What the probes so far say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthVerdict {
    /// The last probe went well.
    Healthy,
    /// Probes fail, not often enough yet.
    Undecided,
    /// Enough failed in a row, not all of them in a way that a new workload would mend.
    Degraded,
    /// Enough in a row found it down.
    Down,
}

impl HealthTracker {
    /// Counts one probe of a workload made at `created`.
    pub fn count(
        &mut self,
        outcome: ProbeOutcome,
        policy: &HealthPolicy,
        created: Timestamp,
        now: Timestamp,
    ) -> HealthVerdict {
        match outcome {
            ProbeOutcome::Healthy => {
                *self = Self::default();
                return HealthVerdict::Healthy;
            }
            // One that will have been made comes from a clock that was set back.
            _ if created <= now && now.since(created) < policy.start_period => {
                return HealthVerdict::Undecided;
            }
            ProbeOutcome::Degraded => self.down = 0,
            ProbeOutcome::Down => self.down = self.down.saturating_add(1),
        }
        self.ill = self.ill.saturating_add(1);
        if self.down >= policy.failures {
            HealthVerdict::Down
        } else if self.ill >= policy.failures {
            HealthVerdict::Degraded
        } else {
            HealthVerdict::Undecided
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdicts(probes: &[(ProbeOutcome, i64)]) -> Vec<HealthVerdict> {
        let policy = HealthPolicy { start_period: Duration::from_secs(5), ..HealthPolicy::default() };
        let mut tracker = HealthTracker::default();
        let count = |(outcome, second): &(ProbeOutcome, i64)| {
            tracker.count(*outcome, &policy, Timestamp(0), Timestamp(second * 1_000))
        };
        probes.iter().map(count).collect()
    }

    #[test]
    fn only_failures_in_a_row_after_the_start_period_count() {
        use HealthVerdict as V;
        use ProbeOutcome::{Down, Healthy};
        let probes = [(Down, 1), (Down, 5), (Down, 6), (Healthy, 7), (Down, 8), (Down, 9), (Down, 10)];
        let expected =
            [V::Undecided, V::Undecided, V::Undecided, V::Healthy, V::Undecided, V::Undecided, V::Down];
        assert_eq!(verdicts(&probes), expected);
    }

    #[test]
    fn one_lost_probe_of_a_degraded_server_is_no_reason_to_make_it_anew() {
        use HealthVerdict as V;
        use ProbeOutcome::{Degraded, Down};
        let probes = [(Degraded, 6), (Degraded, 7), (Down, 8), (Down, 9), (Degraded, 10), (Down, 11)];
        let expected = [V::Undecided, V::Undecided, V::Degraded, V::Degraded, V::Degraded, V::Degraded];
        assert_eq!(verdicts(&probes), expected);
    }
}
