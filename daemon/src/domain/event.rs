//! What happened, numbered: the history of one instance, and of the daemon as a whole.

use super::{Cause, InstanceId, InstanceName, PhaseKind, Revision, Timestamp};

/// One committed change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its number; also the instance's revision from then on, if it is about one.
    pub revision: Revision,
    /// When it was committed.
    pub at: Timestamp,
    /// Which instance changed, and how; none for a [`Notice`].
    pub subject: Option<Subject>,
    /// [`Event::ACCEPTED`] or [`Event::ADOPTED`] for the first of an instance, else the kind of the fact or notice.
    pub kind: String,
    /// One word for machines.
    pub reason: Option<String>,
    /// For people; holds no secret.
    pub message: Option<String>,
}

/// The instance an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Whose.
    pub id: InstanceId,
    /// Its name, which the instance may outlive.
    pub name: InstanceName,
    /// The phase before; none for the first.
    pub from: Option<PhaseKind>,
    /// The phase after; `gone` for the last.
    pub to: PhaseKind,
}

impl Event {
    /// The kind of the event that made the record.
    pub const ACCEPTED: &'static str = "accepted";
    /// The same for a record made for a workload that was there.
    pub const ADOPTED: &'static str = "adopted";

    /// Whether it is about this instance.
    pub fn is_about(&self, id: InstanceId) -> bool {
        self.subject.as_ref().is_some_and(|subject| subject.id == id)
    }
}

/// Something worth remembering that is about no instance, or about many.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Which.
    pub kind: NoticeKind,
    /// Why, for the event.
    pub cause: Cause,
}

/// A notice without its words: the type of its event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// A workload carries our mark, and there is no record of it.
    OrphanFound,
    /// A person wants it gone.
    OrphanPurged,
    /// A start has taken up what an earlier daemon left.
    Resumed,
    /// A provisioner's workloads were held against the records, and some had to go.
    Swept,
    /// A provisioner could not be reached again and again: it is left alone for a while.
    ProvisionerPaused,
    /// A paused provisioner answers again.
    ProvisionerResumed,
    /// Too many workloads of a provisioner went silent at once to blame them: none is made anew.
    RecoveryFrozen,
    /// Recovery goes on.
    RecoveryThawed,
}

impl NoticeKind {
    /// `kebab-case`: the type of the event that records it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OrphanFound => "orphan-found",
            Self::OrphanPurged => "orphan-purged",
            Self::Resumed => "resumed",
            Self::Swept => "swept",
            Self::ProvisionerPaused => "provisioner-paused",
            Self::ProvisionerResumed => "provisioner-resumed",
            Self::RecoveryFrozen => "recovery-frozen",
            Self::RecoveryThawed => "recovery-thawed",
        }
    }
}
