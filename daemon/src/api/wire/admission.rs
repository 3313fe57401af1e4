//! What hooks said about a request.

use serde::Serialize;
use utoipa::ToSchema;

use super::{ProblemError, Time, microseconds};
use crate::domain;

/// One hook's verdict.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Admission {
    /// Which hook.
    pub(crate) hook: String,
    /// What it said; a hook that failed counts as its `on_error`.
    pub(crate) verdict: Verdict,
    /// `hook_denied`, or `hook_failed` or `hook_busy` when it could not answer; null if it simply allowed.
    #[schema(required)]
    pub(crate) code: Option<&'static str>,
    /// What its verdict does.
    pub(crate) mode: HookMode,
    /// Why it denied, what it warned of, or how it failed.
    #[schema(required)]
    pub(crate) message: Option<String>,
    /// Each part of the request it objected to.
    pub(crate) violations: Vec<ProblemError>,
    /// The exact component that decided: `sha256:<hex>`.
    pub(crate) digest: String,
    /// Of the settings it decided by: `sha256:<hex>` of their JSON; null if it was not recorded then.
    #[schema(required)]
    pub(crate) settings_hash: Option<String>,
    /// The plugin set that was active.
    pub(crate) generation: u64,
    pub(crate) at: Time,
    /// How long the review took, in microseconds.
    pub(crate) took_us: u64,
}

/// Whether a hook lets a request pass.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Allow,
    Deny,
}

/// Whether a denial refuses the request, or is only recorded.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum HookMode {
    Enforce,
    Audit,
    Off,
}

impl From<domain::Decision> for Verdict {
    fn from(decision: domain::Decision) -> Self {
        match decision {
            domain::Decision::Allow => Self::Allow,
            domain::Decision::Deny => Self::Deny,
        }
    }
}

impl From<domain::HookMode> for HookMode {
    fn from(mode: domain::HookMode) -> Self {
        match mode {
            domain::HookMode::Enforce => Self::Enforce,
            domain::HookMode::Audit => Self::Audit,
            domain::HookMode::Off => Self::Off,
        }
    }
}

impl From<&domain::Admission> for Admission {
    fn from(admission: &domain::Admission) -> Self {
        Self {
            hook: admission.hook.to_string(),
            verdict: admission.decision.into(),
            code: admission.code.map(domain::HookCode::as_str),
            mode: admission.mode.into(),
            message: admission.message.clone(),
            violations: admission.violations.iter().cloned().map(ProblemError::from).collect(),
            digest: admission.digest.clone(),
            settings_hash: admission.settings_hash.clone(),
            generation: admission.generation,
            at: admission.at.into(),
            took_us: microseconds(admission.took),
        }
    }
}
