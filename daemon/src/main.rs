//! Arguments and exit codes.
//!
//! | code | means |
//! |---|---|
//! | 0 | drained, or nothing to complain about; `plugin`: it would be loaded, it answered, it allows |
//! | 1 | could not start, or a task died; `backup`, `restore`: not done; `fsck`: something is wrong; `plugin`: the call failed |
//! | 2 | `plugin run`: the hook denies |
//! | 64 | the arguments (sysexits.h `EX_USAGE`) |
//! | 78 | the configuration (sysexits.h `EX_CONFIG`); `plugin`: it would not be loaded, or a file that was given cannot be used |

use std::fmt::Display;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use wharfinger::config::{self, Overrides};
use wharfinger::runtime::{ErrorChain, WatchOptions, Watched};
use wharfinger::{author, check, daemon, plugin, process, store, upkeep};

const USAGE: u8 = 64;
const CONFIG: u8 = 78;

/// The control plane for MCP server instances.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the daemon.
    Serve {
        /// The configuration.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
        /// Listen here instead of `server.listen`.
        #[arg(long, value_name = "ADDRESS:PORT")]
        listen: Option<String>,
        /// Keep the data here instead of in `server.data_dir`.
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
        /// Log this instead of `log.filter`, for example `info,wharfinger=debug`.
        #[arg(long, value_name = "DIRECTIVES")]
        log_filter: Option<String>,
        /// `text` or `json`, instead of `log.format`.
        #[arg(long, value_name = "FORMAT")]
        log_format: Option<String>,
    },
    /// Say everything that is wrong with a configuration; change nothing.
    CheckConfig {
        #[command(flatten)]
        config: Checked,
    },
    /// Copy the database into a file, whether or not a daemon runs on it. It holds secrets.
    Backup {
        #[command(flatten)]
        place: Place,
        /// The copy. The daemon writes it, if one runs.
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        /// Replace a file that is there already.
        #[arg(long)]
        force: bool,
    },
    /// Put a backup in the place of the database. No daemon may run on it.
    Restore {
        #[command(flatten)]
        place: Place,
        /// The backup.
        #[arg(long, value_name = "FILE")]
        from: PathBuf,
        /// Even if there is a database; it is kept under another name.
        #[arg(long)]
        force: bool,
    },
    /// Check the database: its file, and every record. Changes nothing. No daemon may run on it.
    Fsck {
        #[command(flatten)]
        place: Place,
    },
    /// Compile a component from standard input (started by the daemon itself).
    #[command(hide = true)]
    Compile {
        /// Bytes of memory it may take.
        #[arg(long)]
        memory: u64,
        /// Seconds of time it may take.
        #[arg(long)]
        seconds: u64,
        /// For a machine with little address space.
        #[arg(long)]
        small: bool,
    },
    /// Write, check and try plugins.
    #[command(subcommand)]
    Plugin(author::Command),
    /// Look after one child process (started by the daemon itself).
    #[command(hide = true)]
    Supervise {
        /// The child's folder.
        dir: PathBuf,
    },
}

