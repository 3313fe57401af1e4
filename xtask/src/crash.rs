//! `cargo xtask crash`: the crash test.

use anyhow::Result;

use crate::workspace::Workspace;
use crate::{daemon, plugins, program};

/// Builds what it needs, and runs it.
pub(crate) fn crash(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    plugins::build(workspace)?;
    daemon::build(workspace)?;
    run(workspace, arguments)
}

/// Kills the daemon that was built, over and over.
pub(crate) fn run(workspace: &Workspace, arguments: &[&str]) -> Result<()> {
    // The selection of all tests: another one would compile shared libraries anew.
    let mut test = vec!["test", "--release", "--workspace", "--quiet", "--test", "crash", "--"];
    test.extend(arguments);
    program::run(workspace, "cargo", &test)
}
