//! `wharfinger plugin …`: what those who write plugins run.
//!
//! ```text
//!  new      scaffold/      a project that builds, with tests that pass
//!  inspect                 what a file is, without running it
//!  check    given.rs       what the daemon would say to it
//!  run      request.rs     one call after the other, upstreams perhaps from fixture.rs
//!  bench                   one call, again and again
//! ```
//!
//! Knows no daemon, and needs none: a plugin goes the daemon's own way
//! ([`Workbench`](crate::plugin::Workbench)) with the defaults of a configuration, and what is told
//! of it are the daemon's own words. Answers go to standard output; what a plugin logs goes to
//! standard error, as it comes.

mod answer;
mod bench;
mod check;
mod fixture;
mod given;
mod inspect;
mod redaction;
mod request;
mod request_file;
mod run;
mod scaffold;

use clap::Subcommand;

use crate::plugin;
use crate::runtime::document::Complaints;

/// What is to be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a project for a new plugin, with a rule, its tests, and the commands to go on with.
    New(scaffold::New),
    /// Load a plugin as the daemon would, and say what it is or why it is refused.
    Check(check::Check),
    /// Call a plugin as the daemon would, and print what it answers.
    Run(run::Run),
    /// Call a plugin again and again, each time in a fresh sandbox, and print how long that takes.
    Bench(bench::Bench),
    /// Say what a file is, without running anything in it.
    Inspect(inspect::Inspect),
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// For standard output.
    pub text: String,
    /// See [`Outcome`].
    pub outcome: Outcome,
}

/// What a command came to, as an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// 0: it is fine, it answered, it allows.
    Good,
    /// 2: the hook denies.
    Denied,
    /// 1: the call failed.
    Failed,
}

impl Outcome {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Good => 0,
            Self::Failed => 1,
            Self::Denied => 2,
        }
    }
}

/// Why a command was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The arguments do not fit together.
    #[error("{0}")]
    Usage(String),
    /// A file that was given cannot be used.
    #[error("{0}")]
    Unusable(String),
    /// The table of the plugin cannot be used.
    #[error(transparent)]
    Table(#[from] Complaints),
    /// The daemon would not load the plugin.
    #[error(transparent)]
    Refused(#[from] plugin::Error),
    /// Something else is in the way.
    #[error("{0}")]
    Failed(String),
}

/// Carries out a command.
pub async fn run(command: Command) -> Result<Report, Error> {
    match command {
        Command::New(new) => new.run(),
        Command::Check(check) => check.run().await,
        Command::Run(run) => run.run().await,
        Command::Bench(bench) => bench.run().await,
        Command::Inspect(inspect) => inspect.run(),
    }
}

/// A text as a terminal may see it: what a plugin says of itself may hold anything.
pub fn plain(text: &str) -> String {
    let shown = |letter: char| match letter {
        '\n' => letter,
        letter if letter.is_control() => char::REPLACEMENT_CHARACTER,
        letter => letter,
    };
    text.chars().map(shown).collect()
}

/// A file whose content is JSON, bounded.
fn json<T: serde::de::DeserializeOwned>(file: &std::path::Path) -> Result<T, Error> {
    /// Bytes of a file of requests, settings or answers.
    const MAX_FILE: u64 = 4 << 20;
    let text = crate::runtime::document::read_text(file, MAX_FILE);
    let text = text.map_err(|complaint| Error::Unusable(complaint.to_string()))?;
    serde_json::from_str(&text).map_err(|error| {
        let wrong = if error.is_data() { "is not what is wanted" } else { "is not JSON" };
        let is_toml = file.extension().is_some_and(|extension| extension == "toml");
        let remedy = if is_toml { "; a table in TOML goes with --table" } else { "" };
        Error::Unusable(format!("{} {wrong}: {error}{remedy}", file.display()))
    })
}
