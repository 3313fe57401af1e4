//! Where things are.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The source tree this xtask was built from.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The tree that holds this crate.
    pub(crate) fn here() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("xtask lies in no workspace")?;
        Ok(Self { root: root.to_owned() })
    }

    /// A path below the root.
    pub(crate) fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// Where the guests are compiled. Apart from the native builds, so that neither waits for the
    /// other's lock, and always in this tree, for the stamps beside it speak of this tree.
    pub(crate) fn guest_target(&self) -> PathBuf {
        self.path("target/plugins")
    }

    /// A path as people type it: relative to the root if it lies below.
    pub(crate) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}
