//! `cargo xtask bench`: figures, for people.

use anyhow::Result;

use crate::program;
use crate::workspace::Workspace;

/// The lifecycle's figures; none named: all but the long ones.
pub(crate) fn lifecycle(workspace: &Workspace, figures: &[&str]) -> Result<()> {
    // The profile of everything else: a bench profile of its own would compile wasmtime again.
    let mut bench =
        vec!["bench", "--profile", "release", "-p", "wharfinger-tests", "--bench", "lifecycle", "--"];
    bench.extend(figures);
    program::run(workspace, "cargo", &bench)
}
