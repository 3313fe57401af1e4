//! What is written down of a child: its marks and how far it came.
//!
//! Holds nothing of the child's environment but the marks.

use serde::{Deserialize, Serialize};

use super::Child;
use super::marks::{self, Marks, read};
use super::table::Identity;
use crate::domain::Target;

/// The facts of one child.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Names the boot the pids belong to.
    pub(super) boot: String,
    /// Name, marks and port.
    marks: Marks,
    /// How far it came.
    pub(super) stage: Stage,
}

/// How far a child came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    /// A supervisor is on its way; it says who it is before it starts anything.
    Starting { supervisor: Option<Identity> },
    /// The child was started.
    Started { supervisor: Identity, leader: Identity },
    /// The child ended.
    Ended { supervisor: Identity, leader: Identity, exit_code: Option<i32> },
    /// The system would not execute the program.
    Refused { reason: String, permanent: bool },
}

impl Record {
    /// Of a child that is about to be started.
    pub(super) fn new(boot: &str, target: &Target, port: Option<u16>) -> Self {
        Self {
            boot: boot.to_owned(),
            marks: marks::of(target, port),
            stage: Stage::Starting { supervisor: None },
        }
    }

    /// The child's name and marks.
    pub(super) fn target(&self) -> Option<Target> {
        read(&self.marks).map(|(target, _)| target)
    }

    /// The process that was started, if one was.
    pub(super) fn leader(&self) -> Option<Identity> {
        match self.stage {
            Stage::Started { leader, .. } | Stage::Ended { leader, .. } => Some(leader),
            Stage::Starting { .. } | Stage::Refused { .. } => None,
        }
    }

    /// Who looks after it, if it said so.
    pub(super) fn supervisor(&self) -> Option<Identity> {
        match self.stage {
            Stage::Starting { supervisor } => supervisor,
            Stage::Started { supervisor, .. } | Stage::Ended { supervisor, .. } => Some(supervisor),
            Stage::Refused { .. } => None,
        }
    }

    /// The child as callers see it; none when no process was started.
    pub(super) fn child(&self, running: bool) -> Option<Child> {
        let (target, port) = read(&self.marks)?;
        let exit_code = match self.stage {
            Stage::Ended { exit_code, .. } => exit_code,
            _ => None,
        };
        Some(Child { target, id: id(&self.boot, self.leader()?), port, running, exit_code })
    }
}

/// Names one process for ever.
pub(super) fn id(boot: &str, identity: Identity) -> String {
    format!("{boot}-{}-{}", identity.pid, identity.start)
}
