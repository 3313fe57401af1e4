//! The state machine of an instance: [`Phase::apply`] is the whole table.
//!
//! Data lives in the phase it belongs to. What travels through all phases (attempts, the
//! workload last known) is in [`Status`](super::Status).
//!
//! ```text
//! requested ─> creating ─> created ─> running <─> unhealthy
//!                 │  ^         │          │           │
//!                 v  │         v          v           v
//!              recovering <── restart ────┴───────────┤
//!                 │                                   v
//!                 └──────────────────────────────> failed        any ─> deleting ─> gone
//! ```

use std::fmt;

use super::{Cause, Fact, FactKind, InstanceError, Timestamp, Workload};

/// Where an instance stands. On the wire this is its `status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Accepted and durable; nothing was done yet.
    Requested,
    /// The provisioner was, is or will be called: a workload may exist.
    Creating {
        /// When this creation has taken too long.
        deadline: Timestamp,
        /// `None` while the call is out, and after a daemon that died during it.
        doubt: Option<Doubt>,
    },
    /// The provisioner made the workload; it has not answered as an MCP server yet.
    Created {
        /// What was made.
        workload: Workload,
        /// When it was made.
        since: Timestamp,
    },
    /// It answers as an MCP server.
    Running {
        /// What runs.
        workload: Workload,
        /// Since when it is healthy.
        since: Timestamp,
    },
    /// It did answer, or should by now, and does not.
    Unhealthy {
        /// What does not answer.
        workload: Workload,
        /// Since when.
        since: Timestamp,
        /// Whether making it anew may help.
        recoverable: bool,
        /// Why.
        cause: Cause,
    },
    /// The old workload is removed, if there is one, and then a new one is made.
    Recovering {
        /// Whether a workload may still have to be removed.
        workload_may_exist: bool,
        /// The next step waits until then.
        not_before: Timestamp,
        /// Why.
        cause: Cause,
    },
    /// No further try will be made unless a user asks.
    Failed {
        /// Why.
        error: InstanceError,
        /// Whether a workload may be left outside.
        workload_may_exist: bool,
    },
    /// The workload is being removed; then the record goes.
    Deleting {
        /// Whether there may be anything to remove.
        workload_may_exist: bool,
        /// The next try waits until then.
        not_before: Timestamp,
        /// Failed tries so far.
        tries: u32,
    },
    /// Deleted: the record goes, events and tombstone stay. Never stored.
    Gone,
}

/// What is not known about a creation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// When to look next.
    pub inspect_at: Timestamp,
    /// An absence seen before this is not believed: an effect may be under way.
    pub settled_at: Timestamp,
    /// Nothing is known to have failed: making it again is not a new attempt.
    pub interrupted: bool,
    /// Why it is not known.
    pub cause: Cause,
}

/// A phase without its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is documented at the phase of the same name")]
pub enum PhaseKind {
    Requested,
    Creating,
    Created,
    Running,
    Unhealthy,
    Recovering,
    Failed,
    Deleting,
    Gone,
}

impl PhaseKind {
    /// The phases an instance can be seen in.
    pub const SEEN: [Self; 8] = [
        Self::Requested,
        Self::Creating,
        Self::Created,
        Self::Running,
        Self::Unhealthy,
        Self::Recovering,
        Self::Failed,
        Self::Deleting,
    ];

    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Creating => "creating",
            Self::Created => "created",
            Self::Running => "running",
            Self::Unhealthy => "unhealthy",
            Self::Recovering => "recovering",
            Self::Failed => "failed",
            Self::Deleting => "deleting",
            Self::Gone => "gone",
        }
    }
}

impl fmt::Display for PhaseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A fact that cannot happen in this phase. In the reconciler this is normal (a user was faster);
/// from a user it is a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidTransition {
    /// Where the instance stands.
    pub from: PhaseKind,
    /// What cannot happen there.
    pub fact: FactKind,
}

impl fmt::Display for InvalidTransition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot happen to an instance that is {}", self.fact.as_str(), self.from)
    }
}

impl std::error::Error for InvalidTransition {}

impl Phase {
    /// Which phase this is.
    pub const fn kind(&self) -> PhaseKind {
        match self {
            Self::Requested => PhaseKind::Requested,
            Self::Creating { .. } => PhaseKind::Creating,
            Self::Created { .. } => PhaseKind::Created,
            Self::Running { .. } => PhaseKind::Running,
            Self::Unhealthy { .. } => PhaseKind::Unhealthy,
            Self::Recovering { .. } => PhaseKind::Recovering,
            Self::Failed { .. } => PhaseKind::Failed,
            Self::Deleting { .. } => PhaseKind::Deleting,
            Self::Gone => PhaseKind::Gone,
        }
    }

    /// The workload, in the phases that know it to exist.
    pub const fn workload(&self) -> Option<&Workload> {
        match self {
            Self::Created { workload, .. }
            | Self::Running { workload, .. }
            | Self::Unhealthy { workload, .. } => Some(workload),
            _ => None,
        }
    }

    /// Whether a workload may exist outside.
    pub const fn workload_may_exist(&self) -> bool {
        match self {
            Self::Requested | Self::Gone => false,
            Self::Creating { .. } | Self::Created { .. } | Self::Running { .. } | Self::Unhealthy { .. } => {
                true
            }
            Self::Recovering { workload_may_exist, .. }
            | Self::Failed { workload_may_exist, .. }
            | Self::Deleting { workload_may_exist, .. } => *workload_may_exist,
        }
    }

