//! What must be true, whatever happens.

use std::fmt;

/// Each has a name, so that a planted fault is known to be found by the one that should find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Invariant {
    /// What was accepted holds, and what was not accepted has left nothing.
    AcceptedHolds,
    /// A record that was read back says what was written.
    KeptOverDeath,
    /// Attempts never pass their bound.
    AttemptsAreBounded,
    /// Event numbers have no holes, and each event of an instance starts where its last one ended.
    HistoryIsWhole,
    /// A workload is asked for only when a record says that it may exist.
    IntentFirst,
    /// The old workload is gone before a new one is asked for.
    OldOneFirst,
    /// What a record wants is not destroyed.
    WantedIsKept,
    /// What was recorded as gone is gone.
    GoneIsGone,
    /// A deleted instance never returns.
    DeletedStaysDeleted,
    /// When all is calm, it comes to rest.
    ComesToRest,
    /// Then every wanted instance is there, and runs.
    WantedRuns,
    /// A restarted one runs a workload that was made since.
    RestartedIsNew,
    /// Workloads outside = records inside.
    OutsideIsInside,
}

/// Something that must not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) invariant: Invariant,
    what: String,
}

impl Violation {
    pub(crate) fn of(invariant: Invariant, what: impl Into<String>) -> Self {
        Self { invariant, what: what.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is broken: {}", self.invariant, self.what)
    }
}

/// Fine, or what is not.
pub(crate) type Verdict<T = ()> = Result<T, Violation>;

/// Fine if `holds`.
pub(crate) fn hold(holds: bool, invariant: Invariant, what: impl FnOnce() -> String) -> Verdict {
    if holds { Ok(()) } else { Err(Violation::of(invariant, what())) }
}
