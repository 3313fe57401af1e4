//! The only place that spawns.
//!
//! A panic in a task ends the daemon loudly: it is crash-only, and a restart is a path that is
//! tested; a daemon that goes on without one of its parts is not.

use std::future::Future;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use tokio::sync::{oneshot, watch};
use tokio_util::task::TaskTracker;

/// A task that panicked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the task {name:?} panicked: {message}")]
pub struct TaskFailed {
    /// What it was.
    pub name: &'static str,
    /// What it said.
    pub message: String,
}

/// Spawns tasks and hears of their end. Cheap to clone.
#[derive(Clone)]
pub struct Tasks {
    tracker: TaskTracker,
    failed: watch::Sender<Option<TaskFailed>>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self { tracker: TaskTracker::new(), failed: watch::Sender::new(None) }
    }
}

impl Tasks {
    /// Runs `task` until it ends.
    pub fn spawn(&self, name: &'static str, task: impl Future<Output = ()> + Send + 'static) {
        let failed = self.failed.clone();
        self.tracker.spawn(async move {
            if let Err(panic) = AssertUnwindSafe(task).catch_unwind().await {
                let message = panic
                    .downcast_ref::<&str>()
                    .map(|text| (*text).to_owned())
                    .or_else(|| panic.downcast_ref::<String>().cloned())
                    .unwrap_or_else(|| "no message".to_owned());
                tracing::error!(task = name, panic = message, "a task panicked");
                failed.send_replace(Some(TaskFailed { name, message }));
            }
        });
    }

    /// Runs `task` to its end, whether or not whoever asked still waits for it. None: it panicked.
    pub async fn carry_out<T: Send + 'static>(
        &self,
        name: &'static str,
        task: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let (done, heard) = oneshot::channel();
        self.spawn(name, async move {
            // Nobody may be waiting any more.
            let _ = done.send(task.await);
        });
        heard.await.ok()
    }

    /// Waits until a task has panicked.
    pub async fn failure(&self) -> TaskFailed {
        let mut failed = self.failed.subscribe();
        loop {
            if let Some(failure) = failed.borrow_and_update().clone() {
                return failure;
            }
            // The sender lives in `self`: this cannot fail.
            let _ = failed.changed().await;
        }
    }

    /// Waits until every task has ended. New ones may still be spawned meanwhile.
    pub async fn finished(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}
