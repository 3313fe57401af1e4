//! Opens the database, or says why not.
//!
//! # Guarantees
//! * A file that is refused is left as it is, to the byte: everything is done on a sheet first (see
//!   [`overlay`](super::overlay)), and on the file only if all went well.
//! * A new database has its name only once it is whole. What has the name and is empty, or belongs
//!   to another program, is therefore somebody's loss or somebody's file, and is refused.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use redb::{
    Builder, Database, DatabaseError, Key, ReadTransaction, ReadableDatabase as _, ReadableTable as _,
    TableDefinition, TableError, Value,
};

use super::lock::Lock;
use super::medium::{FileMedium, Medium};
use super::migrations::{SCHEMA, migrate};
use super::tables::{EVENT, META, META_OWNER, META_SCHEMA, OUTLINE, Tables, Visitor, last_revision, visit};
use super::{Error, Options};
use crate::domain::{OwnerId, Revision};

/// The file's name within the data directory.
const FILE: &str = "wharfinger.redb";
/// What the file is called until it is whole.
const UNBORN: &str = "wharfinger.redb.new";

/// What a database says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) format: u32,
    pub(super) owner: OwnerId,
    /// The last event's.
    pub(super) revision: Revision,
}

/// Where the database of this data directory is.
pub(super) fn path(data_dir: &Path) -> PathBuf {
    data_dir.join(FILE)
}

/// The same, if there is one.
pub(super) fn existing(data_dir: &Path) -> Result<PathBuf, Error> {
    let path = path(data_dir);
    match File::open(&path) {
        Ok(_) => Ok(path),
        Err(source) => Err(Error::Directory { path, source }),
    }
}

/// Where one is prepared that will take its place.
pub(super) fn unborn(data_dir: &Path) -> PathBuf {
    data_dir.join(UNBORN)
}

/// The library, as it is always used.
pub(super) fn library(cache: usize) -> Builder {
    let mut library = Database::builder();
    library.set_cache_size(cache);
    library
}

/// The data directory, made if need be and ours as long as the lock is held.
pub(super) fn claim(data_dir: &Path) -> Result<Lock, Error> {
    let refused = |source| Error::Directory { path: data_dir.to_owned(), source };
    DirBuilder::new().recursive(true).mode(0o700).create(data_dir).map_err(refused)?;
    Lock::take(data_dir)
}

/// Finds the database of a directory that is ours, or makes it; `draw` gives the id of a new
/// installation.
pub(super) fn find(options: &Options, draw: impl FnOnce() -> OwnerId) -> Result<FileMedium, Error> {
    let file = path(&options.data_dir);
    let refused = |source| Error::Directory { path: file.clone(), source };
    if !file.try_exists().map_err(refused)? {
        let unborn = unborn(&options.data_dir);
        make_file(&unborn)?;
        let made = initialise(&FileMedium::new(&unborn), options.cache, draw)
            .map_err(|source| Error::Unprepared { path: unborn.clone(), source: Box::new(source) })
            .and_then(|()| put_in_place(&unborn, &file));
        if made.is_err() {
            // It is nothing yet; the next start begins anew.
            let _ = fs::remove_file(&unborn);
        }
        made?;
    }
    // Said by the system itself, before the library is asked.
    OpenOptions::new().read(true).write(true).open(&file).map_err(refused)?;
    Ok(FileMedium::new(&file))
}

/// An empty file of ours, in the place of one that was left half-made.
pub(super) fn make_file(path: &Path) -> Result<(), Error> {
    let refused = |source| Error::Directory { path: path.to_owned(), source };
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(refused(error)),
        _ => {}
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map(drop).map_err(refused)
}

/// Gives a whole file its name, durably.
pub(super) fn put_in_place(from: &Path, to: &Path) -> Result<(), Error> {
    let refused = |source| Error::Directory { path: to.to_owned(), source };
    File::open(from).and_then(|file| file.sync_all()).map_err(refused)?;
    fs::rename(from, to).map_err(refused)?;
    File::open(folder(to)).and_then(|folder| folder.sync_all()).map_err(refused)
}

