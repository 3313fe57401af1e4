//! Opens the database, or says why not. A file that cannot be opened is left as it is.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::backends::FileBackend;
use redb::{Database, DatabaseError, ReadableTable as _};

use super::tables::{META_OWNER, META_SCHEMA, Tables};
use super::{Error, Options};
use crate::domain::OwnerId;

/// The file's name within the data directory.
const FILE: &str = "wharfinger.redb";
/// The format of records that this version writes.
const SCHEMA: u32 = 1;

/// Opens or makes the database; `draw` gives the id of a new installation.
pub(super) fn open(options: &Options, draw: impl FnOnce() -> OwnerId) -> Result<(Database, OwnerId), Error> {
    let directory = |source| Error::Directory { path: options.data_dir.clone(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(&options.data_dir).map_err(directory)?;
    let path = options.data_dir.join(FILE);
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(|source| Error::Directory { path: path.clone(), source })?;
    let damaged =
        |source: Box<dyn std::error::Error + Send + Sync>| Error::Damaged { path: path.clone(), source };
    // redb trusts its file, and may panic on one that was damaged from outside.
    let opened = catch_unwind(AssertUnwindSafe(|| {
        let backend = FileBackend::new(file)?;
        Database::builder().set_cache_size(options.cache).create_with_backend(backend).map(|database| {
            let marks = mark(&database, &path, draw);
            (database, marks)
        })
    }));
    match opened {
        Ok(Ok((database, marks))) => Ok((database, marks?)),
        Ok(Err(DatabaseError::DatabaseAlreadyOpen)) => Err(Error::InUse { path }),
        Ok(Err(error)) => Err(damaged(error.into())),
        Err(_) => Err(damaged("the database library gave up on it".into())),
    }
}

/// Checks the format, and writes down what a new file must say.
fn mark(database: &Database, path: &Path, draw: impl FnOnce() -> OwnerId) -> Result<OwnerId, Error> {
    let transaction = database.begin_write()?;
    let owner = {
        let mut tables = Tables::open(&transaction)?;
        let known = tables.meta.get(META_SCHEMA)?.map(|value| value.value().to_vec());
        match known.as_deref().map(|bytes| bytes.try_into().map(u32::from_le_bytes)) {
            Some(Ok(SCHEMA)) => {}
            Some(Ok(found)) => return Err(Error::Newer { path: path.to_owned(), found, known: SCHEMA }),
            Some(Err(error)) => {
                return Err(Error::Damaged { path: path.to_owned(), source: Box::new(error) });
            }
            None => {
                tables.meta.insert(META_SCHEMA, SCHEMA.to_le_bytes().as_slice())?;
            }
        }
        let known = tables.meta.get(META_OWNER)?.map(|value| value.value().to_vec());
        match known.as_deref().map(|bytes| bytes.try_into().map(u128::from_be_bytes)) {
            Some(Ok(bits)) => OwnerId::from_u128(bits),
            Some(Err(error)) => {
                return Err(Error::Damaged { path: path.to_owned(), source: Box::new(error) });
            }
            None => {
                let owner = draw();
                tables.meta.insert(META_OWNER, owner.as_u128().to_be_bytes().as_slice())?;
                owner
            }
        }
    };
    transaction.commit()?;
    Ok(owner)
}
