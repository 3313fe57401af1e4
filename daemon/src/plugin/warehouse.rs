//! The daemon's own copies of components, and the machine code that was made of them.
//!
//! ```text
//! data_dir/plugins/             0700
//!   HEX.wasm                    the component whose sha256 is HEX
//!   HEX.ENGINE.CODE.cwasm       what it was compiled to, for the engine ENGINE; its sha256 is CODE
//! ```
//!
//! Every file is named by what is in it, and is hashed whole before it is used: one that was damaged is as
//! good as lost, and never believed. Files appear whole, by a rename, and are never written again. A hash in
//! a name vouches for nothing where others may write, so the folder is ours alone before anything is read.
//!
//! Knows nothing of plugins, only of bytes. Everything here blocks.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::{Uid, geteuid};

use super::digest::Digest;

/// Machine code is several times as large as its component; more than this is none of ours.
const MAX_CODE: u64 = 4 << 30;

/// Nobody but its owner has anything to do with the folder.
const MODE: u32 = 0o700;
/// What lets others write.
const OTHERS_WRITE: u32 = 0o022;

/// See the module.
#[derive(Debug)]
pub(super) struct Warehouse {
    dir: PathBuf,
    /// Which machine code fits this process's engine.
    engine: String,
    next: AtomicU64,
}

impl Warehouse {
    /// Opens the folder, and makes it if it is missing. `engine` tells machine code that fits from
    /// code that does not. An error says what is wrong with the folder and what to do.
    pub(super) fn open(dir: &Path, engine: String) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(MODE).create(dir)?;
        let this = Self { dir: dir.to_path_buf(), engine, next: AtomicU64::new(0) };
        if claim(dir, geteuid())? {
            let dir = dir.display();
            tracing::warn!(%dir, "others could write here: compiled code is thrown away and made again");
            this.forget_code()?;
        }
        Ok(this)
    }

    /// Keeps a component.
    pub(super) fn keep(&self, digest: &Digest, bytes: &[u8]) -> io::Result<()> {
        let path = self.component_path(digest);
        if path.exists() && self.component(digest).is_ok() {
            return Ok(());
        }
        self.write(&path, bytes)
    }

    /// A component that was kept.
    pub(super) fn component(&self, digest: &Digest) -> io::Result<Vec<u8>> {
        let bytes = fs::read(self.component_path(digest))?;
        if Digest::of(&bytes) == *digest {
            return Ok(bytes);
        }
        Err(io::Error::new(io::ErrorKind::InvalidData, "the daemon's own copy is damaged"))
    }

    /// The file with the machine code that a component was compiled to, if it is there and whole.
    pub(super) fn code(&self, digest: &Digest) -> Option<PathBuf> {
        let prefix = self.code_prefix(digest);
        for name in self.names().ok()? {
            let Some(code) = name.strip_prefix(&prefix).and_then(|rest| rest.strip_suffix(".cwasm")) else {
                continue;
            };
            let path = self.dir.join(&name);
            let whole = File::open(&path).and_then(|file| Digest::of_file(file.take(MAX_CODE)));
            if whole.is_ok_and(|digest| digest.hex() == code) {
                return Some(path);
            }
            tracing::warn!(file = %path.display(), "compiled code is damaged: it is thrown away and made again");
            // It is looked at again at the next start if it stays.
            let _ = fs::remove_file(&path);
        }
        None
    }

    /// The same, read: where it cannot be mapped.
    pub(super) fn code_read(&self, digest: &Digest) -> Option<Vec<u8>> {
        let path = self.code(digest)?;
        let bytes = fs::read(&path).ok()?;
        let code = path.file_stem()?.to_str()?.rsplit('.').next()?;
        (Digest::of(&bytes).hex() == code).then_some(bytes)
    }

    /// Keeps the machine code of a component.
    pub(super) fn keep_code(&self, digest: &Digest, code: &[u8]) -> io::Result<()> {
        let name = format!("{}{}.cwasm", self.code_prefix(digest), Digest::of(code).hex());
        self.write(&self.dir.join(name), code)
    }

    /// Removes every file that is of none of `needed`, or of another engine, or was left by a daemon
    /// that died while it wrote. What this process is writing stays.
    pub(super) fn clear(&self, needed: &BTreeSet<Digest>) -> io::Result<()> {
        let keep: BTreeSet<&str> = needed.iter().map(Digest::hex).collect();
        let ours = temporary("");
        for name in self.names()?.iter().filter(|name| !name.starts_with(&ours)) {
            let mut parts = name.split('.');
            let known = parts.next().is_some_and(|hex| keep.contains(hex));
            let fits = match (parts.next(), name.ends_with(".cwasm")) {
                (Some(engine), true) => engine == self.engine,
                (part, _) => part == Some("wasm"),
            };
            if !(known && fits) {
                fs::remove_file(self.dir.join(name))?;
            }
        }
        Ok(())
    }

    /// Removes all machine code. Components are told by digests that are not kept here.
    fn forget_code(&self) -> io::Result<()> {
        let names = self.names()?;
        names
            .iter()
            .filter(|name| name.ends_with(".cwasm"))
            .try_for_each(|name| fs::remove_file(self.dir.join(name)))
    }

    fn component_path(&self, digest: &Digest) -> PathBuf {
        self.dir.join(format!("{}.wasm", digest.hex()))
    }

    fn code_prefix(&self, digest: &Digest) -> String {
        format!("{}.{}.", digest.hex(), self.engine)
    }

    fn names(&self) -> io::Result<Vec<String>> {
        let names = fs::read_dir(&self.dir)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
        names.filter_map(Result::transpose).collect()
    }

    /// A power cut leaves the old file, the whole new one, or none.
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let temporary = self.dir.join(temporary(&format!("{number}.tmp")));
        let written = File::create(&temporary).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()?;
            fs::rename(&temporary, path)?;
            File::open(&self.dir)?.sync_all()
        });
        if written.is_err() {
            // What matters is the first error.
            let _ = fs::remove_file(&temporary);
        }
        written
    }
}

