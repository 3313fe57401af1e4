//! Problem details (RFC 9457).

use serde::Serialize;
use utoipa::ToSchema;

use super::Admission;
use crate::api::problem::Code;
use crate::domain::Violation;

/// Why a request got no success.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// `/docs/problems/{code}`.
    pub(crate) r#type: String,
    /// The same for every problem with this code.
    pub(crate) title: String,
    pub(crate) status: u16,
    /// This occurrence.
    pub(crate) detail: String,
    pub(crate) code: Code,
    /// Each part of the request that is wrong.
    pub(crate) errors: Vec<ProblemError>,
    /// What to do about it.
    pub(crate) remedy: String,
    /// The same request may go well another time.
    pub(crate) retryable: bool,
    /// Also in the X-Request-Id header and in the log.
    pub(crate) request_id: String,
    /// Which hook refused; only there when one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hook: Option<String>,
    /// What every hook that was asked said; only there when one refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) admission: Option<Vec<Admission>>,
}

/// One thing wrong with a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ProblemError {
    /// JSON pointer (RFC 6901) into the body; empty for the whole, or when it is not about the body.
    pub(crate) pointer: String,
    /// The query parameter it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parameter: Option<String>,
    /// Stable, `snake_case`; plugins bring their own.
    pub(crate) code: String,
    /// What is wrong and what is allowed.
    pub(crate) message: String,
}

impl From<Violation> for ProblemError {
    fn from(violation: Violation) -> Self {
        let Violation { pointer, code, message } = violation;
        Self { pointer, parameter: None, code, message }
    }
}
