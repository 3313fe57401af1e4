//! Why a fact was not written down.

use crate::domain::{InvalidTransition, Revision};
use crate::store;

/// To the reconciler all but the last are normal: a user was faster. To a user they are conflicts.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such record.
    #[error("there is no such instance")]
    NotFound,
    /// The record moved on.
    #[error("the instance has changed since: its revision is {current}")]
    Stale {
        /// The record's revision now.
        current: Revision,
    },
    /// It cannot happen in this phase.
    #[error(transparent)]
    Refused(#[from] InvalidTransition),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] store::Error),
}
