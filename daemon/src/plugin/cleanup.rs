//! What is done with sandboxes while nobody waits for it.
//!
//! Flow: a job is left here → the first one wakes a task → a worker of the runtime keeps a task that it
//! spawned itself in a slot of its own, and runs it as soon as the one it runs now waits for something: a
//! request that has its answer, or a create for its commit → all jobs, one after the other.
//!
//! There is one task for all jobs: a second one would wake another worker, which costs whoever is being
//! served more than many a job. The number of jobs that wait is bounded.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tracing::Instrument as _;

use super::engine::SPARES;
use crate::runtime::Tasks;

/// Jobs that wait: those of more reviews than a request has hooks with spares.
const MAX_WAITING: usize = 2 * SPARES;

/// See the module. Cheap to clone.
#[derive(Clone)]
pub(super) struct Cleanup {
    tasks: Tasks,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<BoxFuture<'static, ()>>,
    /// The task is on its way, or works.
    at_work: bool,
}

impl Cleanup {
    /// Nothing waits.
    pub(super) fn new(tasks: Tasks) -> Self {
        Self { tasks, waiting: Arc::default() }
    }

    /// Leaves a job. If too many wait it is dropped here, with the sandbox that it holds.
    pub(super) fn leave(&self, job: impl Future<Output = ()> + Send + 'static) {
        // What is still to be said belongs to the request.
        let job = Box::pin(job.in_current_span());
        let mut waiting = self.lock();
        if waiting.jobs.len() == MAX_WAITING {
            // The job goes after the lock: to clear away what it holds takes its time.
            drop(waiting);
            return;
        }
        waiting.jobs.push_back(job);
        let at_work = std::mem::replace(&mut waiting.at_work, true);
        drop(waiting);
        if !at_work {
            self.tasks.spawn("clear up after plugins", self.clone().work());
        }
    }

    async fn work(self) {
        while let Some(job) = self.next() {
            // It is the sandbox's: a panic there ends a call, never the daemon.
            if AssertUnwindSafe(job).catch_unwind().await.is_err() {
                tracing::error!("a panic while a sandbox was cleared away or made");
            }
        }
    }

    fn next(&self) -> Option<BoxFuture<'static, ()>> {
        let mut waiting = self.lock();
        let job = waiting.jobs.pop_front();
        waiting.at_work = job.is_some();
        job
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    async fn idle(cleanup: &Cleanup) {
        let idle = async {
            while cleanup.lock().at_work {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), idle).await.unwrap();
    }

    #[tokio::test]
    async fn jobs_are_done_once_whoever_left_them_waits_and_a_panic_is_no_end() {
        let done = Arc::new(AtomicUsize::new(0));
        let cleanup = Cleanup::new(Tasks::default());
        for round in 1..=3 {
            for _ in 0..MAX_WAITING * 2 {
                let done = done.clone();
                cleanup.leave(async move {
                    tokio::task::yield_now().await;
                    done.fetch_add(1, Ordering::Relaxed);
                });
            }
            assert_eq!(done.load(Ordering::Relaxed), MAX_WAITING * (round - 1), "nobody waited yet");
            idle(&cleanup).await;
            assert_eq!(done.load(Ordering::Relaxed), MAX_WAITING * round, "what is more is dropped");
            cleanup.leave(async { panic!("as a sandbox might") });
            idle(&cleanup).await;
        }
    }
}
