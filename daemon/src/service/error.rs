//! Why a request is refused.

use std::time::Duration;

use super::AdmissionReport;
use crate::domain::{
    BulkId, Failure, HookCode, HookName, InstanceId, InstanceName, PhaseKind, ProvisionerName, Revision,
    Violation,
};
use crate::extension::{RollbackError, ToolCallError};
use crate::{lifecycle, store};

/// Each variant names the thing; the remedy is added where it is shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No instance has this id or name.
    #[error("there is no instance {0:?}")]
    InstanceNotFound(String),
    /// No workload without a record has this name.
    #[error("there is no orphan {0:?}")]
    OrphanNotFound(String),
    /// Two provisioners show it.
    #[error("{} and {} both show a workload {workload} without a record", provisioners[0], provisioners[1])]
    OrphanAmbiguous {
        /// Which name.
        workload: String,
        /// Two of those who show it.
        provisioners: [ProvisionerName; 2],
    },
    /// It does not say which instance it was made for, or its backend does not say enough of it.
    #[error("the workload {0} does not say which instance it was made for")]
    OrphanUnmarked(String),
    /// No template has this name.
    #[error("there is no template {0:?}")]
    TemplateNotFound(String),
    /// Well-formed, and wrong: each violation names its place.
    #[error("the request is refused: {}", summary(.0))]
    Invalid(Vec<Violation>),
    /// The provisioner takes no new instances.
    #[error("the provisioner {0} is retired: it looks after the instances it has, and takes no new ones")]
    ProvisionerRetired(ProvisionerName),
    /// The provisioner is not called.
    #[error("the provisioner {0} is disabled")]
    ProvisionerDisabled(ProvisionerName),
    /// An earlier version of a plugin was not put back.
    #[error(transparent)]
    Rollback(#[from] RollbackError),
    /// A hook said no, or could not answer.
    #[error("{0}")]
    Denied(Box<Denial>),
    /// A living instance has the name.
    #[error("the name {name} is taken by instance {holder}")]
    NameTaken {
        /// Which name.
        name: InstanceName,
        /// Who has it.
        holder: InstanceId,
    },
    /// The instance with the name is on its way out.
    #[error("the name {name} is free again as soon as instance {holder} is gone: it is being deleted")]
    NameDeleting {
        /// Which name.
        name: InstanceName,
        /// Who still has it.
        holder: InstanceId,
    },
    /// The phase does not allow it.
    #[error("the instance is {phase}: it cannot be {asked} now")]
    PhaseRefuses {
        /// Where it stands.
        phase: PhaseKind,
        /// What was asked, as a participle.
        asked: &'static str,
    },
    /// `If-Match` names another revision.
    #[error("the instance has changed since revision {asked}: it is at {current}")]
    Stale {
        /// What the caller knew.
        asked: Revision,
        /// What is.
        current: Revision,
    },
    /// The idempotency key came with another request before.
    #[error("another request was accepted with this idempotency key")]
    KeyReused,
    /// The first request with the idempotency key is under way.
    #[error("a request with this idempotency key is under way")]
    KeyInFlight {
        /// When it may be known what came of it.
        retry_after: Duration,
    },
    /// The instance that the first request made was deleted since.
    #[error("the request was accepted before, and the instance {0} that it made is gone")]
    RepeatedInstanceGone(InstanceId),
    /// The bulk that the first request made is forgotten.
    #[error("the request was accepted before, and the bulk {0} that it made is forgotten")]
    RepeatedBulkGone(BulkId),
    /// No more idempotency keys can be remembered.
    #[error("{kept} idempotency keys are remembered, and no more can be")]
    KeysFull {
        /// How many.
        kept: u64,
        /// When one is forgotten.
        retry_after: Duration,
    },
    /// No bulk has this id.
    #[error("there is no bulk {0:?}")]
    BulkNotFound(String),
    /// A label selector finds another number of instances than its sender knows of.
    #[error("the labels select {found} instances, and {expected} were expected: nothing was done")]
    SelectionDiffers {
        /// What there is.
        found: usize,
        /// What was said.
        expected: usize,
    },
    /// Events are asked for that are not kept any more, or that never were.
    #[error(
        "not every event after revision {asked} is here: those after {horizon} are, and the last is {last}"
    )]
    Compacted {
        /// After which.
        asked: Revision,
        /// The first that could be asked for.
        horizon: Revision,
        /// The last event.
        last: Revision,
    },
    /// There is nobody to call.
    #[error("the instance is {phase} and has no endpoint: its tools cannot be called now")]
    NoEndpoint {
        /// Where it stands.
        phase: PhaseKind,
    },
    /// The instance has no such tool.
    #[error("{instance} has no tool {tool:?}; its server says: {message}")]
    ToolNotFound {
        /// Whose.
        instance: InstanceName,
        /// Which.
        tool: String,
        /// What the server said to the call.
        message: String,
    },
    /// A call of a tool has no result.
    #[error(transparent)]
    Call(ToolCallError),
    /// The provisioner could not answer.
    #[error("the provisioner could not answer")]
    Provisioner(#[source] Failure),
    /// A bound is reached.
    #[error("too many requests are under way")]
    Busy {
        /// When it may go.
        retry_after: Duration,
    },
    /// The configuration has no hook of this name.
    #[error("there is no hook {name:?}: there are {}", list(hooks))]
    HookNotFound {
        /// Which name.
        name: String,
        /// Those there are.
        hooks: Vec<HookName>,
    },
    /// Rehearsals are made one at a time.
    #[error("a rehearsal is under way, and the next is made when it is over")]
    RehearsalUnderWay {
        /// When it may be.
        retry_after: Duration,
    },
    /// The database takes no writes at the moment. Said in the log once, when it began.
    #[error("the database takes no writes at the moment; reads are answered")]
    StoreReadOnly,
    /// The database cannot be read.
    #[error("the database does not answer")]
    Store(#[source] store::Error),
}

/// Which hook refused, and all that the hooks said.
#[derive(Debug, thiserror::Error)]
#[error("the hook {hook} {}: {}", if *code == HookCode::Busy { "is busy" } else { "refused" }, summary(violations))]
pub struct Denial {
    /// The first that refused.
    pub hook: HookName,
    /// Whether it said so, or could not answer and its `on_error` is `deny`.
    pub code: HookCode,
    /// When it may answer, if it could not.
    pub retry_after: Duration,
    /// Why.
    pub violations: Vec<Violation>,
    /// What every hook that was asked said.
    pub admission: AdmissionReport,
}

fn list(hooks: &[HookName]) -> String {
    if hooks.is_empty() {
        return "none".to_owned();
    }
    hooks.iter().map(HookName::as_str).collect::<Vec<_>>().join(", ")
}

pub(super) fn summary(violations: &[Violation]) -> String {
    violations.iter().map(|violation| violation.message.as_str()).collect::<Vec<_>>().join("; ")
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NameTaken { name, holder, deleting: true } => Self::NameDeleting { name, holder },
            store::Error::NameTaken { name, holder, deleting: false } => Self::NameTaken { name, holder },
            store::Error::Unwritable => Self::StoreReadOnly,
            store::Error::Busy => Self::Busy { retry_after: Duration::from_secs(1) },
            store::Error::BulksFull { .. } => Self::Busy { retry_after: Duration::from_secs(5) },
            store::Error::KeysFull { kept, free_in } => Self::KeysFull { kept, retry_after: free_in },
            error => Self::Store(error),
        }
    }
}