    /// The phase after `fact`, which became known at `now`. Pure; the whole table.
    pub fn apply(self, fact: Fact, now: Timestamp) -> Result<Self, InvalidTransition> {
        use Fact as F;
        use Phase as P;

        let invalid = InvalidTransition { from: self.kind(), fact: fact.kind() };
        let workload_may_exist = self.workload_may_exist();
        Ok(match (self, fact) {
            // Anything but the end can be deleted or forgotten, and told a condition.
            (P::Gone, _) => return Err(invalid),
            (_, F::ForgetRequested) => P::Gone,
            (phase @ P::Deleting { .. }, F::DeleteRequested) => phase,
            // An effect may still be under way: what it makes is to be removed, too.
            (P::Creating { doubt: Some(doubt), .. }, F::DeleteRequested) => {
                P::Deleting { workload_may_exist, not_before: now.max(doubt.settled_at), tries: 0 }
            }
            (_, F::DeleteRequested) => P::Deleting { workload_may_exist, not_before: now, tries: 0 },
            (phase, F::ConditionsChanged { .. }) => phase,

            // A first, a resumed and a renewed creation are one path. `create-started` is committed
            // before the call.
            (
                P::Requested | P::Recovering { workload_may_exist: false, .. },
                F::CreateStarted { deadline },
            ) => P::Creating { deadline, doubt: None },
            (
                P::Creating { doubt: Some(Doubt { interrupted: true, .. }), .. },
                F::CreateStarted { deadline },
            ) => P::Creating { deadline, doubt: None },
            (P::Creating { .. }, F::CreateSucceeded { workload, .. }) => P::Created { workload, since: now },
            (P::Creating { deadline, .. }, F::CreatePending { inspect_at, cause }) => P::Creating {
                deadline,
                // It is being made: until the deadline it need not be there to be seen.
                doubt: Some(Doubt { inspect_at, settled_at: deadline, interrupted: false, cause }),
            },
            (
                P::Creating { deadline, .. },
                F::OutcomeUnknown { inspect_at, settled_at, interrupted, cause },
            ) => P::Creating { deadline, doubt: Some(Doubt { inspect_at, settled_at, interrupted, cause }) },

            // The new name has nothing behind it yet.
            (P::Creating { .. } | P::Recovering { .. }, F::Renamed { not_before, cause, .. }) => {
                P::Recovering { workload_may_exist: false, not_before, cause }
            }

            (P::Creating { .. } | P::Unhealthy { .. }, F::RecoveryScheduled { not_before, cause }) => {
                P::Recovering { workload_may_exist: true, not_before, cause }
            }
            (
                P::Requested | P::Creating { .. } | P::Unhealthy { .. } | P::Recovering { .. },
                F::GaveUp { error, workload_may_exist },
            ) => P::Failed { error, workload_may_exist },

            (P::Created { workload, .. } | P::Unhealthy { workload, .. }, F::BecameHealthy { .. }) => {
                P::Running { workload, since: now }
            }
            (
                P::Created { workload, .. } | P::Running { workload, .. },
                F::BecameUnhealthy { recoverable, cause, .. },
            ) => P::Unhealthy { workload, since: now, recoverable, cause },
            // It only degraded; now it is down. Making it anew may help after all.
            (
                P::Unhealthy { workload, since, recoverable: false, .. },
                F::BecameUnhealthy { recoverable: true, cause, .. },
            ) => P::Unhealthy { workload, since, recoverable: true, cause },
            (phase @ P::Running { .. }, F::Stabilised) => phase,
            (P::Created { since, .. }, F::WorkloadMoved { workload }) => P::Created { workload, since },
            (P::Running { since, .. }, F::WorkloadMoved { workload }) => P::Running { workload, since },
            (P::Unhealthy { since, recoverable, cause, .. }, F::WorkloadMoved { workload }) => {
                P::Unhealthy { workload, since, recoverable, cause }
            }

            (P::Recovering { not_before, cause, .. }, F::OrphanRemoved) => {
                P::Recovering { workload_may_exist: false, not_before, cause }
            }
            (P::Recovering { workload_may_exist, cause, .. }, F::DestroyFailed { not_before, .. }) => {
                P::Recovering { workload_may_exist, not_before, cause }
            }

            (P::Created { .. } | P::Running { .. } | P::Unhealthy { .. }, F::RestartRequested) => {
                P::Recovering {
                    workload_may_exist: true,
                    not_before: now,
                    cause: Cause::new("RestartRequested", "a user asked for a new workload"),
                }
            }
            (P::Failed { workload_may_exist, .. }, F::RetryRequested | F::RestartRequested) => {
                if workload_may_exist {
                    P::Recovering {
                        workload_may_exist,
                        not_before: now,
                        cause: Cause::new("RetryRequested", "a user asked for another try"),
                    }
                } else {
                    P::Requested
                }
            }

            // The late answer of a create: the workload is known by its name, and removed with it.
            (P::Deleting { not_before, tries, .. }, F::CreateSucceeded { .. }) => {
                P::Deleting { workload_may_exist: true, not_before, tries }
            }
            // The late word that an effect may be under way: what it makes is to be removed, too.
            (P::Deleting { not_before, tries, .. }, F::OutcomeUnknown { settled_at: until, .. })
            | (P::Deleting { not_before, tries, .. }, F::CreatePending { inspect_at: until, .. }) => {
                P::Deleting { workload_may_exist: true, not_before: not_before.max(until), tries }
            }
            (P::Deleting { workload_may_exist, tries, .. }, F::DestroyFailed { not_before, .. }) => {
                P::Deleting { workload_may_exist, not_before, tries: tries.saturating_add(1) }
            }
            (P::Deleting { .. }, F::DeleteSucceeded) => P::Gone,

            _ => return Err(invalid),
        })
    }
}

#[cfg(test)]
#[path = "phase_tests.rs"]
mod tests;
