//! A question and its answer. Both ends are one program, and mostly one version of it.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Question {
    /// A copy of the database.
    Backup {
        /// Absolute.
        to: PathBuf,
        /// Even if there is one.
        replace: bool,
    },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Answer {
    Backup {
        records: u64,
        bytes: u64,
    },
    /// For people: why, and what to do.
    Refused(String),
}
