//! The daemon's own health.

use serde::Serialize;
use utoipa::ToSchema;

use crate::runtime;

/// The daemon answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Liveness {
    /// Always true: a dead daemon does not answer.
    pub(crate) live: bool,
}

/// Whether the daemon is ready, and why not.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// Every check holds.
    pub(crate) ready: bool,
    pub(crate) checks: Vec<Check>,
}

/// One thing that must have happened, or must hold.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) ready: bool,
}

impl From<&runtime::Readiness> for Readiness {
    fn from(readiness: &runtime::Readiness) -> Self {
        let checks: Vec<Check> =
            readiness.checks().into_iter().map(|(name, ready)| Check { name, ready }).collect();
        // From the same look as the checks: the two never disagree.
        Self { ready: checks.iter().all(|check| check.ready), checks }
    }
}
