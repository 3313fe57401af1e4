//! `cargo xtask test`: what CI runs, and all of it.

use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{console, crash, daemon, debian, plugins, program};

/// Stops at the first thing that fails. `filters` narrow the tests; what is no single test, and takes
/// minutes, is left out then.
pub(crate) fn test(workspace: &Workspace, filters: &[&str]) -> Result<()> {
    need_npx()?;
    println!("[1/9] format");
    program::run(workspace, "cargo", &["fmt", "--all", "--check"])?;
    println!("[2/9] plugins and test guests from source");
    plugins::build(workspace)?;
    plugins::build_test_guests(workspace, [])?;
    plugins::build_all_languages(workspace)?;
    println!("[3/9] console: from source; types, style, logic");
    console::build(workspace)?;
    console::check(workspace)?;
    println!("[4/9] clippy");
    let clippy = ["clippy", "--release", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"];
    program::run(workspace, "cargo", &clippy)?;
    println!("[5/9] daemon and examples");
    daemon::build(workspace)?;
    println!("[6/9] tests");
    let mut test = vec!["test", "--release", "--workspace", "--no-fail-fast", "--quiet", "--"];
    test.extend(filters);
    program::run(workspace, "cargo", &test)?;
    if !filters.is_empty() {
        return Ok(());
    }
    println!("[7/9] the console in a browser");
    console::browse(workspace)?;
    println!("[8/9] planted faults: the simulation finds them; a write that fails once costs nothing");
    // Of the daemon only its library is built with them: the binary stays what it is.
    let feature = "wharfinger-tests/planted-faults";
    let planted =
        ["test", "--release", "--workspace", "--quiet", "--features", feature, "--test", "it", "planted"];
    program::run(workspace, "cargo", &planted)?;
    println!("[9/9] crashes: a daemon under load is killed 200 times");
    crash::run(workspace, &["--rounds", "200"])
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
