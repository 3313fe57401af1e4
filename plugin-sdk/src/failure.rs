//! How a plugin says no.

use std::fmt;
use std::time::Duration;

use crate::Pairs;

/// What a failure means to the host: it decides by this what happens next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Never will be accepted, however often it is repeated.
    Invalid,
    /// The name belongs to somebody else; it was not touched.
    Foreign,
    /// What was asked about does not exist.
    NotFound,
    /// Refused before it had any effect: it may be repeated.
    NotApplied,
    /// It may or may not have had its effect: the host inspects before it does anything else.
    OutcomeUnknown,
    /// This plugin cannot do that.
    Unsupported,
    /// A grant is missing.
    Denied,
    /// A kind that later hosts may know; others treat it as an unknown outcome.
    Other(String),
}

/// One bad place in a request or in the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violation {
    /// JSON pointer (RFC 6901); empty for the whole.
    pub pointer: String,
    /// Stable and machine-readable, `snake_case`.
    pub code: String,
    /// For people: what is wrong and what is allowed.
    pub message: String,
    /// What this plugin wants to say beside that.
    pub extra: Pairs,
}

impl Violation {
    /// A violation at `pointer` (see [`Violation::pointer_to`]), with a `snake_case` code and a
    /// sentence for people.
    pub fn new(pointer: impl Into<String>, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code: code.into(), message: message.into(), extra: Pairs::new() }
    }

    /// The JSON pointer that leads through these members: `["environment", "A/B"]` is
    /// `/environment/A~1B`.
    ///
    /// ```
    /// use wharfinger_plugin_sdk::Violation;
    ///
    /// assert_eq!(Violation::pointer_to(["labels", "cost/centre"]), "/labels/cost~1centre");
    /// ```
    pub fn pointer_to<'a>(members: impl IntoIterator<Item = &'a str>) -> String {
        members
            .into_iter()
            .map(|member| format!("/{}", member.replace('~', "~0").replace('/', "~1")))
            .collect()
    }
}

/// Why a call did not do what was asked.
///
/// ```
/// use std::time::Duration;
/// use wharfinger_plugin_sdk::{Failure, FailureKind, Violation};
///
/// let busy = Failure::not_applied("the backend is full").retry_after(Duration::from_secs(30));
/// assert_eq!(busy.kind, FailureKind::NotApplied);
/// let image = Violation::new("/template", "image_required", "the template names no image");
/// assert_eq!(Failure::invalid("no image").violations([image]).violations.len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What the host may conclude.
    pub kind: FailureKind,
    /// For people: what failed and what to do. **Never secrets.**
    pub message: String,
    /// How long the host should wait before it tries again. Sent in whole milliseconds.
    pub retry_after: Option<Duration>,
    /// The bad places, for [`FailureKind::Invalid`].
    pub violations: Vec<Violation>,
    /// What this plugin wants to say beside that.
    pub extra: Pairs,
}

impl Failure {
    /// A failure of this kind, with a message for people.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None, violations: Vec::new(), extra: Pairs::new() }
    }

    /// Never will be accepted, however often it is repeated.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Invalid, message)
    }

    /// The name belongs to somebody else; it was not touched.
    pub fn foreign(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Foreign, message)
    }

    /// What was asked about does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(FailureKind::NotFound, message)
    }

    /// Refused before it had any effect: it may be repeated.
    pub fn not_applied(message: impl Into<String>) -> Self {
        Self::new(FailureKind::NotApplied, message)
    }

    /// It may or may not have had its effect: the host inspects next.
    pub fn outcome_unknown(message: impl Into<String>) -> Self {
        Self::new(FailureKind::OutcomeUnknown, message)
    }

    /// This plugin cannot do that.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Unsupported, message)
    }

    /// A grant is missing.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Denied, message)
    }

    /// A kind of its own, for example `orphan-suspected`.
    pub fn other(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(FailureKind::Other(kind.into()), message)
    }

    /// Asks the host to wait this long before it tries again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Adds bad places.
    #[must_use]
    pub fn violations(mut self, violations: impl IntoIterator<Item = Violation>) -> Self {
        self.violations.extend(violations);
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_escape_what_json_pointers_escape() {
        assert_eq!(Violation::pointer_to(["environment", "A/B~C"]), "/environment/A~1B~0C");
    }
}
