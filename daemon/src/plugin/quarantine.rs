//! Leaves a plugin alone that ends badly again and again.
//!
//! A trap, a timeout, and a need for more memory or more room at once than allowed are bad ends; a plugin
//! that answers, whatever it says, is well. After some bad ends in a row calls fail at once, as *not applied*; after
//! a pause one call tries the plugin, and each further pause is twice as long. A plugin that is
//! built anew, for new settings or a new file, begins afresh.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::error::Subject;
use crate::domain::{
    Breaker, BreakerPolicy, BreakerState, BreakerTurn, Failure, FailureKind, Permit, format_duration,
};
use crate::extension::PluginQuarantine;
use crate::runtime::Clock;

/// The codes of bad ends.
const BAD_ENDS: [&str; 4] =
    [Failure::TRAPPED, Failure::TIMED_OUT, Failure::OUT_OF_MEMORY, Failure::EXCEEDED_LIMIT];

/// Of one plugin.
pub(super) struct Quarantine {
    subject: Subject,
    policy: BreakerPolicy,
    clock: Arc<dyn Clock>,
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    breaker: Breaker,
    /// The last bad end.
    reason: String,
}

impl Quarantine {
    /// Nothing happened yet.
    pub(super) fn new(subject: Subject, policy: BreakerPolicy, clock: Arc<dyn Clock>) -> Self {
        Self { subject, policy, clock, record: Mutex::default() }
    }

    /// Whether a call may be made. Whoever may must say how it ended, or that it was not begun.
    pub(super) fn permit(&self) -> Result<(), Failure> {
        let now = self.clock.now();
        let mut record = self.lock();
        let Permit::NotBefore(until) = record.breaker.permit(now) else { return Ok(()) };
        let message = format!(
            "{} is in quarantine for {}, because it ended badly {} times in a row; the last time: {}",
            self.subject,
            format_duration(until.since(now)),
            record.breaker.failures(),
            record.reason
        );
        let mut failure = Failure::new(FailureKind::NotApplied, message).with_code(Failure::QUARANTINED);
        failure.retry_after = Some(until.since(now));
        Err(failure)
    }

    /// How a call ended that was permitted.
    pub(super) fn heard(&self, failure: Option<&Failure>) {
        let now = self.clock.now();
        let mut record = self.lock();
        let turn = match failure {
            Some(failure) if failure.was_not_begun() => {
                record.breaker.not_asked(now);
                return;
            }
            Some(failure) if BAD_ENDS.contains(&failure.code.as_str()) => {
                record.reason.clone_from(&failure.message);
                record.breaker.failed(now, &self.policy)
            }
            _ => record.breaker.reached(),
        };
        let (plugin, kind) = (self.subject.name.as_str(), self.subject.kind_word());
        match turn {
            Some(BreakerTurn::Paused) => tracing::error!(
                plugin,
                kind,
                failures = record.breaker.failures(),
                reason = record.reason,
                "a plugin ends badly again and again: it is in quarantine, and tried now and then"
            ),
            Some(BreakerTurn::Resumed) => {
                tracing::info!(plugin, kind, "the plugin answers: its quarantine is over")
            }
            None => {}
        }
    }

    /// A call that was permitted was not made after all: another one may be the trial.
    pub(super) fn not_begun(&self) {
        let now = self.clock.now();
        self.lock().breaker.not_asked(now);
    }

    /// For people; none when it may be called.
    pub(super) fn report(&self) -> Option<PluginQuarantine> {
        let record = self.lock();
        let until = match record.breaker.state() {
            BreakerState::Closed => return None,
            BreakerState::Paused { until } => Some(until),
            BreakerState::HalfOpen { .. } => None,
        };
        let since = record.breaker.since().unwrap_or_else(|| self.clock.now());
        Some(PluginQuarantine {
            since,
            until,
            failures: record.breaker.failures(),
            reason: record.reason.clone(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
