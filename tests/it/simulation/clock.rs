//! Time in the simulation: it passes when it is told to, and the wall clock can be set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use wharfinger::domain::Timestamp;
use wharfinger::runtime::Clock;

/// What the wall clock shows at the start: some day in 2026.
const START: i64 = 1_790_000_000_000;

/// A wall clock, and the time that really passes. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct SimulatedClock(Arc<Hands>);

#[derive(Default)]
struct Hands {
    passed: AtomicU64,
    set: AtomicI64,
    moved: Notify,
}

impl SimulatedClock {
    /// Lets time pass.
    pub(crate) fn advance(&self, by: Duration) {
        self.0.passed.fetch_add(u64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
        self.0.moved.notify_waiters();
    }

    /// Lets time pass until the wall clock shows `at`.
    pub(crate) fn advance_to(&self, at: Timestamp) {
        self.advance(at.since(self.now()));
    }

    /// Somebody sets the wall clock back. No time passes.
    pub(crate) fn set_back(&self, by: Duration) {
        self.0.set.fetch_sub(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Time that really passed since the start.
    pub(crate) fn passed(&self) -> Duration {
        Duration::from_millis(self.0.passed.load(Ordering::SeqCst))
    }

    /// Returns when so much time has passed.
    pub(crate) async fn until(&self, passed: Duration) {
        loop {
            let moved = self.0.moved.notified();
            if self.passed() >= passed {
                return;
            }
            moved.await;
        }
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp(START + self.0.set.load(Ordering::SeqCst)).plus(self.passed())
    }
}
