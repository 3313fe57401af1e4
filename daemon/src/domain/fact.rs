//! Facts: things known to have happened. The only input of the state machine.

use super::{Condition, InstanceError, Timestamp, Workload, WorkloadName};

/// Why something happened: one word for machines and a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// `CamelCase`.
    pub reason: String,
    /// For people; holds no secret.
    pub message: String,
    /// Of a workload that ended, if its backend told it.
    pub exit_code: Option<i32>,
}

impl Cause {
    /// Reason and message.
    pub fn new(reason: impl Into<String>, message: impl Into<String>) -> Self {
        Self { reason: reason.into(), message: message.into(), exit_code: None }
    }

    /// The same with an exit code.
    pub fn with_exit_code(self, exit_code: Option<i32>) -> Self {
        Self { exit_code, ..self }
    }
}

/// Something known to have happened to one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Committed **before** the provisioner is called: from here on a workload may exist.
    CreateStarted {
        /// When this creation has taken too long.
        deadline: Timestamp,
    },
    /// The provisioner made or found the workload.
    CreateSucceeded {
        /// What it made.
        workload: Workload,
        /// True if it was there already.
        adopted: bool,
        /// What the template asked for and the backend ignored.
        warnings: Vec<String>,
    },
    /// The provisioner is at it; look again.
    CreatePending {
        /// When to look.
        inspect_at: Timestamp,
        /// For people.
        cause: Cause,
    },
    /// The call failed, was cut, or found nothing so far: whether a workload exists is not known.
    OutcomeUnknown {
        /// When to look.
        inspect_at: Timestamp,
        /// An absence seen before this is not believed.
        settled_at: Timestamp,
        /// True if nothing is known to have failed: the daemon died during the call.
        interrupted: bool,
        /// For people.
        cause: Cause,
    },
    /// The old name is held by something that can be neither inspected nor destroyed.
    Renamed {
        /// The name to use from now on.
        to: WorkloadName,
        /// Not before this: it is a new attempt.
        not_before: Timestamp,
        /// For people.
        cause: Cause,
    },
    /// A new try is due.
    RecoveryScheduled {
        /// Not before this.
        not_before: Timestamp,
        /// For people.
        cause: Cause,
    },
    /// No further try will be made.
    GaveUp {
        /// Why, for users.
        error: InstanceError,
        /// Whether a workload may be left outside.
        workload_may_exist: bool,
    },
    /// The server answered as an MCP server.
    BecameHealthy {
        /// What the rungs said.
        ladder: Vec<Condition>,
    },
    /// Its judgement over several probes turned.
    BecameUnhealthy {
        /// Whether making it anew may help.
        recoverable: bool,
        /// For people.
        cause: Cause,
        /// What the rungs said.
        ladder: Vec<Condition>,
    },
    /// Its backend says that the same workload answers elsewhere now, or is another one.
    WorkloadMoved {
        /// As it is now.
        workload: Workload,
    },
    /// Some condition changed, and the phase did not.
    ConditionsChanged {
        /// The changed ones.
        conditions: Vec<Condition>,
    },
    /// Healthy for so long that earlier attempts are forgiven.
    Stabilised,
    /// The workload of the last attempt is gone.
    OrphanRemoved,
    /// The workload could not be removed.
    DestroyFailed {
        /// When to try again.
        not_before: Timestamp,
        /// For people.
        cause: Cause,
    },
    /// A user wants it tried again.
    RetryRequested,
    /// A user wants it made anew.
    RestartRequested,
    /// A user wants it gone.
    DeleteRequested,
    /// It is gone.
    DeleteSucceeded,
    /// A user wants the record gone, whatever may remain outside.
    ForgetRequested,
}

/// A fact without its data: the column of the transition table, and the type of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is documented at the fact of the same name")]
pub enum FactKind {
    CreateStarted,
    CreateSucceeded,
    CreatePending,
    OutcomeUnknown,
    Renamed,
    RecoveryScheduled,
    GaveUp,
    BecameHealthy,
    BecameUnhealthy,
    WorkloadMoved,
    ConditionsChanged,
    Stabilised,
    OrphanRemoved,
    DestroyFailed,
    RetryRequested,
    RestartRequested,
    DeleteRequested,
    DeleteSucceeded,
    ForgetRequested,
}

