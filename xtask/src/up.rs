//! `cargo xtask up`: everything built, the daemon in the foreground.

use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{console, daemon, plugins};

/// Builds what is not built, and becomes the daemon: Ctrl-C is its signal, its exit code is ours.
pub(crate) fn up(workspace: &Workspace, flags: &[&str]) -> Result<ExitCode> {
    println!("[1/4] plugins");
    plugins::build(workspace)?;
    println!("[2/4] console");
    console::build_if_possible(workspace);
    println!("[3/4] daemon and demo server");
    daemon::build(workspace)?;
    println!("[4/4] starting with config/dev.toml; Ctrl-C stops the daemon and leaves instances running");
    let error = Command::new(workspace.path("target/release/wharfinger"))
        .args(["serve", "--config"])
        .arg(workspace.path("config/dev.toml"))
        .args(flags)
        .exec();
    Err(error).context("the daemon could not be started")
}
