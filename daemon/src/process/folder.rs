//! The folder of one child: its lock, its record, its output.
//!
//! ```text
//! <dir>/<workload name>/     0700
//!     lock                   held as long as a supervisor lives, or one is being started
//!     record.json            marks, identity, exit code; gone once the child was cleared away
//!     output-<offset>.log    at most two
//!     supervisor.log         what the supervisor itself complained of; new for each child
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::record::Record;
use crate::domain::WorkloadName;

/// The right to start or clear away the child of one folder. It belongs to the open file, not
/// to a process: whoever inherits the descriptor holds it on, and it ends with the last holder.
#[derive(Debug)]
pub(super) struct Lock(OwnedFd);

impl Lock {
    /// For handing it on.
    pub(super) fn into_descriptor(self) -> OwnedFd {
        self.0
    }

    /// Takes over an inherited descriptor, if it really is the lock of `folder`.
    pub(super) fn inherited(descriptor: OwnedFd, folder: &Folder) -> io::Result<Option<Self>> {
        let lock = Self(descriptor);
        Ok((lock.is_of(folder)? && lock.taken()?).then_some(lock))
    }

    fn taken(&self) -> io::Result<bool> {
        match flock(&self.0, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(true),
            Err(Errno::WOULDBLOCK) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// False when the folder was removed meanwhile: then this locks nothing any more.
    pub(super) fn is_of(&self, folder: &Folder) -> io::Result<bool> {
        let held = rustix::fs::fstat(self.0.as_fd())?;
        match fs::metadata(folder.lock_path()) {
            Ok(metadata) => Ok((metadata.dev(), metadata.ino()) == (held.st_dev, held.st_ino)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Where everything about one child is kept.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    /// The folder of `name`, whether it exists or not.
    pub(super) fn of(dir: &Path, name: &WorkloadName) -> Self {
        Self(dir.join(name.as_str()))
    }

    /// The folder at `path`.
    pub(super) fn at(path: &Path) -> Self {
        Self(path.to_path_buf())
    }

    /// Every child's folder below `dir`.
    pub(super) fn all(dir: &Path) -> io::Result<Vec<(WorkloadName, Self)>> {
        let mut folders = Vec::new();
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            // What is no folder was put there by somebody else, and is left alone.
            if let Some(name) = entry.file_name().to_str().and_then(|name| name.parse().ok())
                && entry.file_type()?.is_dir()
            {
                folders.push((name, Self(entry.path())));
            }
        }
        Ok(folders)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    fn lock_path(&self) -> PathBuf {
        self.0.join("lock")
    }

    fn record_path(&self) -> PathBuf {
        self.0.join("record.json")
    }

    /// Makes it, readable for this user alone.
    pub(super) fn create(&self) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.0)
    }

    /// Takes the lock, unless somebody holds it.
    pub(super) fn take_lock(&self) -> io::Result<Option<Lock>> {
        let file = private().create(true).truncate(false).open(self.lock_path())?;
        Lock::inherited(file.into(), self)
    }

    /// Whether a supervisor lives or is being started.
    pub(super) fn is_held(&self) -> io::Result<bool> {
        let Some(file) = existing(File::open(self.lock_path()))? else { return Ok(false) };
        match flock(&file, FlockOperation::NonBlockingLockShared) {
            Ok(()) => Ok(false),
            Err(Errno::WOULDBLOCK) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }

    /// The record; none when there is none, or none that can be read.
    pub(super) fn record(&self) -> io::Result<Option<Record>> {
        // Records are replaced whole: half a record is what a power cut left, and with that
        // every process it could speak of is gone.
        Ok(existing(fs::read(self.record_path()))?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Replaces the record; for holders of the lock.
    pub(super) fn write_record(&self, record: &Record) -> io::Result<()> {
        let draft = self.0.join("record.json.new");
        let mut file = private().create(true).truncate(true).open(&draft)?;
        file.write_all(&serde_json::to_vec(record)?)?;
        fs::rename(draft, self.record_path())
    }

    /// Forgets the child but for its output; for holders of the lock.
    pub(super) fn forget(&self) -> io::Result<()> {
        for path in [self.0.join("record.json.new"), self.record_path(), self.supervisor_log()] {
            existing(fs::remove_file(path))?;
        }
        Ok(())
    }

    /// Where the supervisor complains, emptied.
    pub(super) fn open_supervisor_log(&self) -> io::Result<File> {
        private().create(true).truncate(true).open(self.supervisor_log())
    }

    fn supervisor_log(&self) -> PathBuf {
        self.0.join("supervisor.log")
    }
}

/// Removes the oldest folders that hold nothing but output, beyond the newest `keep`.
pub(super) fn prune(dir: &Path, keep: usize) -> io::Result<()> {
    let mut cleared = Vec::new();
    for (_, folder) in Folder::all(dir)? {
        if existing(fs::metadata(folder.record_path()))?.is_none()
            && let Some(metadata) = existing(fs::metadata(folder.path()))?
        {
            cleared.push(((metadata.mtime(), metadata.mtime_nsec()), folder));
        }
    }
    cleared.sort_by_key(|(age, _)| std::cmp::Reverse(*age));
    for (_, folder) in cleared.into_iter().skip(keep) {
        // Under the lock: whoever waits for it sees afterwards that it locks nothing any more.
        if let Some(_lock) = folder.take_lock()?
            && folder.record()?.is_none()
        {
            existing(fs::remove_dir_all(folder.path()))?;
        }
    }
    Ok(())
}

/// Opens files for writing that only this user can read.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

/// None for what does not exist.
pub(super) fn existing<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_ends_with_its_last_holder() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::at(&dir.path().join("wf-a"));
        assert!(!folder.is_held().unwrap());
        folder.create().unwrap();
        let lock = folder.take_lock().unwrap().unwrap();
        let inherited = lock.0.try_clone().unwrap();
        assert!(folder.take_lock().unwrap().is_none());
        drop(lock);
        assert!(folder.is_held().unwrap());
        assert!(Lock::inherited(inherited, &folder).unwrap().is_some());
        assert!(!folder.is_held().unwrap());
    }

    #[test]
    fn a_lock_of_a_removed_folder_locks_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::at(&dir.path().join("wf-a"));
        folder.create().unwrap();
        let lock = folder.take_lock().unwrap().unwrap();
        fs::remove_dir_all(folder.path()).unwrap();
        assert!(!lock.is_of(&folder).unwrap());
        folder.create().unwrap();
        assert!(folder.take_lock().unwrap().is_some());
    }

    #[test]
    fn only_the_newest_output_of_cleared_children_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        for number in 0..5 {
            Folder::at(&dir.path().join(format!("wf-{number}"))).create().unwrap();
            // The age is a file time, whose grain is some milliseconds.
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        prune(dir.path(), 2).unwrap();
        let mut names: Vec<_> = Folder::all(dir.path()).unwrap().into_iter().map(|(name, _)| name).collect();
        names.sort();
        assert_eq!(names.iter().map(WorkloadName::as_str).collect::<Vec<_>>(), ["wf-3", "wf-4"]);
    }
}