/// Where a file is.
pub(super) fn folder(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes into an empty medium what a database must say of itself.
pub(super) fn initialise(
    medium: &dyn Medium,
    cache: usize,
    draw: impl FnOnce() -> OwnerId,
) -> Result<(), redb::Error> {
    let database = medium.open(&library(cache))?;
    let transaction = database.begin_write()?;
    {
        let mut meta = transaction.open_table(META)?;
        meta.insert(META_SCHEMA, SCHEMA.to_le_bytes().as_slice())?;
        meta.insert(META_OWNER, draw().as_u128().to_be_bytes().as_slice())?;
    }
    transaction.commit()?;
    Ok(database.close()?)
}

/// Does on a sheet what a start does, and touches nothing: is it one of ours, of a format this
/// version knows, and sound where a start looks?
pub(super) fn try_on_sheet(medium: &dyn Medium, cache: usize, path: &Path) -> Result<Marks, Error> {
    guarded(path, || {
        let (database, marks) = look(medium, cache, path)?;
        for row in database.begin_read()?.open_table(OUTLINE)?.iter()? {
            row?;
        }
        Ok(marks)
    })
}

/// A database on a sheet, as it will be when it is opened.
pub(super) fn look(medium: &dyn Medium, cache: usize, path: &Path) -> Result<(Database, Marks), Error> {
    let database = medium.view(&library(cache))?;
    let transaction = database.begin_read()?;
    let (format, owner) = marks(&transaction, path)?;
    // A panic of the library while tables are open to be written ends the process, and nobody could
    // say why: what it may stumble over it is to read first.
    visit(&mut Reader(&transaction))?;
    drop(transaction);
    prepare(&database, format)?;
    let revision = last_revision(&database.begin_read()?.open_table(EVENT)?)?;
    Ok((database, Marks { format, owner, revision }))
}

/// Whatever the library makes of a file that was damaged from outside, panics included, is said of
/// the file.
pub(super) fn guarded<T>(path: &Path, look: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    caught(path, look).map_err(|error| match error {
        Error::Unreadable(error) => damaged(path, error),
        error => error,
    })
}

/// The library trusts its file, and may panic.
pub(super) fn caught<T>(path: &Path, look: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(look))
        .unwrap_or_else(|_| Err(damaged(path, "the database library gave up on it")))
}

/// Opens a database that went well on a sheet, and brings an older one to our format.
pub(super) fn open(medium: &dyn Medium, cache: usize, path: &Path, found: u32) -> Result<Database, Error> {
    let unprepared = |source| Error::Unprepared { path: path.to_owned(), source };
    let database = medium.open(&library(cache)).map_err(|error| match error {
        DatabaseError::DatabaseAlreadyOpen => Error::InUse { path: path.to_owned() },
        error => unprepared(Box::new(error.into())),
    })?;
    prepare(&database, found).map_err(|error| match error {
        Error::Unreadable(source) => unprepared(source),
        error => error,
    })?;
    if found < SCHEMA {
        tracing::info!(from = found, to = SCHEMA, "the records were brought to a newer format");
    }
    Ok(database)
}

/// Makes the tables that are missing, then takes every migration from `found` on.
fn prepare(database: &Database, found: u32) -> Result<(), Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_quick_repair(true);
    drop(Tables::open(&transaction)?);
    transaction.commit()?;
    migrate(database, found)
}

/// Opens every table there is.
struct Reader<'txn>(&'txn ReadTransaction);

impl Visitor for Reader<'_> {
    fn visit<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<(), Error> {
        match self.0.open_table(table) {
            // It is made later.
            Ok(_) | Err(TableError::TableDoesNotExist(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Its format, and whose it is.
fn marks(transaction: &ReadTransaction, path: &Path) -> Result<(u32, OwnerId), Error> {
    let meta = match transaction.open_table(META) {
        Ok(meta) => meta,
        Err(TableError::Storage(error)) => return Err(error.into()),
        Err(error) => return Err(damaged(path, error)),
    };
    let value = |key: &str| -> Result<Vec<u8>, Error> {
        let bytes = meta.get(key)?.map(|value| value.value().to_vec());
        bytes.ok_or_else(|| damaged(path, format!("it does not say its {key}")))
    };
    let format = value(META_SCHEMA)?.try_into().map(u32::from_le_bytes);
    let owner = value(META_OWNER)?.try_into().map(u128::from_be_bytes);
    match (format, owner) {
        (Ok(format @ 1..=SCHEMA), Ok(owner)) => Ok((format, OwnerId::from_u128(owner))),
        (Ok(found), _) if found > SCHEMA => Err(Error::Newer { path: path.to_owned(), found, known: SCHEMA }),
        _ => Err(damaged(path, "the number of its format, or the id of its installation, is none")),
    }
}

pub(super) fn damaged(path: &Path, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::Damaged { path: path.to_owned(), source: source.into() }
}
