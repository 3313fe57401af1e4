//! What a hook says about a request, and what is kept of it.

use std::time::Duration;

use super::{HookName, Timestamp};

/// One thing wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// JSON pointer (RFC 6901) into the request; empty for the whole.
    pub pointer: String,
    /// Stable, `snake_case`.
    pub code: String,
    /// For people: what is wrong and what is allowed.
    pub message: String,
}

/// Whether a hook lets a request pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// It may pass.
    Allow,
    /// It may not; the verdict's violations say why.
    Deny,
}

/// A hook's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Pass or not.
    pub decision: Decision,
    /// Why not.
    pub violations: Vec<Violation>,
    /// Shown to the user; they refuse nothing.
    pub warnings: Vec<String>,
}

/// What a hook's verdict does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookMode {
    /// A denial refuses the request.
    Enforce,
    /// A denial is recorded and refuses nothing.
    Audit,
    /// The hook is not asked.
    Off,
}

impl HookMode {
    /// As in the configuration and on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Audit => "audit",
            Self::Off => "off",
        }
    }
}

/// The record of one hook's verdict, stored with the instance it admitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// Which hook.
    pub hook: HookName,
    /// What it said; a hook that failed counts as its `on_error`.
    pub decision: Decision,
    /// Enforced or only recorded.
    pub mode: HookMode,
    /// Why it denied, what it warned of, or how it failed.
    pub message: Option<String>,
    /// The exact component that decided: `sha256:<hex>`.
    pub digest: String,
    /// The plugin set that was active.
    pub generation: u64,
    /// When.
    pub at: Timestamp,
    /// How long the review took.
    pub took: Duration,
}
