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
//! * A transaction that fails changes nothing; everybody in it hears [`Error::Unwritable`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use redb::Database;
use tokio::sync::{mpsc, oneshot};

use super::tables::Tables;
use super::{Committed, Error};
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

/// Told after the fsync.
type Done = Box<dyn FnOnce() + Send>;
/// Writes into the batch. An error discards the whole transaction.
type Job = Box<dyn FnOnce(&mut Batch<'_>) -> Result<Done, Error> + Send>;

/// The way to the writer. Cheap to clone; the thread ends with the last of them.
#[derive(Clone)]
pub(super) struct Writer {
    queue: mpsc::Sender<Job>,
}

/// What to do when the queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// Say so: a user can come again.
    Refuse,
    /// Wait: what happened must be written down.
    Wait,
}

impl Writer {
    pub(super) fn start(
        database: Arc<Database>,
        queue: usize,
        batch: usize,
        observer: Observer,
        metrics: Metrics,
    ) -> std::io::Result<Self> {
        let (sender, jobs) = mpsc::channel(queue);
        let run = move || {
            // The library panics on a file that was damaged from outside. A daemon that can write no
            // more is not left running: a start is a path that is tested.
            if catch_unwind(AssertUnwindSafe(|| write(&database, jobs, batch, &observer, &metrics))).is_err()
            {
                tracing::error!("the store's writer panicked: the daemon ends");
                std::process::exit(1);
            }
        };
        thread::Builder::new().name("store writer".to_owned()).spawn(run)?;
        Ok(Self { queue: sender })
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

fn write(
    database: &Database,
    mut jobs: mpsc::Receiver<Job>,
    batch: usize,
    observer: &Observer,
    metrics: &Metrics,
) {
    while let Some(first) = jobs.blocking_recv() {
        let began = Instant::now();
        let more = std::iter::from_fn(|| jobs.try_recv().ok());
        match commit(database, std::iter::once(first).chain(more).take(batch)) {
            Ok((committed, done)) => {
                metrics.commit(done.len(), began.elapsed());
                observer(&committed);
                for tell in done {
                    tell();
                }
            }
            // Everybody who waits sees the channel close.
            Err(error) => {
                metrics.commit_failed();
                tracing::error!(error = %ErrorChain(&error), "a transaction failed; nothing of it was written");
            }
        }
    }
}

fn commit(
    database: &Database,
    jobs: impl Iterator<Item = Job>,
) -> Result<(Vec<Committed>, Vec<Done>), Error> {
    let mut transaction = database.begin_write()?;
    // Opening after a crash is then a matter of milliseconds, whatever the size.
    transaction.set_quick_repair(true);
    let (committed, done) = {
        let tables = Tables::open(&transaction)?;
        let revision = tables.last_revision()?;
        let mut batch = Batch { tables, revision, committed: Vec::new() };
        let done = jobs.map(|job| job(&mut batch)).collect::<Result<Vec<Done>, Error>>()?;
        (batch.committed, done)
    };
    transaction.commit()?;
    Ok((committed, done))
}
