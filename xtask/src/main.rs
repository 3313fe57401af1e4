//! What a developer of Wharfinger runs: `cargo xtask <command>`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to its user")]

mod bench;
mod console;
mod crash;
mod daemon;
mod debian;
mod demo;
mod digest;
mod plugins;
mod program;
mod test;
mod tree;
mod up;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;

use crate::workspace::Workspace;

const USAGE: &str = "usage: cargo xtask <command>

commands:
  up                      build everything and run the daemon with config/dev.toml; Ctrl-C drains
  demo                    run the whole job once: start, create, call a tool, list, delete, stop
  test [FILTER...]        format check, clippy, plugins and console from source, all tests
  console                 build the console into console/dist, as far as its sources changed; the next
                          build of the daemon takes it in
  crash [--rounds N] [--seed S]
                          kill a daemon under load and start it again, 200 times, and check everything
  bench lifecycle [FIGURE...]
                          print the lifecycle's figures beside their floors; `million` takes minutes
  bench plugins [--extism] [FIGURE...]
                          print the plugins' figures beside other hosts'; `--extism` builds that one, too
  plugins [DIRECTORY...]  build the plugins into config/plugins, as far as their sources changed;
                          with directories, build those crates into target/test-plugins
  plugins --all-languages build the shipped ones and those of examples/plugins, in Python and JavaScript,
                          into target/test-plugins";

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
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let workspace = Workspace::here()?;
    match arguments[..] {
        ["up", ref flags @ ..] => return up::up(&workspace, flags),
        ["demo"] => demo::demo(&workspace)?,
        ["test", ref filters @ ..] => test::test(&workspace, filters)?,
        ["console"] => console::build(&workspace)?,
        ["crash", ref arguments @ ..] => crash::crash(&workspace, arguments)?,
        ["bench", "lifecycle", ref figures @ ..] => bench::lifecycle(&workspace, figures)?,
        ["bench", "plugins", ref words @ ..] => bench::plugins(&workspace, words)?,
        ["plugins"] => plugins::build(&workspace)?,
        ["plugins", "--all-languages"] => {
            plugins::build(&workspace)?;
            plugins::build_all_languages(&workspace)?;
        }
        ["plugins", ref directories @ ..] => {
            plugins::build_test_guests(&workspace, directories.iter().map(Into::into))?;
        }
        _ => {
            eprintln!("{USAGE}");
            return Ok(ExitCode::from(64));
        }
    }
    Ok(ExitCode::SUCCESS)
}