/// Keeps everybody but `us`, who must own it, out of `dir`. True: others could write there until now.
fn claim(dir: &Path, us: Uid) -> io::Result<bool> {
    let metadata = fs::metadata(dir)?;
    if metadata.uid() != us.as_raw() {
        let (owner, us) = (metadata.uid(), us.as_raw());
        let message = format!(
            "the folder belongs to user {owner} and the daemon runs as user {us}, who must own it, since \
             compiled code in it is run: chown it with all that is in it, or remove it and it is made again"
        );
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    let mode = metadata.mode() & 0o7777;
    if mode != MODE {
        fs::set_permissions(dir, Permissions::from_mode(MODE))?;
    }
    Ok(mode & OTHERS_WRITE != 0)
}

/// A file that this process is writing.
fn temporary(name: &str) -> String {
    format!("{}-{name}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warehouse(dir: &Path) -> Warehouse {
        Warehouse::open(dir, "e".to_owned()).unwrap()
    }

    #[test]
    fn what_is_damaged_is_as_good_as_lost() {
        let dir = tempfile::tempdir().unwrap();
        let warehouse = warehouse(dir.path());
        let digest = Digest::of(b"component");
        assert!(warehouse.component(&digest).is_err());
        warehouse.keep(&digest, b"component").unwrap();
        warehouse.keep_code(&digest, b"code").unwrap();
        assert_eq!(warehouse.component(&digest).unwrap(), b"component");
        assert_eq!(fs::read(warehouse.code(&digest).unwrap()).unwrap(), b"code");
        assert_eq!(warehouse.code_read(&digest).unwrap(), b"code");
        for name in warehouse.names().unwrap() {
            fs::write(dir.path().join(name), b"c0de").unwrap();
        }
        assert!(warehouse.component(&digest).is_err());
        assert_eq!(warehouse.code(&digest), None);
        warehouse.keep(&digest, b"component").unwrap();
        assert_eq!(warehouse.component(&digest).unwrap(), b"component", "kept anew over the damaged one");
    }

    #[test]
    fn a_folder_of_ours_is_closed_and_code_from_when_others_could_write_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let digest = Digest::of(b"component");
        let kept = warehouse(dir.path());
        kept.keep(&digest, b"component").unwrap();
        kept.keep_code(&digest, b"code").unwrap();
        for (before, believed) in [(0o700, true), (0o755, true), (0o775, false)] {
            fs::set_permissions(dir.path(), Permissions::from_mode(before)).unwrap();
            let opened = warehouse(dir.path());
            assert_eq!(fs::metadata(dir.path()).unwrap().mode() & 0o7777, MODE, "{before:o}");
            assert_eq!(opened.code(&digest).is_some(), believed, "{before:o}");
            assert_eq!(opened.component(&digest).unwrap(), b"component", "{before:o}");
        }
    }

    #[test]
    fn a_folder_of_somebody_else_is_refused_and_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
        let other = Uid::from_raw(geteuid().as_raw() + 1);
        let refusal = claim(dir.path(), other).unwrap_err().to_string();
        assert!(refusal.contains("belongs to user") && refusal.contains("chown"), "{refusal}");
        assert_eq!(fs::metadata(dir.path()).unwrap().mode() & 0o777, 0o755);
    }

    #[test]
    fn clearing_leaves_what_is_needed_by_this_engine() {
        let dir = tempfile::tempdir().unwrap();
        let warehouse = warehouse(dir.path());
        let (needed, other) = (Digest::of(b"needed"), Digest::of(b"other"));
        for bytes in [b"needed".as_slice(), b"other"] {
            warehouse.keep(&Digest::of(bytes), bytes).unwrap();
            warehouse.keep_code(&Digest::of(bytes), bytes).unwrap();
        }
        let foreign = Warehouse::open(dir.path(), "f".to_owned()).unwrap();
        foreign.keep_code(&needed, b"for another engine").unwrap();
        fs::write(dir.path().join("0-0.tmp"), b"half").unwrap();
        warehouse.clear(&[needed.clone()].into()).unwrap();
        assert!(warehouse.component(&needed).is_ok() && warehouse.code(&needed).is_some());
        assert!(warehouse.component(&other).is_err() && warehouse.code(&other).is_none());
        assert_eq!(warehouse.names().unwrap().len(), 2);
    }
}
