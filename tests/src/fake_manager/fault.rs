//! Planned misfortune: what goes wrong with the next requests.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

/// One thing that goes wrong once. Faults of one operation happen in the order they were planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The next create answers 500 with this message and leaves nothing behind.
    CreateFails(String),
    /// The next create answers 500 with this message, and its container runs on, untracked.
    CreateFailsLeavingOrphan(String),
    /// The next create works and is recorded, but the connection closes without an answer.
    CreateAnswerLost,
    /// The next create's connection closes without an answer; the container runs on, untracked.
    CreateAnswerLostLeavingOrphan,
    /// The next create holds the manager's lock for this long before it begins; everything waits.
    CreateHangs(Duration),
    /// The next delete answers 500 with this message and changes nothing.
    DeleteFails(String),
    /// The next delete loses its container but fails to remove it: 500 `failed to remove
    /// container`, and the record stays as `stopping` until the manager is restarted.
    DeleteSticks,
    /// The next delete works, but the connection closes without an answer.
    DeleteAnswerLost,
    /// The next delete holds the manager's lock for this long before it begins.
    DeleteHangs(Duration),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    Delete,
}

impl Fault {
    fn operation(&self) -> Operation {
        match self {
            Self::CreateFails(_)
            | Self::CreateFailsLeavingOrphan(_)
            | Self::CreateAnswerLost
            | Self::CreateAnswerLostLeavingOrphan
            | Self::CreateHangs(_) => Operation::Create,
            Self::DeleteFails(_) | Self::DeleteSticks | Self::DeleteAnswerLost | Self::DeleteHangs(_) => {
                Operation::Delete
            }
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct FaultQueue {
    planned: Mutex<VecDeque<Fault>>,
}

impl FaultQueue {
    pub(crate) fn plan(&self, fault: Fault) {
        self.planned.lock().expect("no holder panics").push_back(fault);
    }

    pub(crate) fn next(&self, operation: Operation) -> Option<Fault> {
        let mut planned = self.planned.lock().expect("no holder panics");
        let index = planned.iter().position(|fault| fault.operation() == operation)?;
        planned.remove(index)
    }
}
