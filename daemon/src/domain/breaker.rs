//! The circuit breaker of one provisioner: after repeated failures to reach its backend it is left
//! alone for a while, then one call tries it.
//!
//! ```text
//!            failures in a row                    the pause is over
//!  closed ─────────────────────> paused ─────────────────────────────> half-open: one trial
//!    ^                             ^                                        │        │
//!    │                             └──── it failed: a pause twice as long ──┘        │
//!    └───────────────────────────────────── it was reached ──────────────────────────┘
//! ```
//!
//! In memory: a daemon that starts tries at once.

use std::time::Duration;

use super::Timestamp;

/// When a provisioner is left alone, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// So many failures to reach it in a row pause it.
    pub failures: u32,
    /// The first pause; each further one is twice as long.
    pub pause: Duration,
    /// No pause is longer.
    pub max_pause: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self { failures: 5, pause: Duration::from_secs(5), max_pause: Duration::from_secs(60) }
    }
}

/// How a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BreakerState {
    /// Calls are made.
    #[default]
    Closed,
    /// No call is made.
    Paused {
        /// When the next trial may be made.
        until: Timestamp,
    },
    /// One call is out as a trial, and no other is made.
    HalfOpen {
        /// A trial that has not come back by then is forgotten, and another one may be made.
        until: Timestamp,
    },
}

impl BreakerState {
    /// Every word of [`as_str`](Self::as_str).
    pub const WORDS: [&'static str; 3] = ["closed", "paused", "half_open"];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Paused { .. } => "paused",
            Self::HalfOpen { .. } => "half_open",
        }
    }
}

/// Whether a call may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permit {
    /// It may.
    Granted,
    /// Not before this.
    NotBefore(Timestamp),
}

/// A change that is worth telling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerTurn {
    /// From here on no calls are made.
    Paused,
    /// Calls are made again.
    Resumed,
}

/// Counts failures to reach one provisioner's backend.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Breaker {
    state: BreakerState,
    /// In a row.
    failures: u32,
    /// In a row: how often the pause was doubled.
    pauses: u32,
    /// Since when it is not closed.
    since: Option<Timestamp>,
}

/// While a trial is out, others ask again after this.
const TRIAL_PAUSE: Duration = Duration::from_secs(1);
/// A trial that never came back must not pause a provisioner for ever. Longer than any call.
const LONGEST_TRIAL: Duration = Duration::from_secs(600);

/// No pause is longer: what is further ahead comes from a clock that was set back.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

fn is_ahead(until: Timestamp, now: Timestamp) -> bool {
    now < until && until.since(now) <= LONGEST_PAUSE
}

impl Breaker {
    /// How it stands.
    pub const fn state(&self) -> BreakerState {
        self.state
    }

    /// Since when it is not closed.
    pub const fn since(&self) -> Option<Timestamp> {
        self.since
    }

    /// Failures to reach the backend, in a row.
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// Asked before each call; whoever gets the trial's permit must report how it went.
    pub fn permit(&mut self, now: Timestamp) -> Permit {
        match self.state {
            BreakerState::Closed => Permit::Granted,
            BreakerState::Paused { until } if is_ahead(until, now) => Permit::NotBefore(until),
            BreakerState::HalfOpen { until } if is_ahead(until, now) => {
                Permit::NotBefore(now.plus(TRIAL_PAUSE))
            }
            BreakerState::Paused { .. } | BreakerState::HalfOpen { .. } => {
                self.state = BreakerState::HalfOpen { until: now.plus(LONGEST_TRIAL) };
                Permit::Granted
            }
        }
    }

    /// The backend answered, whatever it said.
    pub fn reached(&mut self) -> Option<BreakerTurn> {
        let was = std::mem::take(self);
        (was.state != BreakerState::Closed).then_some(BreakerTurn::Resumed)
    }

    /// The call got no turn: it says nothing about the backend.
    pub fn not_asked(&mut self, now: Timestamp) {
        if matches!(self.state, BreakerState::HalfOpen { .. }) {
            self.state = BreakerState::Paused { until: now };
        }
    }

    /// The backend could not be reached.
    pub fn failed(&mut self, now: Timestamp, policy: &BreakerPolicy) -> Option<BreakerTurn> {
        self.failures = self.failures.saturating_add(1);
        match self.state {
            BreakerState::Closed if self.failures < policy.failures => None,
            BreakerState::Closed => {
                self.since = Some(now);
                self.state = BreakerState::Paused { until: now.plus(policy.pause) };
                Some(BreakerTurn::Paused)
            }
            BreakerState::HalfOpen { .. } => {
                self.pauses = self.pauses.saturating_add(1);
                let doubled = policy.pause.saturating_mul(1_u32.checked_shl(self.pauses).unwrap_or(u32::MAX));
                self.state = BreakerState::Paused { until: now.plus(doubled.min(policy.max_pause)) };
                None
            }
            // A call that was out when the pause began.
            BreakerState::Paused { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: BreakerPolicy =
        BreakerPolicy { failures: 3, pause: Duration::from_secs(5), max_pause: Duration::from_secs(15) };

    fn second(second: i64) -> Timestamp {
        Timestamp(second * 1_000)
    }

    fn paused_at(at: Timestamp) -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..2 {
            assert_eq!(breaker.failed(at, &POLICY), None);
        }
        assert_eq!(breaker.failed(at, &POLICY), Some(BreakerTurn::Paused));
        breaker
    }

    #[test]
    fn failures_in_a_row_pause_it_and_a_success_in_between_does_not() {
        let mut breaker = Breaker::default();
        for _ in 0..10 {
            assert_eq!(breaker.failed(second(0), &POLICY), None);
            assert_eq!(breaker.failed(second(0), &POLICY), None);
            assert_eq!(breaker.reached(), None);
        }
        assert_eq!(breaker.permit(second(0)), Permit::Granted);
    }

    #[test]
    fn after_the_pause_one_call_tries_and_all_others_wait() {
        let mut breaker = paused_at(second(0));
        assert_eq!(breaker.permit(second(4)), Permit::NotBefore(second(5)));
        assert_eq!(breaker.permit(second(5)), Permit::Granted);
        assert!(matches!(breaker.permit(second(5)), Permit::NotBefore(_)));
        assert_eq!(breaker.reached(), Some(BreakerTurn::Resumed));
        assert_eq!(breaker.permit(second(5)), Permit::Granted);
        assert_eq!(breaker.since(), None);
    }

    #[test]
    fn pauses_double_up_to_their_cap() {
        let mut breaker = paused_at(second(0));
        let mut now = second(5);
        for expected in [10, 15, 15] {
            assert_eq!(breaker.permit(now), Permit::Granted);
            assert_eq!(breaker.failed(now, &POLICY), None, "it was said once");
            let until = now.plus(Duration::from_secs(expected));
            assert_eq!(breaker.state(), BreakerState::Paused { until });
            now = until;
        }
        assert_eq!(breaker.since(), Some(second(0)));
    }

    #[test]
    fn a_clock_that_was_set_back_pauses_nothing_for_hours() {
        let mut breaker = paused_at(second(100_000));
        assert_eq!(breaker.permit(second(100_000 - 4_000)), Permit::Granted);
    }

    #[test]
    fn a_trial_that_got_no_turn_or_never_came_back_leaves_room_for_another() {
        let mut breaker = paused_at(second(0));
        assert_eq!(breaker.permit(second(5)), Permit::Granted);
        breaker.not_asked(second(6));
        assert_eq!(breaker.permit(second(6)), Permit::Granted);
        assert_eq!(breaker.permit(second(6).plus(LONGEST_TRIAL)), Permit::Granted);
    }
}
