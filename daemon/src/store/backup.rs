//! A copy of the database, taken table by table by one read transaction: what was committed when
//! it began, whatever is written meanwhile. The live file itself is never copied.
//!
//! # Guarantees
//! * The copy has its name only when it is whole, checked and durable; until then it is called
//!   `….tmp`.
//! * What has the name already stays, unless it is to be replaced.

use std::ffi::OsString;
use std::fs;
use std::ops::Bound;
use std::path::{Path, PathBuf};

use redb::{
    Database, Key, ReadTransaction, ReadableDatabase as _, ReadableTable as _, TableDefinition, TableError,
    Value, WriteTransaction,
};

use super::lock::Lock;
use super::medium::{FileMedium, Medium as _};
use super::open::folder;
use super::tables::{Visitor, visit};
use super::{Error, Options, Store, open};

/// After so many records it is asked whether to go on.
const STRETCH: u64 = 1_024;

/// A copy that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backup {
    /// Rows of all tables.
    pub records: u64,
    /// Size of the file.
    pub bytes: u64,
}

impl Store {
    /// Copies what is committed into `to`, in the place of what is there if `replace`. Blocks;
    /// ends early when `stop` says so.
    pub fn backup(&self, to: &Path, replace: bool, stop: impl Fn() -> bool) -> Result<Backup, Error> {
        open::caught(&open::path(&self.options.data_dir), || {
            copy(&self.database.begin_read()?, &self.options, to, replace, &stop)
        })
    }
}

/// The same, of a data directory on which no daemon runs. Its own file is not written to.
pub fn backup(options: &Options, to: &Path, replace: bool) -> Result<Backup, Error> {
    let _lock = Lock::take(&options.data_dir)?;
    let path = open::existing(&options.data_dir)?;
    open::guarded(&path, || {
        let (database, _) = open::look(&FileMedium::new(&path), options.cache, &path)?;
        copy(&database.begin_read()?, options, to, replace, &|| false)
    })
}

fn copy(
    from: &ReadTransaction,
    options: &Options,
    to: &Path,
    replace: bool,
    stop: &dyn Fn() -> bool,
) -> Result<Backup, Error> {
    // There it could take the place of what is copied.
    if folder(to).canonicalize().ok() == options.data_dir.canonicalize().ok() {
        return Err(unwritten(to)("it is in the data directory: choose another folder"));
    }
    let free = || if !replace && to.exists() { Err(Error::Exists { path: to.to_owned() }) } else { Ok(()) };
    free()?;
    let half = half(to);
    open::make_file(&half)?;
    let copied = fill(from, options.cache, &half, stop).and_then(|backup| {
        // Somebody may have been faster.
        free()?;
        open::put_in_place(&half, to)?;
        Ok(backup)
    });
    if copied.is_err() {
        // It is of use to nobody; if it stays, the next copy of this name replaces it.
        let _ = fs::remove_file(&half);
    }
    copied
}

/// The copy's name until it is whole.
fn half(to: &Path) -> PathBuf {
    let mut name = OsString::from(to);
    name.push(".tmp");
    name.into()
}

fn fill(from: &ReadTransaction, cache: usize, path: &Path, stop: &dyn Fn() -> bool) -> Result<Backup, Error> {
    let mut database = FileMedium::new(path).open(&open::library(cache)).map_err(unwritten(path))?;
    let mut to = database.begin_write().map_err(unwritten(path))?;
    to.set_quick_repair(true);
    let mut copier = Copier { from, to: &to, path, stop, records: 0 };
    visit(&mut copier)?;
    let records = copier.records;
    to.commit().map_err(unwritten(path))?;
    check(&mut database, path)?;
    database.close().map_err(unwritten(path))?;
    let bytes = fs::metadata(path).map_err(unwritten(path))?.len();
    Ok(Backup { records, bytes })
}

fn check(database: &mut Database, path: &Path) -> Result<(), Error> {
    if database.check_integrity().map_err(unwritten(path))? {
        return Ok(());
    }
    Err(unwritten(path)("what was written is not what is read back"))
}

/// Every failure of the copy's own file.
fn unwritten<E: Into<Box<dyn std::error::Error + Send + Sync>>>(path: &Path) -> impl Fn(E) -> Error + '_ {
    |source| Error::Copy { path: path.to_owned(), source: source.into() }
}

struct Copier<'copy> {
    from: &'copy ReadTransaction,
    to: &'copy WriteTransaction,
    path: &'copy Path,
    stop: &'copy dyn Fn() -> bool,
    records: u64,
}

impl Visitor for Copier<'_> {
    fn visit<K: Key + 'static, V: Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<(), Error> {
        let mut copy = self.to.open_table(table).map_err(unwritten(self.path))?;
        let mut end =
            copy.upper_bound_mut(Bound::<K::SelfType<'_>>::Unbounded).map_err(unwritten(self.path))?;
        let rows = match self.from.open_table(table) {
            Ok(rows) => rows,
            // It was never written to.
            Err(TableError::TableDoesNotExist(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for row in rows.iter()? {
            let (key, value) = row?;
            end.insert_before(key.value(), value.value()).map_err(unwritten(self.path))?;
            self.records += 1;
            if self.records.is_multiple_of(STRETCH) && (self.stop)() {
                return Err(Error::Stopped);
            }
        }
        end.close().map_err(unwritten(self.path))
    }
}
