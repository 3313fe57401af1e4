//! Builds plugins: a crate → a core module → a component → a file that a running daemon may pick up.
//!
//! ```text
//! sources ── stamp equal? ── yes: nothing to do
//!    │ no
//!    └─> toolchain ─> cargo build ─> component (checked) ─> temporary file ─ rename ─> NAME.wasm, stamp
//! ```
//!
//! Plugins in other languages take another way to the component (`languages.rs`), and the same one after it.
//!
//! Guarantees: a `.wasm` file is whole or untouched, and a crate whose sources did not change needs no
//! wasm toolchain at all.

mod component;
mod languages;
mod stamp;
mod toolchain;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use self::component::Component;
pub(crate) use self::languages::build_all as build_all_languages;
use self::stamp::Stamp;
use self::toolchain::Toolchain;
use crate::tree;
use crate::workspace::Workspace;

/// The plugins that are shipped: folders in `plugins/`, files in `config/plugins/`.
const SHIPPED: [&str; 4] = ["environment", "go-mcp-manager", "local", "naming"];
/// What every crate of a plugin is built from, beside its own folder.
const SHARED: [&str; 5] = ["Cargo.toml", "Cargo.lock", "plugin-sdk", "wit", "xtask/src/plugins"];

/// Builds the shipped plugins into `config/plugins/`, as far as their sources changed.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let crates: Vec<PathBuf> = SHIPPED.iter().map(|name| workspace.path("plugins").join(name)).collect();
    build_crates(workspace, &crates, &workspace.path("config/plugins"))
}

/// Builds guests that only tests need into `target/test-plugins/`: these directories, or every crate in
/// `tests/guests/` if none is given.
pub(crate) fn build_test_guests(
    workspace: &Workspace,
    directories: impl IntoIterator<Item = PathBuf>,
) -> Result<()> {
    let mut crates: Vec<PathBuf> = directories.into_iter().collect();
    if crates.is_empty() {
        crates = crates_in(&workspace.path("tests/guests"))?;
    }
    build_crates(workspace, &crates, &workspace.path("target/test-plugins"))
}

/// Builds each crate directory into `into/<directory's name>.wasm`, as far as its sources changed. The
/// crates must be members of this workspace (they use its profile `plugin`).
pub(crate) fn build_crates(workspace: &Workspace, crates: &[PathBuf], into: &Path) -> Result<()> {
    fs::create_dir_all(into).with_context(|| format!("cannot make the folder {}", into.display()))?;
    let mut toolchain = None;
    for directory in crates {
        let directory =
            directory.canonicalize().with_context(|| format!("no crate at {}", directory.display()))?;
        let name = file_name(&directory)?;
        let output = into.join(format!("{name}.wasm"));
        let stamp = Stamp::of(workspace, &SHARED, &directory, &output)?;
        if stamp.is_current() {
            continue;
        }
        let toolchain = match &toolchain {
            Some(found) => found,
            None => {
                let found = toolchain.insert(Toolchain::find(workspace)?);
                println!("plugins: compiling for {found}");
                found
            }
        };
        println!("plugins: building {}", workspace.shown(&directory));
        let module = toolchain.build(workspace, &directory)?;
        let component = Component::from_module(&module)
            .with_context(|| format!("{} is no plugin", workspace.shown(&directory)))?;
        replace(&output, &component.bytes)?;
        stamp.write()?;
        announce(workspace, &output, &component);
    }
    Ok(())
}

/// Compiles a crate that is no plugin of ours: a core module, for another host.
pub(crate) fn core_module(workspace: &Workspace, directory: &Path) -> Result<Vec<u8>> {
    Toolchain::find(workspace)?.build(workspace, directory)
}

fn announce(workspace: &Workspace, output: &Path, component: &Component) {
    println!(
        "plugins: {} · {} KiB · {} · imports {}",
        workspace.shown(output),
        component.bytes.len().div_ceil(1024),
        component.kind,
        component.imports.join(", ")
    );
}

fn crates_in(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut crates = tree::entries(folder)?;
    crates.retain(|path| path.join("Cargo.toml").exists());
    Ok(crates)
}

fn file_name(path: &Path) -> Result<&str> {
    match path.file_name().and_then(|name| name.to_str()) {
        Some(name) => Ok(name),
        None => bail!("the folder {} has no usable name", path.display()),
    }
}

/// A running daemon watches this folder: it sees the old file or the new one, never a part. The
/// leading dot keeps the temporary file out of its sight.
fn replace(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = path.with_file_name(format!(".{}.{}.tmp", file_name(path)?, std::process::id()));
    fs::write(&temporary, bytes).with_context(|| format!("cannot write {}", temporary.display()))?;
    fs::rename(&temporary, path).with_context(|| format!("cannot replace {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_plugin_has_a_crate() {
        let workspace = Workspace::here().unwrap();
        let found = crates_in(&workspace.path("plugins")).unwrap();
        let names: Vec<&str> = found.iter().map(|path| file_name(path).unwrap()).collect();
        assert_eq!(names, SHIPPED);
    }

    #[test]
    fn a_replaced_file_is_whole_and_leaves_nothing_behind() {
        let folder = std::env::temp_dir().join(format!("xtask-replace-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join("x.wasm");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
        fs::remove_dir_all(&folder).unwrap();
    }
}
