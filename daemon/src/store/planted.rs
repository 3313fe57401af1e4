//! A write that fails once, planted by a test. Without the feature `planted-faults` none can be
//! planted, and the question after it is a constant.

use crate::domain::Revision;

/// What goes wrong with one store; nothing by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Planted(#[cfg(feature = "planted-faults")] Option<Revision>);

impl Planted {
    /// The commit that would write this revision fails, once.
    #[cfg(feature = "planted-faults")]
    pub const fn unwritten(revision: Revision) -> Self {
        Self(Some(revision))
    }

    /// Whether the commit fails that would write the revisions after `from`, up to `to`.
    #[cfg(feature = "planted-faults")]
    pub(super) fn strikes(&mut self, from: Revision, to: Revision) -> bool {
        self.0.take_if(|at| from < *at && *at <= to).is_some()
    }

    /// None does.
    #[cfg(not(feature = "planted-faults"))]
    pub(super) const fn strikes(&mut self, _: Revision, _: Revision) -> bool {
        false
    }
}
