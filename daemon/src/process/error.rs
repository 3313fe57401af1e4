//! What goes wrong with local processes.

use std::io;
use std::path::PathBuf;

use crate::domain::WorkloadName;

/// How an error is to be taken, in the words of the state machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Never will work, however often it is repeated.
    Invalid,
    /// Refused before it had any effect.
    NotApplied,
    /// There is no such thing.
    NotFound,
    /// It may or may not have had its effect: look again.
    OutcomeUnknown,
}

/// What went wrong. No message holds a value of the child's environment.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request can never be carried out.
    #[error("{name} cannot be started: {reason}")]
    Invalid {
        /// Which child.
        name: WorkloadName,
        /// What is wrong and what is allowed.
        reason: String,
    },
    /// The program could not be executed, for a reason that may pass.
    #[error("{name} was not started: {reason}")]
    NotStarted {
        /// Which child.
        name: WorkloadName,
        /// What the system said.
        reason: String,
    },
    /// Another child runs under this name, or processes of an earlier one remain.
    #[error("{name} is taken: {holder}; end it first")]
    Occupied {
        /// Which name.
        name: WorkloadName,
        /// What holds it.
        holder: String,
    },
    /// As many children as allowed run already.
    #[error("{name} was not started: the limit of {max} children is reached")]
    LimitReached {
        /// Which child.
        name: WorkloadName,
        /// The limit.
        max: usize,
    },
    /// The supervisor could not be started, or its folder not prepared.
    #[error("no supervisor could be started for {name}: {step}")]
    Prepare {
        /// Which child.
        name: WorkloadName,
        /// What was being done.
        step: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// It did not become clear in time whether the child runs.
    #[error("{name} is neither started nor refused yet")]
    Undecided {
        /// Which child.
        name: WorkloadName,
    },
    /// Nothing is kept of such a child.
    #[error("nothing is kept of {name}")]
    NotFound {
        /// Which child.
        name: WorkloadName,
    },
    /// A cursor that no page gave.
    #[error("{cursor:?} is no cursor of this output")]
    Cursor {
        /// As given, cut.
        cursor: String,
    },
    /// The folder or the process table could not be read or written.
    #[error("{} could not be used", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The work on a blocking thread was lost.
    #[error("looking after local processes was interrupted")]
    Interrupted,
}

impl Error {
    /// How it is to be taken.
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid { .. } | Self::Cursor { .. } => ErrorKind::Invalid,
            Self::NotStarted { .. }
            | Self::Occupied { .. }
            | Self::LimitReached { .. }
            | Self::Prepare { .. } => ErrorKind::NotApplied,
            Self::NotFound { .. } => ErrorKind::NotFound,
            Self::Undecided { .. } | Self::Io { .. } | Self::Interrupted => ErrorKind::OutcomeUnknown,
        }
    }
}
