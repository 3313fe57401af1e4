//! Finds a compiler that can make WebAssembly, and makes it.
//!
//! In this order, the first that works: what is on this machine already (a toolchain with the target,
//! or a system compiler with the standard library's source), then what can be fetched
//! (`rustup target add`; on Debian as root, two packages). What is fetched is announced.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;
use crate::{debian, program};

const TARGET: &str = "wasm32-unknown-unknown";
const PROFILE: &str = "plugin";
/// Debian's compiler for the web and the source of its standard library: one version by construction.
const PACKAGES: [&str; 2] = ["rustc-web", "rust-web-src"];
const SYSTEM_RUSTC: &str = "/usr/bin/rustc";
/// A machine without a way out should not keep its user waiting.
const PATIENCE: Duration = Duration::from_secs(120);

/// A way to compile for WebAssembly.
pub(super) enum Toolchain {
    /// The active toolchain has the target.
    Installed,
    /// A system compiler builds the standard library itself and links with the active toolchain's linker.
    SystemSource {
        /// The linker.
        linker: PathBuf,
    },
}

impl fmt::Display for Toolchain {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installed => write!(formatter, "{TARGET}"),
            Self::SystemSource { .. } => {
                write!(
                    formatter,
                    "{TARGET} with {SYSTEM_RUSTC} (the first build makes the standard library: about a minute)"
                )
            }
        }
    }
}

/// What a fresh sandbox has to clear for each call, and what growing it would cost:
/// * A stack of 128 KiB. Of the 1 MiB that a module has otherwise, nothing is used; beyond it a guest traps.
/// * A heap that is there from the start, so that an ordinary call grows no memory: the host would have to
///   change the protection of its pages twice for each call.
const SMALL_MEMORY: &str = "-Clink-arg=-zstack-size=131072 -Clink-arg=--initial-heap=131072";

impl Toolchain {
    /// The first way that works, or one message with every way.
    pub(super) fn find(workspace: &Workspace) -> Result<Self> {
        let mut tried = Vec::new();
        if let Some(found) = Self::present(workspace) {
            return Ok(found);
        }
        tried.push(format!("the active toolchain has no target {TARGET}"));
        for fetch in [fetch_target, fetch_packages] {
            match fetch(workspace) {
                Ok(()) => match Self::present(workspace) {
                    Some(found) => return Ok(found),
                    None => tried.push("it was fetched, yet it does not work".into()),
                },
                Err(why) => tried.push(format!("{why:#}")),
            }
        }
        bail!(
            "plugins cannot be built: there is no WebAssembly standard library.\n  {}\n\
             Run `rustup target add {TARGET}`, or on Debian as root `apt-get install {}`, and try again.",
            tried.join("\n  "),
            PACKAGES.join(" ")
        )
    }

    fn present(workspace: &Workspace) -> Option<Self> {
        let libraries = ask(workspace, "rustc", &["--print", "target-libdir", "--target", TARGET]);
        if libraries.is_ok_and(|folder| has_std(Path::new(&folder))) {
            return Some(Self::Installed);
        }
        let sysroot = ask(workspace, SYSTEM_RUSTC, &["--print", "sysroot"]).ok()?;
        if !Path::new(&sysroot).join("lib/rustlib/src/rust/library/Cargo.lock").exists() {
            return None;
        }
        Some(Self::SystemSource { linker: linker(workspace)? })
    }

    /// Compiles the crate in `directory` and answers with the module's bytes.
    pub(super) fn build(&self, workspace: &Workspace, directory: &Path) -> Result<Vec<u8>> {
        let target = workspace.guest_target();
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo
            .arg("build")
            .args(["--quiet", "--lib", "--target", TARGET, "--profile", PROFILE])
            .arg("--manifest-path")
            .arg(directory.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            // Flags for the machine's own processor mean nothing to this one.
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("RUSTFLAGS", SMALL_MEMORY);
        if let Self::SystemSource { linker } = self {
            cargo
                .arg("-Zbuild-std=std,panic_abort")
                .env("RUSTC", SYSTEM_RUSTC)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker);
        }
        let status = cargo.status().context("cargo cannot be started")?;
        if !status.success() {
            bail!("{} does not compile", workspace.shown(directory));
        }
        let file = format!("{}.wasm", crate_name(directory)?.replace('-', "_"));
        let module = target.join(TARGET).join(PROFILE).join(file);
        fs::read(&module)
            .with_context(|| format!("no module at {}: is the crate a `cdylib`?", module.display()))
    }
}

/// The name in the crate's own `[package]` table: its first `name`.
fn crate_name(directory: &Path) -> Result<String> {
    let manifest = directory.join("Cargo.toml");
    let text =
        fs::read_to_string(&manifest).with_context(|| format!("cannot read {}", manifest.display()))?;
    let name = text.lines().find_map(|line| {
        let value = line.trim().strip_prefix("name")?.trim_start().strip_prefix('=')?;
        Some(value.trim().trim_matches('"').to_owned())
    });
    name.with_context(|| format!("{} names no package", manifest.display()))
}

fn has_std(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

/// The active toolchain's own linker, else one of the system's.
fn linker(workspace: &Workspace) -> Option<PathBuf> {
    let sysroot = ask(workspace, "rustc", &["--print", "sysroot"]).ok()?;
    let version = ask(workspace, "rustc", &["--version", "--verbose"]).ok()?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "))?;
    let own = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/rust-lld");
    if own.exists() {
        return Some(own);
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .flat_map(|folder| ["rust-lld", "wasm-ld"].map(|name| folder.join(name)))
        .find(|candidate| candidate.exists())
}

fn fetch_target(workspace: &Workspace) -> Result<()> {
    if ask(workspace, "rustup", &["--version"]).is_err() {
        bail!("rustup is not here");
    }
    println!("plugins: fetching the target {TARGET} (rustup target add)");
    program::wait_for(Command::new("rustup").args(["target", "add", TARGET]), PATIENCE)
}

fn fetch_packages(_: &Workspace) -> Result<()> {
    debian::install("plugins", &PACKAGES)
}

/// A command's answer, trimmed. It runs in the workspace, where its toolchain is the one that counts.
fn ask(workspace: &Workspace, program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).current_dir(workspace.path("")).output()?;
    if !output.status.success() {
        bail!("{program} failed");
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crate_name_is_read_from_its_manifest() {
        let workspace = Workspace::here().unwrap();
        assert_eq!(crate_name(&workspace.path("plugins/naming")).unwrap(), "wharfinger-plugin-naming");
    }

    #[test]
    fn a_folder_without_a_standard_library_is_no_target() {
        assert!(!has_std(Path::new("/nonexistent")));
    }
}
