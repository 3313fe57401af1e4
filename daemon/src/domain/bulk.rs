//! A bulk: many creates and deletes that were asked for at once, each with a result of its own.

use super::{
    Admission, BulkId, CreateRequest, HookName, Instance, InstanceId, InstanceName, PhaseKind, Timestamp,
    Violation,
};

/// What was asked for, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bulk {
    /// Which.
    pub id: BulkId,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When its last item ended; none while one has not.
    pub finished_at: Option<Timestamp>,
    /// In the order of the request: creates, then deletes by reference, then those by label.
    pub items: Vec<BulkItem>,
}

/// One create or delete of a bulk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkItem {
    /// What is done.
    pub op: BulkOp,
    /// The instance's name, or what the request had in its place.
    pub name: Option<String>,
    /// The instance, as soon as it is known.
    pub id: Option<InstanceId>,
    /// How far it is.
    pub progress: Progress,
}

/// What an item does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkOp {
    /// Makes an instance.
    Create,
    /// Deletes one.
    Delete,
}

impl BulkOp {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
        }
    }

    /// Where an accepted item ends once its instance comes to `phase`; none: not there.
    pub const fn outcome_at(self, phase: PhaseKind) -> Option<Progress> {
        match (self, phase) {
            (Self::Create, PhaseKind::Running) | (Self::Delete, PhaseKind::Gone) => Some(Progress::Done),
            (Self::Create, PhaseKind::Failed | PhaseKind::Deleting | PhaseKind::Gone) => {
                Some(Progress::Failed)
            }
            _ => None,
        }
    }

    /// The same by the record as it is now: one that was healthy once did run.
    pub fn outcome_of(self, instance: Option<&Instance>) -> Option<Progress> {
        self.outcome_at(match instance {
            None => PhaseKind::Gone,
            Some(instance) if self == Self::Create && instance.status.proven => PhaseKind::Running,
            Some(instance) => instance.status.phase.kind(),
        })
    }
}

/// How far an item is. It only ever moves down this list, and not from an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Its turn has not come.
    Pending,
    /// The intent is recorded: the instance is being made, or is being deleted.
    Accepted,
    /// The instance ran, or is gone: an end.
    Done,
    /// The instance failed, or was deleted before it ran: an end.
    Failed,
    /// Nothing was recorded, and this is why: an end.
    Refused(Box<Refusal>),
}

impl Progress {
    /// As on the wire.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Accepted => "accepted",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Refused(_) => "refused",
        }
    }

    /// Nothing more happens to the item.
    pub const fn is_end(&self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Refused(_))
    }

    /// Whether an item may move from here to `next`.
    pub const fn leads_to(&self, next: &Self) -> bool {
        match self {
            Self::Pending => matches!(next, Self::Accepted | Self::Refused(_)),
            Self::Accepted => matches!(next, Self::Done | Self::Failed),
            Self::Done | Self::Failed | Self::Refused(_) => false,
        }
    }
}

/// Why an item was refused, in the words a single request would have been refused with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Stable, `snake_case`.
    pub code: String,
    /// For people; holds no secret.
    pub message: String,
    /// The same may go well another time.
    pub retryable: bool,
    /// Each part of the item that is wrong.
    pub violations: Vec<Violation>,
    /// Which hook refused, if one did.
    pub hook: Option<HookName>,
    /// What every hook said, if one refused.
    pub admission: Vec<Admission>,
}

/// An item as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// Make this.
    Create(Box<CreateRequest>),
    /// Delete this one.
    Delete(InstanceId, InstanceName),
    /// It is over before it began.
    Refused {
        /// What it would have done.
        op: BulkOp,
        /// What the request had in the place of the instance's name.
        name: Option<String>,
        /// Why.
        refusal: Box<Refusal>,
    },
}

/// Where one item came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemStep {
    /// Of which bulk.
    pub bulk: BulkId,
    /// Which item.
    pub index: u32,
    /// Where to.
    pub progress: Progress,
}
