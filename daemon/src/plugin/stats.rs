//! How many calls a plugin had, how many are out, how long the last ones took, and whether it may
//! have more.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::quarantine::Quarantine;
use crate::domain::{Failure, FailureKind, format_duration};

/// Calls whose duration is remembered.
const WINDOW: usize = 256;

/// Of one plugin, since it began to serve.
pub(super) struct Stats {
    pub(super) quarantine: Quarantine,
    calls: AtomicU64,
    in_flight: AtomicUsize,
    peak_memory: AtomicUsize,
    window: Mutex<Window>,
}

#[derive(Default)]
struct Window {
    durations: Vec<Duration>,
    oldest: usize,
}

/// A call that is out: it waits for its turn until it [`began`](Self::began). Counted until it is dropped.
pub(super) struct InFlight {
    stats: Arc<Stats>,
    under_way: Option<UnderWay>,
    ended: bool,
}

struct UnderWay {
    since: Instant,
    timeout: Duration,
}

impl InFlight {
    /// Its turn has come; it has so long.
    pub(super) fn began(&mut self, timeout: Duration) {
        self.under_way = Some(UnderWay { since: Instant::now(), timeout });
    }

    /// It took `duration`, and this came of it.
    pub(super) fn ended(&mut self, failure: Option<&Failure>, duration: Duration) {
        self.stats.record(duration);
        self.stats.quarantine.heard(failure);
        self.ended = true;
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.stats.in_flight.fetch_sub(1, Ordering::Relaxed);
        if self.ended {
            return;
        }
        // Whoever asked has left. That says nothing of the plugin, unless it had most of its time: one that
        // hangs would never be found out by those who wait for less.
        match &self.under_way {
            Some(UnderWay { since, timeout }) if since.elapsed() >= *timeout / 2 => {
                let message = format!(
                    "it had not ended after {}, when whoever asked left",
                    format_duration(since.elapsed())
                );
                let failure = Failure::new(FailureKind::OutcomeUnknown, message);
                self.stats.record(since.elapsed());
                self.stats.quarantine.heard(Some(&failure.with_code(Failure::TIMED_OUT)));
            }
            _ => self.stats.quarantine.not_begun(),
        }
    }
}

impl Stats {
    /// Of a plugin that nobody called yet.
    pub(super) fn new(quarantine: Quarantine) -> Self {
        Self {
            quarantine,
            calls: AtomicU64::default(),
            in_flight: AtomicUsize::default(),
            peak_memory: AtomicUsize::default(),
            window: Mutex::default(),
        }
    }

    /// A call is to be made, if it may be.
    pub(super) fn begin(self: &Arc<Self>) -> Result<InFlight, Failure> {
        self.quarantine.permit()?;
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Ok(InFlight { stats: self.clone(), under_way: None, ended: false })
    }

    fn record(&self, duration: Duration) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.durations.len() < WINDOW {
            window.durations.push(duration);
        } else {
            let at = window.oldest;
            window.durations[at] = duration;
            window.oldest = (at + 1) % WINDOW;
        }
    }

    /// A call took so much linear memory, in bytes.
    pub(super) fn took(&self, memory: usize) {
        self.peak_memory.fetch_max(memory, Ordering::Relaxed);
    }

    /// The most linear memory that one call took, in bytes.
    pub(super) fn peak_memory(&self) -> usize {
        self.peak_memory.load(Ordering::Relaxed)
    }

    /// Calls that ended.
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    /// Calls that are out now.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Median and 99th percentile of the last calls.
    pub(super) fn percentiles(&self) -> Option<(Duration, Duration)> {
        let mut durations = self.window.lock().unwrap_or_else(PoisonError::into_inner).durations.clone();
        durations.sort_unstable();
        let last = durations.len().checked_sub(1)?;
        Some((durations[last / 2], durations[last * 99 / 100]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BreakerPolicy, PluginKind};
    use crate::plugin::error::Subject;
    use crate::runtime::SystemClock;

    fn stats() -> Stats {
        let subject = Subject { kind: PluginKind::Hook, name: String::new(), path: "x".into() };
        Stats::new(Quarantine::new(subject, BreakerPolicy::default(), Arc::new(SystemClock)))
    }

    #[test]
    fn a_call_that_is_left_after_half_of_its_time_ended_badly_and_one_left_before_did_not() {
        let stats = Arc::new(stats());
        let leave = |timeout: Option<Duration>| {
            let mut in_flight = stats.begin()?;
            if let Some(timeout) = timeout {
                in_flight.began(timeout);
            }
            drop(in_flight);
            Ok::<(), Failure>(())
        };
        for timeout in [None, Some(Duration::from_secs(3_600))].repeat(20) {
            assert_eq!(leave(timeout), Ok(()));
        }
        let refused = (0..20).find_map(|_| leave(Some(Duration::ZERO)).err());
        assert_eq!(refused.map(|failure| failure.code).as_deref(), Some(Failure::QUARANTINED));
        assert_eq!(stats.in_flight(), 0);
    }

    #[test]
    fn the_window_forgets_the_oldest() {
        let stats = stats();
        assert_eq!(stats.percentiles(), None);
        for _ in 0..WINDOW {
            stats.record(Duration::from_secs(9));
        }
        for _ in 0..WINDOW {
            stats.record(Duration::from_secs(1));
        }
        assert_eq!(stats.percentiles(), Some((Duration::from_secs(1), Duration::from_secs(1))));
        assert_eq!(stats.calls(), 512);
    }
}
