//! `cargo xtask demo`: the whole job once, each step printed.

use anyhow::Result;

use crate::daemon::Daemon;
use crate::workspace::Workspace;
use crate::{plugins, program};

/// Starts a daemon, plays a frontend and an MCP client against it, and stops it.
pub(crate) fn demo(workspace: &Workspace) -> Result<()> {
    println!("[1/4] plugins");
    plugins::build(workspace)?;
    println!("[2/4] daemon, demo server and demo client");
    program::build(workspace)?;
    // Ctrl-C ends the client; this process lives on to clean up.
    ctrlc::set_handler(|| {})?;
    println!("[3/4] starting the daemon with config/dev.toml on a free port");
    let daemon = Daemon::start(workspace)?;
    println!("      it listens on {}", daemon.url);
    println!("[4/4] examples/demo-client against it");
    let client = workspace.path("target/release/demo-client");
    program::run(workspace, &client.to_string_lossy(), &[&daemon.url])?;
    println!("      stopping the daemon");
    daemon.stop()?;
    println!("done: every step went well");
    Ok(())
}
