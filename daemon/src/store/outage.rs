//! While the disk takes no writes: it is full, read-only or broken.
//!
//! ```text
//!  a commit fails ──> writes are refused, the file is read through a sheet ──> every few seconds:
//!                                                          opened again, and written to for a trial
//!  writes go on  <── what was committed and never told is told  <── it went well ──────┘
//! ```
//!
//! Trying again is as safe as a restart would be. A commit writes to pages that nothing refers to,
//! syncs them, and only then points the header at them; whichever of the two a failed sync lost,
//! the next commit writes it anew.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::tables::{EVENT, SPEC, STATUS, Tables};
use super::writer::{Done, Worker};
use super::{Committed, Error, events, instances};
use crate::domain::Revision;
use crate::runtime::ErrorChain;

/// How often those who write are refused meanwhile, and the end of the daemon is noticed.
const TURN: Duration = Duration::from_millis(20);

impl Worker {
    /// Returns when the disk takes writes again, or nobody is left who would write. `refused` hear
    /// of it as soon as they can read.
    pub(super) fn sit_out(&mut self, error: &redb::Error, refused: Vec<Done>) {
        self.writable.send_replace(false);
        // What is damaged is not written to; a disk that failed may recover.
        let damaged = matches!(error, redb::Error::Corrupted(_));
        let remedy =
            if damaged { "stop the daemon and run `wharfinger fsck`" } else { "it is tried again and again" };
        tracing::error!(error = %ErrorChain(error), remedy, "the database takes no writes; reads go on");
        if let Err(error) = self.current.reopen_to_read() {
            tracing::error!(error = %ErrorChain(&error), "the database cannot be read either");
        }
        drop(refused);
        let begun = Instant::now();
        let mut tried = Instant::now();
        while !self.jobs.is_closed() {
            // Dropped, each tells its caller.
            while self.jobs.try_recv().is_ok() {}
            thread::sleep(TURN.min(self.retry));
            if damaged || tried.elapsed() < self.retry {
                continue;
            }
            match self.recover() {
                Ok(()) => {
                    tracing::info!(after = ?begun.elapsed(), "the database takes writes again");
                    self.writable.send_replace(true);
                    return;
                }
                Err(error) => {
                    tracing::debug!(error = %ErrorChain(&error), "the database still takes no writes");
                    // If it cannot be read, that was said.
                    let _ = self.current.reopen_to_read();
                }
            }
            tried = Instant::now();
        }
    }

    /// Opens the database, proves that it takes a commit, and catches up with what it holds.
    fn recover(&mut self) -> Result<(), Error> {
        self.current.reopen()?;
        let transaction = self.current.begin_write()?;
        drop(Tables::open(&transaction)?);
        transaction.commit()?;
        let missed = self.since(self.told)?;
        self.tell(&missed);
        Ok(())
    }

    /// What is committed after `told`: by a transaction that was reported as failed.
    fn since(&self, told: Revision) -> Result<Vec<Committed>, Error> {
        let transaction = self.current.begin_read()?;
        let (specs, statuses) = (transaction.open_table(SPEC)?, transaction.open_table(STATUS)?);
        let mut missed = Vec::new();
        for row in transaction.open_table(EVENT)?.range(told.0 + 1..)? {
            let (revision, bytes) = row?;
            let event = events::read(Revision(revision.value()), bytes.value())?;
            let instance = match &event.subject {
                Some(subject) => instances::read(&specs, &statuses, subject.id)?,
                None => None,
            };
            missed.push(Committed { event: Arc::new(event), instance });
        }
        Ok(missed)
    }
}
