//! Why a request got no success: problems (RFC 9457).
//!
//! A handler answers with a [`Problem`]; its body is written by the outermost layer, which knows
//! the request's id. The codes are data, see [`codes`]; what their pages say is in `guide`.

mod codes;
mod documented;
mod guide;
mod translate;

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, header};

pub(crate) use codes::{Code, Entry};
pub(crate) use documented::{document_problem, document_problems, problems};

use super::wire::{self, ProblemError};
use crate::domain::{Admission, HookName, Refusal, Violation};
use crate::service::Error;

/// What went wrong with one request. Small, so that it travels in a `Result`.
#[derive(Debug, Clone)]
pub(crate) struct Problem(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    code: Code,
    detail: String,
    errors: Vec<ProblemError>,
    retryable: bool,
    retry_after: Option<Duration>,
    hook: Option<HookName>,
    admission: Vec<Admission>,
}

impl Problem {
    /// `detail` is about this occurrence, for people, and holds no secret.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            retryable: code.entry().retryable,
            retry_after: None,
            hook: None,
            admission: Vec::new(),
        }))
    }

    /// Each part of the request that is wrong.
    pub(crate) fn with_errors(mut self, errors: Vec<ProblemError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// When to try again.
    pub(crate) fn with_retry_after(mut self, after: Duration) -> Self {
        self.0.retry_after = Some(after);
        self.0.retryable = true;
        self
    }

    /// Which hook refused, and what every hook said.
    pub(crate) fn with_admission(mut self, hook: HookName, admission: Vec<Admission>) -> Self {
        self.0.hook = Some(hook);
        self.0.admission = admission;
        self
    }

    /// Its code.
    pub(crate) fn code(&self) -> Code {
        self.0.code
    }

    /// The body, for the request with this id.
    pub(crate) fn body(self, request_id: &str) -> wire::Problem {
        let Inner { code, detail, errors, retryable, hook, admission, .. } = *self.0;
        let entry = code.entry();
        let admission = hook.is_some().then(|| admission.iter().map(wire::Admission::from).collect());
        wire::Problem {
            r#type: format!("/docs/problems/{}", entry.code),
            title: entry.title.to_owned(),
            status: entry.status,
            detail,
            code,
            errors,
            remedy: entry.remedy.to_owned(),
            retryable,
            request_id: request_id.to_owned(),
            hook: hook.map(|hook| hook.to_string()),
            admission,
        }
    }
}

/// What can be stored of a refusal, for those who know no HTTP.
pub fn refusal(error: Error) -> Refusal {
    Problem::from(error).into()
}

/// What can be stored of it, without HTTP: its code stands for the rest.
impl From<Problem> for Refusal {
    fn from(Problem(problem): Problem) -> Self {
        let Inner { code, detail, errors, retryable, hook, admission, .. } = *problem;
        let violation = |ProblemError { pointer, code, message, .. }| Violation { pointer, code, message };
        Self {
            code: code.entry().code.to_owned(),
            message: detail,
            retryable,
            violations: errors.into_iter().map(violation).collect(),
            hook,
            admission,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let Refusal { code, message, retryable, violations, hook, admission } = refusal;
        // One that another version stored and this one does not know says the least.
        let known = Code::ALL.iter().copied().find(|known| known.entry().code == code);
        let errors = violations.into_iter().map(ProblemError::from).collect();
        let mut problem = Self::new(known.unwrap_or(Code::InvalidRequest), message).with_errors(errors);
        problem.0.retryable = retryable;
        problem.0.hook = hook;
        problem.0.admission = admission;
        problem
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.code.status().into_response();
        if let Some(after) = self.0.retry_after {
            // Rounded up: whoever comes at that second is not too early.
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        response.extensions_mut().insert(self);
        response
    }
}
