//! What must not be.

use std::fmt;

/// In which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What was accepted is not there, or not true.
    Lost,
    /// Two processes stand for one instance.
    Duplicate,
    /// A process stands for no instance.
    Orphan,
    /// What was deleted is there again.
    Returned,
    /// Event numbers have holes, or go back.
    History,
    /// There were more attempts than may be.
    Attempts,
    /// An answer that makes no sense.
    Answer,
    /// It does not come to rest.
    Unrest,
}

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// In which way.
    pub kind: Kind,
    /// What was seen.
    pub what: String,
}

impl Wrong {
    pub(super) fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into() }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?}: {}", self.kind, self.what)
    }
}

impl std::error::Error for Wrong {}
