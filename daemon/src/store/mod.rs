//! The records: redb, and only here.
//!
//! Knows what an instance is, and nothing of why it changes: whoever asks for a change brings the
//! decision. A record, its event and its name are one transaction; whoever is told "done" is told
//! after the fsync (see [`writer`]). Reads never wait for writes, and hold no transaction across
//! an await. After an I/O error writes are refused and reads go on.

mod bulks;
mod error;
mod events;
mod idempotency;
mod instances;
mod migrations;
mod open;
mod options;
mod outlines;
mod outputs;
mod record;
#[cfg(test)]
mod requests_tests;
mod tables;
mod tombstones;
mod writer;

#[cfg(test)]
mod testing;

use std::sync::Arc;

use redb::{Database, ReadableDatabase as _};

pub use error::Error;
pub use events::EventsPage;
pub use idempotency::{Claim, Claimed, Made};
pub use instances::{Change, EventDraft, Occasion, Page};
pub use options::Options;
pub use writer::{Observer, WhenFull};

use crate::domain::{Event, Instance, OwnerId, Revision};
use crate::runtime::Metrics;
use idempotency::Keys;
use tables::{EVENT, META, META_GENERATION, last_revision};
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
    database: Arc<Database>,
    writer: Writer,
    owner: OwnerId,
    keys: Keys,
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
        let (database, owner) = open::open(&options, draw)?;
        let keys = Keys::open(&database)?;
        let database = Arc::new(database);
        let writer = Writer::start(Arc::clone(&database), options.queue, options.batch, observer, metrics)
            .map_err(|source| Error::Directory { path: options.data_dir.clone(), source })?;
        Ok(Self { database, writer, owner, keys, options: Arc::new(options) })
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

    /// The generation of the plugin set last stored; 0 in a new store.
    pub fn generation(&self) -> Result<u64, Error> {
        let meta = self.database.begin_read()?.open_table(META)?;
        let bytes = meta.get(META_GENERATION)?.and_then(|value| value.value().try_into().ok());
        Ok(bytes.map_or(0, u64::from_le_bytes))
    }

    /// Stores the generation, so that it never goes back.
    pub async fn set_generation(&self, generation: u64) -> Result<(), Error> {
        self.writer
            .submit(WhenFull::Wait, move |batch| {
                batch.tables.meta.insert(META_GENERATION, generation.to_le_bytes().as_slice())?;
                Ok(())
            })
            .await
    }
}
