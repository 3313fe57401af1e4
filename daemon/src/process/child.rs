//! What is asked of local processes, and what is answered.

use crate::domain::Target;

/// A child that is to be started.
#[derive(Clone)]
pub struct SpawnRequest {
    /// The child's name and marks. `last_known` is ignored.
    pub target: Target,
    /// Program and arguments; no shell. A program without `/` is looked up in the `PATH` the
    /// child will have.
    pub command: Vec<String>,
    /// Wins over what is passed on. May hold secrets, therefore no `Debug`.
    pub environment: Vec<(String, String)>,
    /// Names of this process's own variables that the child inherits, where they are set.
    pub pass_environment: Vec<String>,
    /// The variable that gets a free loopback port; wins over `environment`.
    pub port_variable: Option<String>,
}

/// A child, dead or alive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Child {
    /// Its name and marks as they were at its spawn; `last_known` is none.
    pub target: Target,
    /// Boot id, pid and start time: never used twice.
    pub id: String,
    /// The loopback port it was given.
    pub port: Option<u16>,
    /// Whether the process that was started lives. Processes it left behind do not count here;
    /// they count for [`Processes::signal`](super::Processes::signal).
    pub running: bool,
    /// Known once it ended, unless its supervisor was killed before. A death by signal N is 128 + N.
    pub exit_code: Option<i32>,
}

/// How a child is to be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM: it may tidy up.
    Terminate,
    /// SIGKILL.
    Kill,
}

/// One line a child wrote, without its line break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputLine {
    /// When, as RFC 3339.
    pub at: Option<String>,
    /// `stdout`, `stderr`, or `supervisor` for starts and ends.
    pub source: String,
    /// Invalid UTF-8 is replaced; very long lines come in pieces.
    pub text: String,
}

/// Lines, oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputPage {
    /// Empty when nothing new was written.
    pub lines: Vec<OutputLine>,
    /// Where to go on; always there, so that a reader may follow.
    pub next_cursor: Option<String>,
}
