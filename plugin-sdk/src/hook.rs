//! Hooks: they review a request before it is accepted and before anything is stored.

use crate::{Failure, InstanceRequest, Pairs, Plugin, Violation};

/// Reviews a request before it is accepted.
///
/// A failure is not a verdict: what happens to the request then is for the operator to say (`on_error`).
pub trait Hook: Plugin {
    /// Allows the request or denies it, with all reasons at once.
    fn review(&self, call: ReviewCall) -> Result<Verdict, Failure>;
}

/// What a hook is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewCall {
    /// `create` in this version.
    pub operation: String,
    /// The resolved request.
    pub request: InstanceRequest,
    /// Name of the provisioner that will make the workload.
    pub provisioner: String,
    /// Names only: a hook never sees the values of secrets.
    pub secret_names: Vec<String>,
    /// True: the request is only tried out, nothing will be made.
    pub dry_run: bool,
    /// What later hosts say beside this.
    pub extra: Pairs,
}

/// Yes or no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing against it.
    Allow,
    /// The request is refused.
    Deny,
    /// A decision that later hosts may know; others take it as deny.
    Other(String),
}

/// What a hook answers.
///
/// ```
/// use wharfinger_plugin_sdk::{Decision, Verdict, Violation};
///
/// assert_eq!(Verdict::of(Vec::new()), Verdict::allow());
/// let denied = Verdict::deny([Violation::new("/name", "too_long", "at most 12 characters")]);
/// assert_eq!(denied.decision, Decision::Deny);
/// assert_eq!(Verdict::allow().warning("this name is taken elsewhere").warnings.len(), 1);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Yes or no.
    pub decision: Decision,
    /// Why not: one for each bad place.
    pub violations: Vec<Violation>,
    /// Shown to the user; they refuse nothing.
    pub warnings: Vec<String>,
    /// What this hook wants to say beside that.
    pub extra: Pairs,
}

impl Verdict {
    /// Nothing against it.
    pub fn allow() -> Self {
        Self { decision: Decision::Allow, violations: Vec::new(), warnings: Vec::new(), extra: Pairs::new() }
    }

    /// Refused, for these reasons.
    pub fn deny(violations: impl IntoIterator<Item = Violation>) -> Self {
        Self { decision: Decision::Deny, violations: violations.into_iter().collect(), ..Self::allow() }
    }

    /// Refused if there is a violation, else allowed.
    pub fn of(violations: Vec<Violation>) -> Self {
        if violations.is_empty() { Self::allow() } else { Self::deny(violations) }
    }

    /// Adds a warning for the user.
    #[must_use]
    pub fn warning(mut self, message: impl Into<String>) -> Self {
        self.warnings.push(message.into());
        self
    }
}
