//! What goes wrong in an extension, in the words the state machine decides by.

use std::fmt;
use std::time::Duration;

use super::Violation;

/// How a failed call is to be taken. The host turns its own deadlines, traps and cut
/// connections into [`FailureKind::OutcomeUnknown`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FailureKind {
    /// Never will be accepted, however often it is repeated.
    Invalid,
    /// The name belongs to somebody else; it was not touched.
    Foreign,
    /// There is no such thing.
    NotFound,
    /// Refused before it had any effect.
    NotApplied,
    /// It may or may not have had its effect.
    OutcomeUnknown,
    /// This extension cannot do that.
    Unsupported,
    /// A grant is missing.
    Denied,
    /// The name is held by something of ours that can be neither inspected nor destroyed.
    OrphanSuspected,
    /// A word of the plugin's own; taken as [`FailureKind::OutcomeUnknown`].
    Other(String),
}

impl FailureKind {
    /// `snake_case`, stable: the code users see.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(word) => word,
            kind => kind.word(),
        }
    }

    /// The same, but for a plugin's own word.
    const fn word(&self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Foreign => "foreign",
            Self::NotFound => "not_found",
            Self::NotApplied => "not_applied",
            Self::OutcomeUnknown => "outcome_unknown",
            Self::Unsupported => "unsupported",
            Self::Denied => "denied",
            Self::OrphanSuspected => "orphan_suspected",
            Self::Other(_) => "other",
        }
    }
}

/// A failed call of an extension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What the state machine decides by.
    pub kind: FailureKind,
    /// Stable, `snake_case`: what happened in more detail than `kind`, for example one of
    /// [`Failure::BY_HOST`]; else the kind's own word.
    pub code: String,
    /// For people; holds no secret.
    pub message: String,
    /// How long to wait before trying again, if the other side said so.
    pub retry_after: Option<Duration>,
    /// Parts of the request that are wrong.
    pub violations: Vec<Violation>,
}

impl Failure {
    /// The code of a call that ended in the plugin: a trap, a panic, an exit.
    pub const TRAPPED: &str = "plugin_trapped";

    /// The code of a call that was stopped when its time was over.
    pub const TIMED_OUT: &str = "plugin_timed_out";

    /// The code of a call that needed more memory, tables, instances or handles than allowed.
    pub const OUT_OF_MEMORY: &str = "plugin_out_of_memory";

    /// The code of a call that handed the host more than allowed: at once, or as headers of a request.
    pub const EXCEEDED_LIMIT: &str = "plugin_exceeded_limit";

    /// The code of a call whose answer is none that can be.
    pub const BROKE_CONTRACT: &str = "plugin_broke_contract";

    /// The code of a call that was still out long after its plugin was replaced.
    pub const REPLACED: &str = "plugin_replaced";

    /// The code of a call that got no turn: nobody was asked, so nothing was tried.
    pub const BUSY: &str = "plugin_busy";

    /// The code of a call of a plugin that is left alone for a while: nothing was tried.
    pub const QUARANTINED: &str = "plugin_quarantined";

    /// The codes of what the host brings about: its own deadlines, traps, bounds.
    pub const BY_HOST: [&str; 8] = [
        Self::TRAPPED,
        Self::TIMED_OUT,
        Self::OUT_OF_MEMORY,
        Self::EXCEEDED_LIMIT,
        Self::BROKE_CONTRACT,
        Self::REPLACED,
        Self::BUSY,
        Self::QUARANTINED,
    ];

    /// Whether nobody was asked: what was to be done is as it was, and it says nothing about a backend.
    /// By its kind too, for a plugin may answer with such a word of its own.
    pub fn was_not_begun(&self) -> bool {
        self.kind == FailureKind::NotApplied && [Self::BUSY, Self::QUARANTINED].contains(&self.code.as_str())
    }

    /// One of a few words, to count by: the host's own code, else the kind's word, and `other` for
    /// a word of the plugin's own.
    pub fn word(&self) -> &'static str {
        let by_host = Self::BY_HOST.into_iter().find(|code| *code == self.code);
        by_host.unwrap_or_else(|| self.kind.word())
    }

    /// Whether the backend could not be reached. `reachable`: what is known of the way to it since;
    /// a backend that is known to have answered, if only to refuse, is there.
    pub fn is_outage(&self, reachable: Option<bool>) -> bool {
        let unanswered = matches!(self.kind, FailureKind::NotApplied | FailureKind::OutcomeUnknown);
        let broken_plugin = [Self::TRAPPED, Self::OUT_OF_MEMORY, Self::EXCEEDED_LIMIT, Self::BROKE_CONTRACT]
            .contains(&self.code.as_str());
        let timed_out = self.code == Self::TIMED_OUT;
        unanswered && !broken_plugin && (timed_out || reachable != Some(true))
    }

    /// A failure whose code is its kind's word.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        let code = kind.as_str().to_owned();
        Self { kind, code, message: message.into(), retry_after: None, violations: Vec::new() }
    }

    /// The same with a code of its own.
    pub fn with_code(mut self, code: &str) -> Self {
        code.clone_into(&mut self.code);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_that_is_broken_is_no_outage_of_its_backend() {
        let outage = |code| {
            Failure::new(FailureKind::OutcomeUnknown, "no answer").with_code(code).is_outage(Some(false))
        };
        for code in
            [Failure::TRAPPED, Failure::OUT_OF_MEMORY, Failure::EXCEEDED_LIMIT, Failure::BROKE_CONTRACT]
        {
            assert!(!outage(code), "{code}");
        }
        assert!(outage(Failure::TIMED_OUT) && outage("outcome_unknown"));
    }
}
