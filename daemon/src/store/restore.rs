//! A backup becomes the database.
//!
//! # Guarantees
//! * No daemon runs on the data directory meanwhile.
//! * The backup is checked, and so is the copy of it that becomes the database.
//! * The database that was there keeps its bytes under another name. There is none at no moment: a
//!   daemon that starts after a crash in between finds the old one or the new one.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::lock::Lock;
use super::medium::FileMedium;
use super::{Error, Findings, Options, fsck, open};
use crate::domain::Timestamp;

/// What became of a restore.
#[derive(Debug)]
pub struct Restored {
    /// What is in the database now.
    pub findings: Findings,
    /// Where the one before it is.
    pub replaced: Option<PathBuf>,
}

/// Puts the backup `from` in the place of the database of a data directory on which no daemon
/// runs; one that is there already only if `replace`.
pub fn restore(options: &Options, from: &Path, replace: bool, now: Timestamp) -> Result<Restored, Error> {
    let _lock: Lock = open::claim(&options.data_dir)?;
    let path = open::path(&options.data_dir);
    let refused = |path: &Path| {
        let path = path.to_owned();
        move |source: io::Error| Error::Directory { path: path.clone(), source }
    };
    let there = path.try_exists().map_err(refused(&path))?;
    if there && !replace {
        return Err(Error::Exists { path });
    }

    let mut backup = File::open(from).map_err(refused(from))?;
    match backup.try_lock_shared() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(Error::InUse { path: from.to_owned() }),
        Err(TryLockError::Error(source)) => return Err(refused(from)(source)),
    }
    sound(from, options.cache)?;

    let unborn = open::unborn(&options.data_dir);
    open::make_file(&unborn)?;
    let mut copy = OpenOptions::new().write(true).open(&unborn).map_err(refused(&unborn))?;
    let copied = io::copy(&mut backup, &mut copy)
        .map_err(|source| Error::Copy { path: unborn.clone(), source: source.into() })
        .and_then(|_| sound(&unborn, options.cache));
    let findings = match copied {
        Ok(findings) => findings,
        Err(error) => {
            // The backup is still there.
            let _ = fs::remove_file(&unborn);
            return Err(error);
        }
    };
    let replaced = there.then(|| path.with_extension(format!("redb.replaced-{}", now.0)));
    if let Some(replaced) = &replaced {
        fs::hard_link(&path, replaced).map_err(refused(replaced))?;
    }
    open::put_in_place(&unborn, &path)?;
    Ok(Restored { findings, replaced })
}

/// It can be opened by this version, and its bytes are as they were written. What is odd about
/// single records is no reason to be without all the others.
fn sound(path: &Path, cache: usize) -> Result<Findings, Error> {
    let findings = fsck::check(&FileMedium::new(path), cache, path)?;
    match &findings.broken {
        Some(broken) => Err(open::damaged(path, broken.clone())),
        None => Ok(findings),
    }
}
