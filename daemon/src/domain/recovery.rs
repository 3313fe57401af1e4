//! How often and how soon something is tried again.

use std::time::Duration;

/// Exponential backoff with full jitter and a cap, and a budget of attempts that a stable time
/// forgives. Full jitter, as in "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015):
/// any delay up to the ceiling, so that what failed together does not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveryPolicy {
    /// Ceiling of the first delay.
    pub base: Duration,
    /// No ceiling is higher.
    pub cap: Duration,
    /// After so many recoveries in a row the instance fails.
    pub max_attempts: u32,
    /// Healthy for so long, and earlier attempts are forgiven.
    pub stable_after: Duration,
}

impl RecoveryPolicy {
    /// How many of a provisioner's instances may be in recovery at once: a backend that just came
    /// back is not to be thrown over again.
    pub fn limit(instances: usize) -> usize {
        (instances / 20).max(5)
    }

    /// The delay before try `tries + 1`. `dice` is uniform in `0..=u32::MAX`.
    pub fn delay(&self, tries: u32, dice: u32) -> Duration {
        let ceiling =
            self.base.saturating_mul(1u32.checked_shl(tries.min(30)).unwrap_or(u32::MAX)).min(self.cap);
        let ms = u64::try_from(ceiling.as_millis()).unwrap_or(u64::MAX);
        let scaled = u128::from(ms) * u128::from(dice) / u128::from(u32::MAX);
        Duration::from_millis(u64::try_from(scaled).unwrap_or(u64::MAX))
    }
}

impl Default for RecoveryPolicy {
    fn default() -> Self {
        Self {
            base: Duration::from_secs(4),
            cap: Duration::from_secs(300),
            max_attempts: 5,
            stable_after: Duration::from_secs(600),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_cap_and_spread_down_to_zero() {
        let policy = RecoveryPolicy::default();
        let ceilings: Vec<u64> = (0..9).map(|tries| policy.delay(tries, u32::MAX).as_secs()).collect();
        assert_eq!(ceilings, [4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(policy.delay(3, 0), Duration::ZERO);
        assert_eq!(policy.delay(u32::MAX, u32::MAX), policy.cap);
    }
}
