//! `cargo xtask test`: what CI runs, and all of it.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{debian, plugins, program};

/// Stops at the first thing that fails. `filters` narrow the tests, nothing else.
pub(crate) fn test(workspace: &Workspace, filters: &[&str]) -> Result<()> {
    need_npx()?;
    println!("[1/5] format");
    program::run(workspace, "cargo", &["fmt", "--all", "--check"])?;
    println!("[2/5] plugins and test guests from source");
    plugins::build(workspace)?;
    plugins::build_test_guests(workspace, [])?;
    println!("[3/5] clippy");
    let clippy = ["clippy", "--release", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
    program::run(workspace, "cargo", &clippy)?;
    println!("[4/5] daemon and examples");
    program::build(workspace)?;
    println!("[5/5] tests");
    let mut test = vec!["test", "--release", "--workspace", "--no-fail-fast", "--quiet", "--"];
    test.extend(filters);
    program::run(workspace, "cargo", &test)
}

/// One test makes a public MCP server by npx.
fn need_npx() -> Result<()> {
    let version = Command::new("npx").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if version.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    debian::install("tests", &["nodejs", "npm"])
        .context("the tests need Node.js with its npx on the PATH: install it and try again")
}