impl Error {
    /// One thing is wrong with the request, at this place.
    pub(super) fn invalid(pointer: &str, code: &str, message: String) -> Self {
        Self::Invalid(vec![Violation { pointer: pointer.to_owned(), code: code.to_owned(), message }])
    }

    /// A refusal of the lifecycle, in the words of the one who asked.
    pub(super) fn of(
        error: lifecycle::Error,
        reference: &str,
        asked: &'static str,
        seen: Option<Revision>,
    ) -> Self {
        match error {
            lifecycle::Error::NotFound => Self::InstanceNotFound(reference.to_owned()),
            lifecycle::Error::Stale { current } => Self::Stale { asked: seen.unwrap_or_default(), current },
            lifecycle::Error::Refused(refused) => Self::PhaseRefuses { phase: refused.from, asked },
            lifecycle::Error::Store(error) => error.into(),
        }
    }

    /// Whether it is about the moment and not about the request: the same goes well a little later.
    pub(super) fn passes(&self) -> bool {
        match self {
            Self::Denied(denial) => denial.code == HookCode::Busy,
            error => matches!(error, Self::Busy { .. } | Self::Store(_)),
        }
    }

    /// Of a read, which cannot be refused but by the store.
    pub(super) fn reading(error: lifecycle::Error) -> Self {
        Self::of(error, "", "read", None)
    }
}
