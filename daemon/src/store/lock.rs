//! One process at a time on a data directory: a daemon, or a command that needs it to be still.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::Error;

/// Beside the database, and never removed: a lock is on a file, not on a name.
const FILE: &str = "wharfinger.lock";

/// Held until it is dropped, or the process dies.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of `data_dir`, which is there, or says that another has it.
    pub(super) fn take(data_dir: &Path) -> Result<Self, Error> {
        let path = data_dir.join(FILE);
        let opened = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = opened.map_err(|source| Error::Directory { path: path.clone(), source })?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(Error::InUse { path: data_dir.to_owned() }),
            Err(TryLockError::Error(source)) => Err(Error::Directory { path, source }),
        }
    }
}
