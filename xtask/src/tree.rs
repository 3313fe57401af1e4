//! Folders, walked in a fixed order.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::digest;

/// One digest of these files and folders, with the names of what lies in the folders. A name that `skip` takes
/// is left out on every level.
///
/// Stamps of earlier builds are compared with it: what is hashed, and in which order, stays as it is, or
/// everything is built once more.
pub(crate) fn hash<P: AsRef<Path>>(
    paths: impl IntoIterator<Item = P>,
    skip: impl Fn(&str) -> bool,
) -> Result<String> {
    let mut hash = Sha256::new();
    for path in paths {
        add(&mut hash, path.as_ref(), &skip)?;
    }
    Ok(digest::hex(hash))
}

/// Copies the files of a folder, and none of the folders in it.
pub(crate) fn copy_files(from: &Path, to: &Path) -> Result<()> {
    for path in entries(from)? {
        if let Some(name) = path.file_name().filter(|_| path.is_file()) {
            fs::copy(&path, to.join(name)).with_context(|| format!("cannot copy {}", path.display()))?;
        }
    }
    Ok(())
}

/// What lies in a folder, sorted.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read {}", folder.display());
    let found = fs::read_dir(folder).with_context(cannot)?;
    let mut paths: Vec<PathBuf> =
        found.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().with_context(cannot)?;
    paths.sort();
    Ok(paths)
}

fn add(hash: &mut Sha256, path: &Path, skip: &impl Fn(&str) -> bool) -> Result<()> {
    if !path.is_dir() {
        let content = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        // With lengths, so that no end of one text can pass for the start of the next.
        hash.update(content.len().to_le_bytes());
        hash.update(content);
        return Ok(());
    }
    for entry in entries(path)? {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if skip(&name) {
            continue;
        }
        hash.update(name.len().to_le_bytes());
        hash.update(name);
        add(hash, &entry, skip)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("xtask-tree-{name}-{}", std::process::id()));
            fs::create_dir_all(path.join("inner")).unwrap();
            Self(path)
        }

        fn write(&self, file: &str, text: &str) {
            fs::write(self.0.join(file), text).unwrap();
        }

        fn hash(&self) -> String {
            hash([&self.0], |name| name == "made").unwrap()
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_bytes_that_are_hashed_are_those_that_stamps_were_written_with() {
        let folder = Folder::new("bytes");
        folder.write("b", "one");
        folder.write("inner/a", "two");
        folder.write("made", "skipped");
        let mut bytes = Vec::new();
        // A folder has a name and no content of its own.
        for part in ["b", "one", "inner", "a", "two"] {
            bytes.extend(part.len().to_le_bytes());
            bytes.extend(part.as_bytes());
        }
        assert_eq!(folder.hash(), digest::of(bytes));
    }

    #[test]
    fn a_name_a_place_and_a_content_each_count() {
        let folder = Folder::new("count");
        folder.write("a", "one");
        let before = folder.hash();
        folder.write("a", "two");
        assert_ne!(folder.hash(), before, "another content");
        fs::rename(folder.0.join("a"), folder.0.join("b")).unwrap();
        folder.write("b", "one");
        assert_ne!(folder.hash(), before, "another name");
        fs::rename(folder.0.join("b"), folder.0.join("inner/a")).unwrap();
        assert_ne!(folder.hash(), before, "another place");
    }

    #[test]
    fn files_are_copied_and_folders_are_not() {
        let folder = Folder::new("copy");
        folder.write("a", "one");
        folder.write("inner/b", "two");
        let to = Folder::new("copied");
        copy_files(&folder.0, &to.0).unwrap();
        assert_eq!(fs::read_to_string(to.0.join("a")).unwrap(), "one");
        assert!(!to.0.join("inner/b").exists());
    }
}
