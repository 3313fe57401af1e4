//! Whether a plugin must be built: a hash of all that goes into it, kept with a hash of what came out.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::file_name;
use crate::workspace::Workspace;
use crate::{digest, tree};

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
        let shared = shared.iter().map(|path| workspace.path(path));
        let sources = tree::hash(shared.chain([directory.to_owned()]), is_no_part)?;
        // Two plugins with one folder name are told apart by where their output goes.
        let place = digest::of(output.as_os_str().as_encoded_bytes());
        let file = format!("{}-{}", file_name(directory)?, &place[..8]);
        Ok(Self {
            sources,
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
        let output = digest::of(fs::read(&self.output)?);
        Ok(format!("sources {}\noutput {output}\n", self.sources))
    }
}

/// Tests and texts beside the sources are no part of a plugin.
fn is_no_part(name: &str) -> bool {
    name.starts_with('.')
        || name == "target"
        || name == "__pycache__"
        || name == "tests"
        || name == "tests.rs"
        || name.ends_with(".md")
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
