//! The set of plugins that was last published. What a start begins with.
//!
//! Holds which components and tables serve together, never a component (they lie beside the database,
//! by their digests) and never a credential (tables refer to them).

use redb::ReadableTable;

use super::record::{PublishedRecord, decode, encode};
use super::tables::{META, META_GENERATION, META_PLUGINS};
use super::writer::WhenFull;
use super::{Error, Store};
use crate::domain::PublishedSet;

impl Store {
    /// The set last published; none in a new store.
    pub fn published(&self) -> Result<Option<PublishedSet>, Error> {
        let meta = self.database.begin_read()?.open_table(META)?;
        let Some(bytes) = meta.get(META_PLUGINS)? else { return Ok(None) };
        let read = decode::<PublishedRecord>(bytes.value()).and_then(PublishedSet::try_from);
        let unreadable =
            |source| Error::Record { what: "the set of plugins".to_owned(), source: Box::new(source) };
        read.map(Some).map_err(unreadable)
    }

    /// Stores a set, and that its number was used: generations never go back.
    pub async fn publish(&self, set: PublishedSet) -> Result<(), Error> {
        let unwritable =
            |source| Error::Record { what: "the set of plugins".to_owned(), source: Box::new(source) };
        let bytes = encode(&PublishedRecord::from(&set)).map_err(unwritable)?;
        self.writer
            .submit(WhenFull::Wait, move |batch| {
                let stored = batch.tables.meta.get(META_GENERATION)?;
                let stored =
                    stored.and_then(|value| value.value().try_into().ok()).map_or(0, u64::from_le_bytes);
                let generation = set.generation.max(stored);
                batch.tables.meta.insert(META_GENERATION, generation.to_le_bytes().as_slice())?;
                batch.tables.meta.insert(META_PLUGINS, bytes.as_slice())?;
                Ok(())
            })
            .await
    }

    /// The number of the set last published; 0 in a new store.
    pub fn generation(&self) -> Result<u64, Error> {
        let meta = self.database.begin_read()?.open_table(META)?;
        let bytes = meta.get(META_GENERATION)?.and_then(|value| value.value().try_into().ok());
        Ok(bytes.map_or(0, u64::from_le_bytes))
    }
}
