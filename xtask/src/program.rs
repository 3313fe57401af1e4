//! Other programs: run them, and say which one failed.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// Runs a program in the workspace's root, its output going where ours goes.
pub(crate) fn run(workspace: &Workspace, program: &str, arguments: &[&str]) -> Result<()> {
    let shown = format!("{program} {}", arguments.join(" "));
    let status = Command::new(program)
        .args(arguments)
        .current_dir(workspace.path(""))
        .status()
        .with_context(|| format!("cannot run `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Builds the daemon and the programs of `examples/`, always the same selection: another one would
/// compile shared libraries anew for other features.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    println!("daemon: building (the first time takes several minutes: wasmtime is large)");
    run(workspace, "cargo", &["build", "--release", "--workspace", "--bins"])
}
