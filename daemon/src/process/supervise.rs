//! The supervisor.

use std::path::Path;
use std::process::ExitCode;

/// The body of the hidden subcommand `supervise`: looks after one child, and outlives the daemon.
pub fn supervise(folder: &Path) -> ExitCode {
    let _ = folder;
    ExitCode::FAILURE
}
