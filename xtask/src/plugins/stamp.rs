//! Whether a plugin must be built: a hash of all that goes into it, kept with a hash of what came out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::file_name;
use crate::workspace::Workspace;

/// The state of one plugin's sources, to be compared with the one at its last build.
pub(super) struct Stamp {
    sources: String,
    output: PathBuf,
    file: PathBuf,
}

impl Stamp {
    /// Hashes the sources of the plugin in `directory`, and what it is built from beside them.
    pub(super) fn of(
        workspace: &Workspace,
        shared: &[&str],
        directory: &Path,
        output: &Path,
    ) -> Result<Self> {
        let mut hash = Sha256::new();
        for shared in shared {
            add(&mut hash, &workspace.path(shared))?;
        }
        add(&mut hash, directory)?;
        // Two plugins with one folder name are told apart by where their output goes.
        let mut place = Sha256::new();
        place.update(output.as_os_str().as_encoded_bytes());
        let file = format!("{}-{}", file_name(directory)?, &hex(place)[..8]);
        Ok(Self {
            sources: hex(hash),
            output: output.to_owned(),
            file: workspace.guest_target().join("stamps").join(file),
        })
    }

    /// True: the output is there, as the last build left it, and nothing changed since.
    pub(super) fn is_current(&self) -> bool {
        match (fs::read_to_string(&self.file), self.text()) {
            (Ok(then), Ok(now)) => then == now,
            _ => false,
        }
    }

    /// Remembers that the output was built from these sources.
    pub(super) fn write(&self) -> Result<()> {
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.file, self.text()?).with_context(|| format!("cannot write {}", self.file.display()))
    }

    fn text(&self) -> Result<String> {
        let mut hash = Sha256::new();
        hash.update(fs::read(&self.output)?);
        Ok(format!("sources {}\noutput {}\n", self.sources, hex(hash)))
    }
}

/// A file or folder, with names, in a fixed order. Tests and texts beside the sources are no part of a
/// plugin.
fn add(hash: &mut Sha256, path: &Path) -> Result<()> {
    let what = fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    if !what.is_dir() {
        let content = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        hash.update(content.len().to_le_bytes());
        hash.update(content);
        return Ok(());
    }
    let mut entries: Vec<PathBuf> =
        fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for entry in entries {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with('.')
            || name == "target"
            || name == "__pycache__"
            || name == "tests"
            || name == "tests.rs"
            || name.ends_with(".md")
        {
            continue;
        }
        hash.update(name.len().to_le_bytes());
        hash.update(name);
        add(hash, &entry)?;
    }
    Ok(())
}

pub(super) fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_current_until_its_source_or_its_output_changes() {
        let folder = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        let source = folder.join("example/src");
        fs::create_dir_all(&source).unwrap();
        let output = folder.join("example.wasm");
        let stamp = || {
            let mut stamp =
                Stamp::of(&Workspace::here().unwrap(), &["wit"], &folder.join("example"), &output).unwrap();
            stamp.file = folder.join("stamp");
            stamp
        };

        fs::write(source.join("lib.rs"), "one").unwrap();
        assert!(!stamp().is_current(), "nothing was built yet");
        fs::write(&output, "wasm").unwrap();
        stamp().write().unwrap();
        assert!(stamp().is_current());

        fs::write(source.join("lib.rs"), "two").unwrap();
        assert!(!stamp().is_current(), "the source changed");
        fs::write(source.join("lib.rs"), "one").unwrap();
        assert!(stamp().is_current());

        fs::write(&output, "damaged").unwrap();
        assert!(!stamp().is_current(), "the output changed");
        fs::remove_file(&output).unwrap();
        assert!(!stamp().is_current(), "the output is gone");
        fs::remove_dir_all(&folder).unwrap();
    }
}
