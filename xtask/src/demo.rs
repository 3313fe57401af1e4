//! `cargo xtask demo`: the whole job once, each step printed.

use anyhow::Result;

use crate::daemon::{self, Daemon};
use crate::workspace::Workspace;
use crate::{console, plugins, program};

/// Starts a daemon, plays a frontend and an MCP client against it, and stops it.
pub(crate) fn demo(workspace: &Workspace) -> Result<()> {
    println!("[1/5] plugins");
    plugins::build(workspace)?;
    println!("[2/5] console");
    console::build_if_possible(workspace);
    println!("[3/5] daemon, demo server and demo client");
    daemon::build(workspace)?;
    // Ctrl-C ends the client; this process lives on to clean up.
    ctrlc::set_handler(|| {})?;
    println!("[4/5] starting the daemon with config/dev.toml on a free port");
    let daemon = Daemon::start(workspace)?;
    println!("      it listens on {}", daemon.url);
    println!("[5/5] examples/demo-client against it");
    let client = workspace.path("target/release/demo-client");
    program::run(workspace, &client.to_string_lossy(), &[&daemon.url])?;
    println!("      stopping the daemon");
    daemon.stop()?;
    println!("done: every step went well");
    Ok(())
}
