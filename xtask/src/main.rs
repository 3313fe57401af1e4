//! What a developer of Wharfinger runs: `cargo xtask <command>`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to its user")]

mod plugins;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

use crate::workspace::Workspace;

const USAGE: &str = "usage: cargo xtask <command>

commands:
  plugins [DIRECTORY...]  build the plugins into config/plugins, as far as their sources changed;
                          with directories, build those crates into target/test-plugins";

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let workspace = Workspace::here()?;
    match arguments.split_first() {
        Some((command, [])) if command == "plugins" => plugins::build(&workspace)?,
        Some((command, directories)) if command == "plugins" => {
            plugins::build_test_guests(&workspace, directories.iter().map(Into::into))?;
        }
        _ => {
            eprintln!("{USAGE}");
            return Ok(ExitCode::from(64));
        }
    }
    Ok(ExitCode::SUCCESS)
}
