//! Work that nobody waits for, done once those who are being served have their answers.
//!
//! Flow: a job is left here → the first one wakes a task → which the worker runs when whoever left it waits
//! for something, as a request does that has its answer → all jobs, one after the other.
//!
//! There is one task for all jobs, since a second one that wants to run would wake another worker, and that
//! costs whoever is being served more than many a job. The number of jobs that wait is bounded.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use crate::runtime::Tasks;

/// Jobs that wait. What is left beyond them is dropped, not done.
const MAX_WAITING: usize = 16;

/// See the module. Cheap to clone.
#[derive(Clone)]
pub(super) struct Afterwards {
    tasks: Tasks,
    waiting: Arc<Mutex<Waiting>>,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<BoxFuture<'static, ()>>,
    /// The task is on its way, or works.
    at_work: bool,
}

impl Afterwards {
    /// Nothing waits.
    pub(super) fn new(tasks: Tasks) -> Self {
        Self { tasks, waiting: Arc::default() }
    }

    /// Leaves a job. It is dropped at once if too many wait already.
    pub(super) fn leave(&self, job: impl Future<Output = ()> + Send + 'static) {
        let mut waiting = self.lock();
        if waiting.jobs.len() == MAX_WAITING {
            // The job goes after the lock: to clear away what it holds takes its time.
            drop(waiting);
            return;
        }
        waiting.jobs.push_back(Box::pin(job));
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

    use super::*;

    #[tokio::test]
    async fn jobs_are_done_once_whoever_left_them_waits_and_a_panic_is_no_end() {
        let done = Arc::new(AtomicUsize::new(0));
        let afterwards = Afterwards::new(Tasks::default());
        for round in 1..=3 {
            for _ in 0..MAX_WAITING * 2 {
                let done = done.clone();
                afterwards.leave(async move {
                    tokio::task::yield_now().await;
                    done.fetch_add(1, Ordering::Relaxed);
                });
            }
            assert_eq!(done.load(Ordering::Relaxed), MAX_WAITING * (round - 1), "nobody waited yet");
            while afterwards.lock().at_work {
                tokio::task::yield_now().await;
            }
            assert_eq!(done.load(Ordering::Relaxed), MAX_WAITING * round, "what is more is dropped");
            afterwards.leave(async { panic!("as a sandbox might") });
            while afterwards.lock().at_work {
                tokio::task::yield_now().await;
            }
        }
    }
}
