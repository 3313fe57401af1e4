//! `cargo xtask bench`: figures, for people.

use std::fs;

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{daemon, plugins, program};

/// The lifecycle's figures; none named: all but the long ones.
pub(crate) fn lifecycle(workspace: &Workspace, figures: &[&str]) -> Result<()> {
    run(workspace, "lifecycle", figures)
}

/// The plugins' figures; none named: all. `--extism` builds Extism's program first, for `reviews`.
pub(crate) fn plugins(workspace: &Workspace, words: &[&str]) -> Result<()> {
    plugins::build(workspace)?;
    plugins::build_test_guests(workspace, [])?;
    daemon::build(workspace)?;
    if words.contains(&"--extism") {
        extism(workspace)?;
    }
    let figures: Vec<&str> = words.iter().copied().filter(|word| *word != "--extism").collect();
    run(workspace, "plugins", &figures)
}

fn run(workspace: &Workspace, bench: &str, figures: &[&str]) -> Result<()> {
    // The profile of everything else: a bench profile of its own would compile wasmtime again. And its
    // selection: another one would do so for other features.
    let mut words = vec!["bench", "--profile", "release", "--workspace", "--bench", bench, "--"];
    words.extend(figures);
    program::run(workspace, "cargo", &words)
}

/// A workspace of its own, with another wasmtime; where its results lie, the bench looks for them.
fn extism(workspace: &Workspace) -> Result<()> {
    println!("bench: building Extism (the first time takes some ten minutes: it has a wasmtime of its own)");
    let target = workspace.path("target/extism");
    let guest = plugins::core_module(workspace, &workspace.path("benches/extism/guest"))?;
    fs::create_dir_all(&target)?;
    fs::write(target.join("naming.wasm"), guest)?;
    let build = ["build", "--release", "--locked", "--ignore-rust-version", "--target-dir", "target/extism"];
    let manifest = ["--manifest-path", "benches/extism/Cargo.toml"];
    program::run(workspace, "cargo", &[&build[..], &manifest[..]].concat())
}
