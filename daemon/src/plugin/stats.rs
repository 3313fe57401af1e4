//! How many calls a plugin had, how many are out, and how long the last ones took.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Calls whose duration is remembered.
const WINDOW: usize = 256;

/// Of one plugin, since it began to serve.
#[derive(Default)]
pub(super) struct Stats {
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

/// A call that is out. Counted until it is dropped.
pub(super) struct InFlight(Arc<Stats>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Stats {
    /// A call begins.
    pub(super) fn begin(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self.clone())
    }

    /// A call that took `duration` ended.
    pub(super) fn record(&self, duration: Duration) {
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

    #[test]
    fn the_window_forgets_the_oldest() {
        let stats = Stats::default();
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
