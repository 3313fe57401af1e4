//! The one translation of the service's refusals into problems. Exhaustive: a new refusal does
//! not compile until it has a code.

use std::time::Duration;

use super::{Code, Problem};
use crate::api::wire::ProblemError;
use crate::domain::{Failure, FailureKind, HookCode};
use crate::runtime::ErrorChain;
use crate::service::{Denial, Error, RollbackError, ToolCallError};

/// When to come back if nobody knows better.
const SOON: Duration = Duration::from_secs(5);

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::InstanceNotFound(_) => Self::new(Code::InstanceNotFound, detail),
            Error::OrphanNotFound(_) => Self::new(Code::OrphanNotFound, detail),
            Error::OrphanAmbiguous { .. } => Self::new(Code::OrphanAmbiguous, detail),
            Error::OrphanUnmarked(_) => Self::new(Code::OrphanUnmarked, detail),
            Error::TemplateNotFound(_) => Self::new(Code::TemplateNotFound, detail),
            Error::Invalid(violations) => Self::new(Code::InvalidRequest, detail)
                .with_errors(violations.into_iter().map(ProblemError::from).collect()),
            Error::ProvisionerRetired(_) => Self::new(Code::ProvisionerRetired, detail),
            Error::ProvisionerDisabled(_) => Self::new(Code::ProvisionerDisabled, detail),
            Error::Rollback(error) => rollback(&error, detail),
            Error::Denied(denial) => denied(*denial, detail),
            Error::NameTaken { .. } => Self::new(Code::NameTaken, detail),
            Error::NameDeleting { .. } => Self::new(Code::NameDeleting, detail),
            Error::PhaseRefuses { .. } => Self::new(Code::PhaseRefuses, detail),
            Error::Stale { .. } => Self::new(Code::StaleRevision, detail),
            Error::KeyReused => Self::new(Code::IdempotencyKeyReused, detail),
            Error::KeyInFlight { retry_after } => {
                Self::new(Code::IdempotentRequestInFlight, detail).with_retry_after(retry_after)
            }
            Error::RepeatedInstanceGone(_) => Self::new(Code::IdempotentInstanceGone, detail),
            Error::RepeatedBulkGone(_) => Self::new(Code::IdempotentBulkGone, detail),
            Error::KeysFull { retry_after, .. } => {
                Self::new(Code::IdempotencyKeysFull, detail).with_retry_after(retry_after)
            }
            Error::BulkNotFound(_) => Self::new(Code::BulkNotFound, detail),
            Error::SelectionDiffers { .. } => Self::new(Code::SelectionDiffers, detail),
            Error::Compacted { .. } => Self::new(Code::RevisionCompacted, detail),
            Error::NoEndpoint { .. } => Self::new(Code::NoEndpoint, detail),
            Error::ToolNotFound { .. } => Self::new(Code::ToolNotFound, detail),
            Error::Call(error) => not_called(&error, detail),
            Error::Provisioner(failure) => provisioner_failed(failure),
            Error::Busy { retry_after } => Self::new(Code::Busy, detail).with_retry_after(retry_after),
            Error::HookNotFound { .. } => Self::new(Code::HookNotFound, detail),
            Error::RehearsalUnderWay { retry_after } => {
                Self::new(Code::Busy, detail).with_retry_after(retry_after)
            }
            Error::StoreReadOnly => Self::new(Code::StoreUnavailable, detail).with_retry_after(SOON),
            Error::Store(_) => {
                // Where the database is and what the disk said is the operator's business.
                tracing::error!(error = %ErrorChain(&error), "the database does not answer");
                Self::new(Code::StoreUnavailable, detail).with_retry_after(SOON)
            }
        }
    }
}

fn rollback(error: &RollbackError, detail: String) -> Problem {
    match error {
        RollbackError::Unknown { known, .. } => {
            Problem::new(Code::PluginNotFound, format!("{detail}: there are {}", known.join(", ")))
        }
        RollbackError::Ambiguous(_) => Problem::new(Code::PluginAmbiguous, detail),
        RollbackError::NothingBefore { .. } => Problem::new(Code::NothingToRollBackTo, detail),
        RollbackError::Refused { .. } => Problem::new(Code::RollbackRefused, detail),
    }
}

fn denied(denial: Denial, detail: String) -> Problem {
    let Denial { hook, code, retry_after, violations, admission } = denial;
    let problem = match code {
        HookCode::Denied => Problem::new(Code::HookDenied, detail),
        HookCode::Failed => Problem::new(Code::HookFailed, detail),
        HookCode::Busy => Problem::new(Code::HookBusy, detail).with_retry_after(retry_after),
    };
    problem
        .with_errors(violations.into_iter().map(ProblemError::from).collect())
        .with_admission(hook, admission.verdicts)
}

/// The server's own code goes into `errors`, as a provisioner's does.
fn not_called(error: &ToolCallError, detail: String) -> Problem {
    match error {
        ToolCallError::Busy => Problem::new(Code::Busy, detail).with_retry_after(SOON),
        ToolCallError::NotAllowed(_) => Problem::new(Code::EndpointRefused, detail),
        ToolCallError::Unreachable(_) => Problem::new(Code::EndpointUnreachable, detail),
        ToolCallError::NeedsCredentials(_) => Problem::new(Code::NeedsCredentials, detail),
        ToolCallError::Refused { code, message } => {
            let (pointer, code, message) = (String::new(), code.to_string(), message.clone());
            let error = ProblemError { pointer, parameter: None, code, message };
            Problem::new(Code::ToolRefused, detail).with_errors(vec![error])
        }
        ToolCallError::Failed(_) => Problem::new(Code::ToolFailed, detail),
        ToolCallError::TimedOut(_) => Problem::new(Code::ToolTimedOut, detail),
    }
}

/// A provisioner that was asked on a user's behalf. Its own code goes into `errors`: ours say
/// whose fault it is.
fn provisioner_failed(failure: Failure) -> Problem {
    let Failure { kind, code, message, retry_after, violations } = failure;
    let problem = Problem::new(
        match kind {
            FailureKind::NotFound => Code::WorkloadNotFound,
            FailureKind::Unsupported => Code::ProvisionerUnsupported,
            FailureKind::NotApplied => Code::ProvisionerUnavailable,
            FailureKind::Invalid
            | FailureKind::Foreign
            | FailureKind::OutcomeUnknown
            | FailureKind::Denied
            | FailureKind::OrphanSuspected
            | FailureKind::Other(_) => Code::ProvisionerFailed,
        },
        message.clone(),
    );
    let mut errors = vec![ProblemError { pointer: String::new(), parameter: None, code, message }];
    errors.extend(violations.into_iter().map(ProblemError::from));
    let problem = problem.with_errors(errors);
    match (problem.code(), retry_after) {
        (_, Some(after)) => problem.with_retry_after(after),
        (Code::ProvisionerUnavailable, None) => problem.with_retry_after(SOON),
        (_, None) => problem,
    }
}
