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

/// How a review ended that did not simply allow. Its word is also the code of the problem that a
/// refused request gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HookCode {
    /// The hook said no.
    Denied,
    /// The hook could not answer, and counts as its `on_error`.
    Failed,
    /// The hook had no turn free: it was not asked, and counts as its `on_error`.
    Busy,
}

impl HookCode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Denied, Self::Failed, Self::Busy];

    /// On the wire and on the disk.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "hook_denied",
            Self::Failed => "hook_failed",
            Self::Busy => "hook_busy",
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
    /// How it came to that; none if it simply allowed.
    pub code: Option<HookCode>,
    /// Enforced or only recorded.
    pub mode: HookMode,
    /// Why it denied, what it warned of, or how it failed.
    pub message: Option<String>,
    /// Each part of the request it objected to.
    pub violations: Vec<Violation>,
    /// The exact component that decided: `sha256:<hex>`.
    pub digest: String,
    /// Of the settings it decided by, `sha256:<hex>` of their JSON; none in old records.
    pub settings_hash: Option<String>,
    /// The plugin set that was active.
    pub generation: u64,
    /// When.
    pub at: Timestamp,
    /// How long the review took.
    pub took: Duration,
}
