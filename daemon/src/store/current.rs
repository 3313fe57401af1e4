//! The database that is open now.
//!
//! The library gives up a database for good when its disk failed once, for reading too. So it is
//! closed and opened again: through a sheet (see [`overlay`](super::overlay)) for as long as the
//! disk takes no writes, so that reads go on, and for good when it does.

use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use redb::{Builder, Database, DatabaseError, ReadTransaction, ReadableDatabase as _, WriteTransaction};

use super::Error;
use super::lock::Lock;
use super::medium::Medium;
use super::open::{self, Marks};

pub(super) struct Current {
    /// None while it cannot be opened at all.
    database: RwLock<Option<Database>>,
    medium: Box<dyn Medium>,
    cache: usize,
    /// Let go of after the database.
    _lock: Option<Lock>,
}

impl Current {
    /// Opens what `medium` holds.
    pub(super) fn open(
        medium: Box<dyn Medium>,
        path: &Path,
        cache: usize,
        lock: Option<Lock>,
    ) -> Result<(Self, Marks), Error> {
        let marks = open::try_on_sheet(&*medium, cache, path)?;
        let database = open::open(&*medium, cache, path, marks.format)?;
        let database = RwLock::new(Some(database));
        Ok((Self { database, medium, cache, _lock: lock }, marks))
    }

    /// A look at what is committed.
    pub(super) fn begin_read(&self) -> Result<ReadTransaction, Error> {
        let database = self.database();
        Ok(database.as_ref().ok_or(Error::Closed)?.begin_read()?)
    }

    /// For the writer alone.
    pub(super) fn begin_write(&self) -> Result<WriteTransaction, Error> {
        let database = self.database();
        let mut transaction = database.as_ref().ok_or(Error::Closed)?.begin_write()?;
        // Opening after a crash is then a matter of milliseconds, whatever the size.
        transaction.set_quick_repair(true);
        Ok(transaction)
    }

    /// Closes it and opens it so that nothing can be written.
    pub(super) fn reopen_to_read(&self) -> Result<(), Error> {
        self.replace(|medium, library| medium.view(library))
    }

    /// Closes it and opens it again.
    pub(super) fn reopen(&self) -> Result<(), Error> {
        self.replace(|medium, library| medium.open(library))
    }

    fn replace(
        &self,
        open: impl FnOnce(&dyn Medium, &Builder) -> Result<Database, DatabaseError>,
    ) -> Result<(), Error> {
        let mut database = self.database.write().unwrap_or_else(PoisonError::into_inner);
        // The old one's hold on the file goes with it.
        *database = None;
        *database = Some(open(&*self.medium, &open::library(self.cache))?);
        Ok(())
    }

    fn database(&self) -> RwLockReadGuard<'_, Option<Database>> {
        self.database.read().unwrap_or_else(PoisonError::into_inner)
    }
}