impl FactKind {
    /// `kebab-case`: the type of the event that records it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CreateStarted => "create-started",
            Self::CreateSucceeded => "create-succeeded",
            Self::CreatePending => "create-pending",
            Self::OutcomeUnknown => "outcome-unknown",
            Self::Renamed => "renamed",
            Self::RecoveryScheduled => "recovery-scheduled",
            Self::GaveUp => "gave-up",
            Self::BecameHealthy => "became-healthy",
            Self::BecameUnhealthy => "became-unhealthy",
            Self::WorkloadMoved => "workload-moved",
            Self::ConditionsChanged => "conditions-changed",
            Self::Stabilised => "stabilised",
            Self::OrphanRemoved => "orphan-removed",
            Self::DestroyFailed => "destroy-failed",
            Self::RetryRequested => "retry-requested",
            Self::RestartRequested => "restart-requested",
            Self::DeleteRequested => "delete-requested",
            Self::DeleteSucceeded => "delete-succeeded",
            Self::ForgetRequested => "forget-requested",
        }
    }
}

impl Fact {
    /// Which fact this is.
    pub const fn kind(&self) -> FactKind {
        match self {
            Self::CreateStarted { .. } => FactKind::CreateStarted,
            Self::CreateSucceeded { .. } => FactKind::CreateSucceeded,
            Self::CreatePending { .. } => FactKind::CreatePending,
            Self::OutcomeUnknown { .. } => FactKind::OutcomeUnknown,
            Self::Renamed { .. } => FactKind::Renamed,
            Self::RecoveryScheduled { .. } => FactKind::RecoveryScheduled,
            Self::GaveUp { .. } => FactKind::GaveUp,
            Self::BecameHealthy { .. } => FactKind::BecameHealthy,
            Self::BecameUnhealthy { .. } => FactKind::BecameUnhealthy,
            Self::WorkloadMoved { .. } => FactKind::WorkloadMoved,
            Self::ConditionsChanged { .. } => FactKind::ConditionsChanged,
            Self::Stabilised => FactKind::Stabilised,
            Self::OrphanRemoved => FactKind::OrphanRemoved,
            Self::DestroyFailed { .. } => FactKind::DestroyFailed,
            Self::RetryRequested => FactKind::RetryRequested,
            Self::RestartRequested => FactKind::RestartRequested,
            Self::DeleteRequested => FactKind::DeleteRequested,
            Self::DeleteSucceeded => FactKind::DeleteSucceeded,
            Self::ForgetRequested => FactKind::ForgetRequested,
        }
    }

    /// Why, for the event: reason and message.
    pub fn cause(&self) -> Option<Cause> {
        match self {
            Self::CreatePending { cause, .. }
            | Self::OutcomeUnknown { cause, .. }
            | Self::Renamed { cause, .. }
            | Self::RecoveryScheduled { cause, .. }
            | Self::BecameUnhealthy { cause, .. }
            | Self::DestroyFailed { cause, .. } => Some(cause.clone()),
            Self::GaveUp { error, .. } => Some(Cause::new(error.code.clone(), error.message.clone())),
            Self::CreateSucceeded { adopted, workload, .. } => Some(Cause::new(
                if *adopted { "Adopted" } else { "Created" },
                format!("workload {} ({})", workload.name, workload.id),
            )),
            Self::WorkloadMoved { workload } => Some(Cause::new(
                "WorkloadMoved",
                format!(
                    "workload {} ({}) answers at {} now",
                    workload.name,
                    workload.id,
                    workload.url.as_deref().unwrap_or("no address")
                ),
            )),
            Self::ConditionsChanged { conditions } => {
                conditions.first().map(|first| Cause::new(first.reason.clone(), first.message.clone()))
            }
            _ => None,
        }
    }

    /// Whether this fact still counts when the record moved on since its plan was made. Only the
    /// answers of a create do: a workload that exists, or may exist in a moment, must be remembered,
    /// and a delete that came in between removes it.
    pub const fn outlives_its_plan(&self) -> bool {
        matches!(
            self,
            Self::CreateSucceeded { .. } | Self::CreatePending { .. } | Self::OutcomeUnknown { .. }
        )
    }
}
