//! Words with a fixed set of values that describe how an instance stands.

use serde::Serialize;
use utoipa::ToSchema;

use crate::domain;

/// Where an instance stands. `gone` is only seen in events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
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

impl From<domain::PhaseKind> for Status {
    fn from(phase: domain::PhaseKind) -> Self {
        use domain::PhaseKind as P;
        match phase {
            P::Requested => Self::Requested,
            P::Creating => Self::Creating,
            P::Created => Self::Created,
            P::Running => Self::Running,
            P::Unhealthy => Self::Unhealthy,
            P::Recovering => Self::Recovering,
            P::Failed => Self::Failed,
            P::Deleting => Self::Deleting,
            P::Gone => Self::Gone,
        }
    }
}

/// Whether a condition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) enum ConditionStatus {
    True,
    False,
    Unknown,
    Warning,
}

impl From<domain::ConditionStatus> for ConditionStatus {
    fn from(status: domain::ConditionStatus) -> Self {
        match status {
            domain::ConditionStatus::True => Self::True,
            domain::ConditionStatus::False => Self::False,
            domain::ConditionStatus::Unknown => Self::Unknown,
            domain::ConditionStatus::Warning => Self::Warning,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_those_of_the_domain() {
        for phase in domain::PhaseKind::SEEN.into_iter().chain([domain::PhaseKind::Gone]) {
            assert_eq!(serde_json::to_value(Status::from(phase)).unwrap(), phase.as_str());
        }
        use domain::ConditionStatus as C;
        for status in [C::True, C::False, C::Unknown, C::Warning] {
            assert_eq!(serde_json::to_value(ConditionStatus::from(status)).unwrap(), status.as_str());
        }
    }
}
