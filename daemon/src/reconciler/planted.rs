//! Faults that a test plants, to see that the simulation finds them. Without the feature
//! `planted-faults` none can be planted, and every question after them is a constant.

/// What can be wrong with a reconciler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// A creation that an earlier daemon was at is left alone.
    ForgetsToResume,
    /// A recovery leaves the old workload where it is.
    ForgetsTheOldWorkload,
    /// A workload is asked for before its intent is durable.
    ActsBeforeTheIntent,
    /// A workload that could not be removed is recorded as gone.
    RecordsAFailedDeleteAsDone,
    /// There is one more attempt than may be.
    TriesOnceTooOften,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 5] = [
        Self::ForgetsToResume,
        Self::ForgetsTheOldWorkload,
        Self::ActsBeforeTheIntent,
        Self::RecordsAFailedDeleteAsDone,
        Self::TriesOnceTooOften,
    ];
}

/// The fault of one reconciler; none by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Planted(#[cfg(feature = "planted-faults")] Option<Fault>);

impl Planted {
    /// This one.
    #[cfg(feature = "planted-faults")]
    pub const fn fault(fault: Fault) -> Self {
        Self(Some(fault))
    }

    /// Whether it is this one.
    #[cfg(feature = "planted-faults")]
    pub(super) fn is(self, fault: Fault) -> bool {
        self.0 == Some(fault)
    }

    /// It is none.
    #[cfg(not(feature = "planted-faults"))]
    pub(super) const fn is(self, _: Fault) -> bool {
        false
    }
}
