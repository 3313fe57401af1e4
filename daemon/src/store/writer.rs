//! The one thread that writes.
//!
//! ```text
//!  insert, update ──> bounded queue ──> one transaction for all that wait ──> fsync
//!                                                                              │
//!                       the caller hears "done"  <── observer (publish) <──────┘
//! ```
//!
//! # Guarantees
//! * Whoever hears "done" hears it after the fsync.
//! * The observer sees committed changes in the order of their revisions, each once, before any
//!   caller hears of them.
//! * A transaction that fails changes nothing; everybody in it hears [`Error::Unwritable`]. If its
//!   disk failed at the very end it may turn out to be written after all: then the observer sees
//!   it when the outage is over (see [`outage`](super::outage)).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot, watch};

use super::current::Current;
use super::tables::Tables;
use super::{Committed, Error, Options, Planted};
use crate::domain::Revision;
use crate::runtime::{ErrorChain, Metrics};

/// Sees every committed change, on the writer's thread: it must be quick and must not block.
pub type Observer = Box<dyn Fn(&[Committed]) + Send>;

/// One write under way: the tables, the next number, and what will have been committed.
pub(super) struct Batch<'txn> {
    pub(super) tables: Tables<'txn>,
    pub(super) revision: Revision,
    pub(super) committed: Vec<Committed>,
}

impl Batch<'_> {
    /// Takes the next number.
    pub(super) fn next_revision(&mut self) -> Revision {
        self.revision = Revision(self.revision.0 + 1);
        self.revision
    }
}

/// Told after the fsync; dropped, it says that there was none.
pub(super) type Done = Box<dyn FnOnce() + Send>;
/// Writes into the batch. An error discards the whole transaction.
type Job = Box<dyn FnOnce(&mut Batch<'_>) -> Result<Done, Error> + Send>;

/// The way to the writer. Cheap to clone; the thread ends with the last of them.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
    writable: watch::Receiver<bool>,
}

/// What to do when the queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// Say so: a user can come again.
    Refuse,
    /// Wait: what happened must be written down.
    Wait,
}

/// What the thread works with.
pub(super) struct Worker {
    pub(super) current: Arc<Current>,
    pub(super) jobs: mpsc::Receiver<Job>,
    pub(super) writable: watch::Sender<bool>,
    pub(super) observer: Observer,
    /// The last change the observer has seen.
    pub(super) told: Revision,
    /// Between two tries to write again after the disk failed.
    pub(super) retry: Duration,
    batch: usize,
    planted: Planted,
    metrics: Metrics,
}

impl Writer {
    /// Starts the thread. `told`: the last revision its users will know without being told.
    pub(super) fn start(
        current: Arc<Current>,
        options: &Options,
        told: Revision,
        observer: Observer,
        metrics: Metrics,
    ) -> std::io::Result<Self> {
        let Options { batch, retry, planted, .. } = *options;
        let (sender, jobs) = mpsc::channel(options.queue);
        let (writable, watched) = watch::channel(true);
        let mut worker = Worker { current, jobs, writable, observer, told, retry, batch, planted, metrics };
        let run = move || {
            // The library panics on a file that was damaged from outside. A daemon that can write no
            // more is not left running: a start is a path that is tested.
            if catch_unwind(AssertUnwindSafe(|| worker.work())).is_err() {
                tracing::error!("the store's writer panicked: the daemon ends");
                std::process::exit(1);
            }
        };
        thread::Builder::new().name("store writer".to_owned()).spawn(run)?;
        Ok(Self { queue: sender, writable: watched })
    }

    pub(super) fn is_writable(&self) -> bool {
        *self.writable.borrow()
    }

    /// Whether it is, and a way to hear when that changes.
    pub(super) fn writable(&self) -> watch::Receiver<bool> {
        self.writable.clone()
    }

    /// Writes that wait, and how many may.
    pub(super) fn waiting(&self) -> (usize, usize) {
        let limit = self.queue.max_capacity();
        (limit - self.queue.capacity(), limit)
    }

    /// Runs `job` in a transaction and answers after its commit. The job's own refusal (the inner
    /// result) writes nothing and disturbs nobody.
    pub(super) async fn submit<T: Send + 'static>(
        &self,
        when_full: WhenFull,
        job: impl FnOnce(&mut Batch<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        if !self.is_writable() {
            return Err(Error::Unwritable);
        }
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |batch| {
            let value = job(batch)?;
            Ok(Box::new(move || {
                // A caller that went away no longer wants to know.
                let _ = reply.send(value);
            }))
        });
        match when_full {
            WhenFull::Refuse => self.queue.try_send(job).map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => Error::Busy,
                mpsc::error::TrySendError::Closed(_) => Error::Unwritable,
            })?,
            WhenFull::Wait => self.queue.send(job).await.map_err(|_| Error::Unwritable)?,
        }
        answer.await.map_err(|_| Error::Unwritable)
    }
}

impl Worker {
    fn work(&mut self) {
        while let Some(first) = self.jobs.blocking_recv() {
            let (began, mut done) = (Instant::now(), Vec::new());
            let outcome = self.commit(first, &mut done);
            match &outcome {
                Ok(_) => self.metrics.commit(done.len(), began.elapsed()),
                Err(_) => self.metrics.commit_failed(),
            }
            match outcome {
                Ok(committed) => {
                    self.tell(&committed);
                    for tell in done {
                        tell();
                    }
                }
                Err(Error::Unreadable(error)) => self.sit_out(&error, done),
                // Dropped, each tells its caller.
                Err(error) => {
                    tracing::error!(error = %ErrorChain(&error), "a transaction failed; nothing of it was written");
                }
            }
        }
    }

    /// One transaction for `first` and all that wait. Those who are to be told are added to `done`,
    /// whether it goes well or not.
    fn commit(&mut self, first: Job, done: &mut Vec<Done>) -> Result<Vec<Committed>, Error> {
        let transaction = self.current.begin_write()?;
        let committed = {
            let tables = Tables::open(&transaction)?;
            let revision = tables.last_revision()?;
            let mut batch = Batch { tables, revision, committed: Vec::new() };
            let more = std::iter::from_fn(|| self.jobs.try_recv().ok());
            for job in std::iter::once(first).chain(more).take(self.batch) {
                done.push(job(&mut batch)?);
            }
            if self.planted.strikes(revision, batch.revision) {
                return Err(redb::StorageError::Io(std::io::ErrorKind::StorageFull.into()).into());
            }
            batch.committed
        };
        transaction.commit()?;
        Ok(committed)
    }

    /// Shows the observer what was committed.
    pub(super) fn tell(&mut self, committed: &[Committed]) {
        (self.observer)(committed);
        self.told = committed.last().map_or(self.told, |last| last.event.revision);
    }
}
