//! What hooks said about a request.

use serde::Serialize;
use utoipa::ToSchema;

use super::microseconds;
use crate::domain;

/// One hook's verdict.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Admission {
    /// Which hook.
    pub(crate) hook: String,
    /// What it said; a hook that failed counts as its `on_error`.
    pub(crate) verdict: Verdict,
    /// What its verdict does.
    pub(crate) mode: HookMode,
    /// Why it denied, what it warned of, or how it failed.
    #[schema(required)]
    pub(crate) message: Option<String>,
    /// The exact component that decided: `sha256:<hex>`.
    pub(crate) digest: String,
    /// The plugin set that was active.
    pub(crate) generation: u64,
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

impl From<&domain::Admission> for Admission {
    fn from(admission: &domain::Admission) -> Self {
        Self {
            hook: admission.hook.to_string(),
            verdict: match admission.decision {
                domain::Decision::Allow => Verdict::Allow,
                domain::Decision::Deny => Verdict::Deny,
            },
            mode: match admission.mode {
                domain::HookMode::Enforce => HookMode::Enforce,
                domain::HookMode::Audit => HookMode::Audit,
                domain::HookMode::Off => HookMode::Off,
            },
            message: admission.message.clone(),
            digest: admission.digest.clone(),
            generation: admission.generation,
            took_us: microseconds(admission.took),
        }
    }
}
