//! What can go wrong with the records.

use std::path::PathBuf;
use std::time::Duration;

use super::record::Unreadable;
use crate::domain::{InstanceId, InstanceName};

/// Display says what failed and what to do, and never repeats the source.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory or file cannot be made or opened.
    #[error("{} cannot be used: check that it is there, belongs to this user, and is on a disk that takes writes", path.display())]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Another process has the file.
    #[error("{} is in use: another wharfinger runs on this data directory; stop it or choose another data_dir", path.display())]
    InUse {
        /// Which.
        path: PathBuf,
    },
    /// The file cannot be read as a database.
    #[error("{} cannot be opened: it is damaged, or no database of wharfinger; it was left as it is. Restore a backup, or move it away to start empty", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It is one of ours, and could not be made ready.
    #[error("{} cannot be written: check that its disk has room and is not read-only; nothing in it was lost", path.display())]
    Unprepared {
        /// Which.
        path: PathBuf,
        /// Why.
        source: Box<redb::Error>,
    },
    /// The file was written by a later version.
    #[error("{} has format {found}, and this version knows formats up to {known}: use the version that wrote it; nothing was changed", path.display())]
    Newer {
        /// Which.
        path: PathBuf,
        /// The file's.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// There is one already.
    #[error("{} is there already: choose another name, or say --force", path.display())]
    Exists {
        /// Which.
        path: PathBuf,
    },
    /// A copy could not be written.
    #[error("{} cannot be written: check its folder and its disk; no half of it was left", path.display())]
    Copy {
        /// Which.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Whoever wanted the copy went away, or it took too long.
    #[error("the copy was stopped before it was whole; no half of it was left")]
    Stopped,
    /// One record cannot be read.
    #[error("the record of {what} cannot be read")]
    Record {
        /// Which.
        what: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A living instance has the name.
    #[error("the name {name} is taken by instance {holder}")]
    NameTaken {
        /// Which name.
        name: InstanceName,
        /// Who has it.
        holder: InstanceId,
        /// It is on its way out, and the name with it.
        deleting: bool,
    },
    /// As many idempotency keys are remembered as may be.
    #[error("{kept} idempotency keys are remembered, and no more may be: send no key, or try again later")]
    KeysFull {
        /// How many.
        kept: u64,
        /// When the oldest of them is forgotten.
        free_in: Duration,
    },
    /// As many bulks are unfinished as may be.
    #[error("{unfinished} bulks are not finished, and no more may be: try again later")]
    BulksFull {
        /// How many.
        unfinished: usize,
    },
    /// The item of a bulk has its result already.
    #[error("the item has its result already")]
    ItemEnded,
    /// A living instance has the id: its record was made already.
    #[error("instance {id} has a record already")]
    IdTaken {
        /// Which.
        id: InstanceId,
    },
    /// As many writes wait as may.
    #[error("too many writes wait: try again later")]
    Busy,
    /// The disk does not take writes. Reads go on.
    #[error("the database takes no writes at the moment, and reads go on: check the disk and the log")]
    Unwritable,
    /// The disk does not answer reads.
    #[error("the database cannot be read: check the disk and the log")]
    Unreadable(#[source] Box<redb::Error>),
    /// It could not be opened again after its disk failed.
    #[error("the database is not open: check the disk and the log, then restart")]
    Closed,
}

impl Error {
    pub(super) fn record(what: impl Into<String>, source: Unreadable) -> Self {
        Self::Record { what: what.into(), source: Box::new(source) }
    }
}

macro_rules! from_redb {
    ($($kind:ty),*) => {
        $(impl From<$kind> for Error {
            fn from(error: $kind) -> Self {
                Self::Unreadable(Box::new(error.into()))
            }
        })*
    };
}

from_redb!(
    redb::StorageError,
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    redb::CursorError,
    redb::DatabaseError
);