/// Which configuration is meant, by a flag as everywhere or by itself.
#[derive(Args)]
#[group(required = true, multiple = false)]
struct Checked {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The same.
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Whose database is meant.
#[derive(Args)]
struct Place {
    /// The configuration.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The data is here instead of in `server.data_dir`.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Asked for help or version, it is no error.
            let usage = error.use_stderr();
            let _ = error.print();
            return if usage { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    match arguments.command {
        Command::Serve { config, listen, data_dir, log_filter, log_format } => {
            serve(config, Overrides { listen, data_dir, log_filter, log_format })
        }
        // The group sees to it that one of them is there.
        Command::CheckConfig { config } => check_config(&config.config.or(config.file).unwrap_or_default()),
        Command::Backup { place, to, force } => {
            keep_up(place, |store| Ok((upkeep::backup(store, &to, force)?, Vec::new())))
        }
        Command::Restore { place, from, force } => {
            keep_up(place, |store| Ok((upkeep::restore(store, &from, force)?, Vec::new())))
        }
        Command::Fsck { place } => keep_up(place, upkeep::fsck),
        Command::Compile { memory, seconds, small } => plugin::compile(memory, seconds, small),
        Command::Plugin(command) => with_plugin(command),
        Command::Supervise { dir } => process::supervise(&dir),
    }
}

fn serve(config: PathBuf, overrides: Overrides) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format_args!("wharfinger cannot start: no runtime: {error}"));
            return ExitCode::FAILURE;
        }
    };
    // It may still be written: the beginning of a TOML file is often good TOML.
    let file = Watched { files: [config.clone()].into(), ..Watched::default() };
    if !runtime.block_on(file.rest(WatchOptions::default())) {
        let file = config.display();
        complain(&format_args!("{file} is written all the time: start again when it is whole"));
        return ExitCode::from(CONFIG);
    }
    let loaded = match config::load(&config, config::environment(), &overrides) {
        Ok(loaded) => loaded,
        Err(complaints) => {
            complain(&complaints);
            return ExitCode::from(CONFIG);
        }
    };
    let ended = runtime.block_on(daemon::run(loaded, daemon::Source { config, overrides }));
    // Crash-only: what is still under way is found again by the next start.
    runtime.shutdown_background();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(daemon::Ended::Configuration(error)) => {
            complain(&format_args!("wharfinger cannot start: {error:#}"));
            ExitCode::from(CONFIG)
        }
        Err(daemon::Ended::Failure(error)) => {
            complain(&format_args!("wharfinger: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn check_config(config: &std::path::Path) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format_args!("the configuration cannot be checked: no runtime: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let findings = runtime.block_on(check::check(config));
    for warning in &findings.warnings {
        complain(&format_args!("warning: {warning}"));
    }
    for complaint in &findings.complaints {
        complain(&complaint);
    }
    if !findings.complaints.is_empty() {
        return ExitCode::from(CONFIG);
    }
    say(&format_args!("{} is fine", config.display()), ExitCode::SUCCESS)
}

fn with_plugin(command: author::Command) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format_args!("no runtime: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let code = match runtime.block_on(author::run(command)) {
        Ok(author::Report { text, outcome }) => say(&author::plain(&text), ExitCode::from(outcome.code())),
        Err(error) => {
            complain(&format_args!("wharfinger: {}", author::plain(&ErrorChain(&error).to_string())));
            ExitCode::from(match error {
                author::Error::Usage(_) => USAGE,
                author::Error::Failed(_) | author::Error::Refused(plugin::Error::Engine { .. }) => 1,
                author::Error::Unusable(_) | author::Error::Table(_) | author::Error::Refused(_) => CONFIG,
            })
        }
    };
    runtime.shutdown_background();
    code
}

/// Does something with a whole database: what there is to say, and what is wrong.
fn keep_up(
    place: Place,
    work: impl FnOnce(&store::Options) -> anyhow::Result<(String, Vec<String>)>,
) -> ExitCode {
    let Place { config, data_dir } = place;
    let overrides = Overrides { data_dir, ..Overrides::default() };
    let loaded = match config::load(&config, config::environment(), &overrides) {
        Ok(loaded) => loaded,
        Err(complaints) => {
            complain(&complaints);
            return ExitCode::from(CONFIG);
        }
    };
    match work(&loaded.options.store) {
        Ok((told, troubles)) => {
            let fine = if troubles.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
            let code = say(&told, fine);
            for trouble in &troubles {
                complain(trouble);
            }
            code
        }
        Err(error) => {
            complain(&format_args!("wharfinger: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Tells the user on standard output, and ends with `code`. A reader that has heard enough (`… | head`) is
/// no failure; a disk that is full is one.
fn say(text: &dyn Display, code: ExitCode) -> ExitCode {
    let mut output = io::stdout().lock();
    match writeln!(output, "{text}").and_then(|()| output.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format_args!("standard output cannot be written: {error}"));
            ExitCode::FAILURE
        }
        _ => code,
    }
}

/// Tells the user on standard error. If nobody reads that, the exit code says it.
fn complain(text: &dyn Display) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
