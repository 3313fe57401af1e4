//! Opens the database, or says why not. A file that cannot be opened is left as it is.

use std::fs::{DirBuilder, OpenOptions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::backends::FileBackend;
use redb::{Database, DatabaseError, ReadableTable as _};

use super::migrations::{SCHEMA, migrate};
use super::tables::{META_OWNER, META_SCHEMA, Tables};
use super::{Error, Options};
use crate::domain::OwnerId;

/// The file's name within the data directory.
const FILE: &str = "wharfinger.redb";

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
            let owner = mark(&database, &path, draw);
            (database, owner)
        })
    }));
    match opened {
        Ok(Ok((database, owner))) => Ok((database, owner?)),
        Ok(Err(DatabaseError::DatabaseAlreadyOpen)) => Err(Error::InUse { path }),
        Ok(Err(error)) => Err(damaged(error.into())),
        Err(_) => Err(damaged("the database library gave up on it".into())),
    }
}

/// Checks the format, brings an older one to ours, and writes down what a new file must say.
fn mark(database: &Database, path: &Path, draw: impl FnOnce() -> OwnerId) -> Result<OwnerId, Error> {
    let damaged =
        |what: &str| Error::Damaged { path: path.to_owned(), source: format!("{what} is damaged").into() };
    let transaction = database.begin_write()?;
    let (owner, format) = {
        let mut tables = Tables::open(&transaction)?;
        let format = match number(&tables, META_SCHEMA)?.map(|bytes| bytes.try_into().map(u32::from_le_bytes))
        {
            Some(Ok(found @ 1..=SCHEMA)) => found,
            Some(Ok(found)) => return Err(Error::Newer { path: path.to_owned(), found, known: SCHEMA }),
            Some(Err(_)) => return Err(damaged("the number of its format")),
            None => {
                tables.meta.insert(META_SCHEMA, SCHEMA.to_le_bytes().as_slice())?;
                SCHEMA
            }
        };
        let owner = match number(&tables, META_OWNER)?.map(|bytes| bytes.try_into().map(u128::from_be_bytes))
        {
            Some(Ok(bits)) => OwnerId::from_u128(bits),
            Some(Err(_)) => return Err(damaged("the id of the installation")),
            None => {
                let owner = draw();
                tables.meta.insert(META_OWNER, owner.as_u128().to_be_bytes().as_slice())?;
                owner
            }
        };
        (owner, format)
    };
    transaction.commit()?;
    migrate(database, format)?;
    Ok(owner)
}

fn number(tables: &Tables<'_>, key: &str) -> Result<Option<Vec<u8>>, Error> {
    Ok(tables.meta.get(key)?.map(|value| value.value().to_vec()))
}
