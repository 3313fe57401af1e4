//! The records: redb, and only here.
//!
//! Knows what an instance is, and nothing of why it changes: whoever asks for a change brings the
//! decision. A record, its event and its name are one transaction; whoever is told "done" is told
//! after the fsync (see [`writer`]). Reads never wait for writes, and hold no transaction across
//! an await. While the disk takes no writes they are refused, and reads go on (see [`outage`]). What
//! may be damaged is never written to: it is looked at first (see [`open`]).

mod backup;
mod bulks;
mod current;
mod error;
mod events;
mod fsck;
mod idempotency;
mod instances;
mod lock;
mod medium;
mod migrations;
mod open;
mod options;
mod outage;
mod outlines;
mod outputs;
mod overlay;
mod past_requests;
mod planted;
mod plugins;
mod record;
#[cfg(test)]
mod requests_tests;
mod restore;
mod tables;
mod tombstones;
mod writer;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::watch;

pub use backup::{Backup, backup};
pub use error::Error;
pub use events::EventsPage;
pub use fsck::{Findings, fsck};
pub use idempotency::{Claim, Claimed, Made};
pub use instances::{Change, EventDraft, Occasion, Page};
pub use options::Options;
pub use past_requests::PastRequestsPage;
pub use planted::Planted;
pub use restore::{Restored, restore};
pub use writer::{Observer, WhenFull};

use crate::domain::{Event, Instance, OwnerId, Revision};
use crate::runtime::Metrics;
use current::Current;
use idempotency::Keys;
use open::Marks;
use past_requests::Refused;
use tables::{EVENT, last_revision};
use writer::Writer;

/// One committed change.
#[derive(Debug, Clone)]
pub struct Committed {
    /// What happened.
    pub event: Arc<Event>,
    /// The instance since then; none if it is gone.
    pub instance: Option<Instance>,
}

/// The open database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    database: Arc<Current>,
    writer: Writer,
    owner: OwnerId,
    keys: Keys,
    refused: Refused,
    options: Arc<Options>,
}

impl Store {
    /// Opens the database, or makes it: `draw` then gives this installation's id. `observer` sees
    /// every commit.
    pub fn open(
        options: Options,
        draw: impl FnOnce() -> OwnerId,
        observer: Observer,
        metrics: Metrics,
    ) -> Result<Self, Error> {
        let lock = open::claim(&options.data_dir)?;
        let medium = open::find(&options, draw)?;
        let path = open::path(&options.data_dir);
        let opened = Current::open(Box::new(medium), &path, options.cache, Some(lock))?;
        Self::over(opened, options, observer, metrics)
    }

    /// The store of a database that is open.
    fn over(
        (database, marks): (Current, Marks),
        options: Options,
        observer: Observer,
        metrics: Metrics,
    ) -> Result<Self, Error> {
        let keys = Keys::open(&database)?;
        let database = Arc::new(database);
        let writer = Writer::start(Arc::clone(&database), &options, marks.revision, observer, metrics)
            .map_err(|source| Error::Directory { path: options.data_dir.clone(), source })?;
        let (owner, refused, options) = (marks.owner, Refused::default(), Arc::new(options));
        Ok(Self { database, writer, owner, keys, refused, options })
    }

    /// Whether the disk takes writes. Reads go on regardless.
    pub fn is_writable(&self) -> bool {
        self.writer.is_writable()
    }

    /// The same, and a way to hear when it changes.
    pub fn writable(&self) -> watch::Receiver<bool> {
        self.writer.writable()
    }

    /// This installation.
    pub fn owner(&self) -> OwnerId {
        self.owner
    }

    /// Writes that wait for their turn, and how many may.
    pub fn waiting(&self) -> (usize, usize) {
        self.writer.waiting()
    }

    /// The number of the last event; 0 in a new store.
    pub fn revision(&self) -> Result<Revision, Error> {
        last_revision(&self.database.begin_read()?.open_table(EVENT)?)
    }
}
