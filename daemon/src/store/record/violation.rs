//! What is wrong with a request, on the disk.

use serde::{Deserialize, Serialize};

use crate::domain::Violation;

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ViolationRecord {
    pointer: String,
    code: String,
    message: String,
}

impl From<Violation> for ViolationRecord {
    fn from(Violation { pointer, code, message }: Violation) -> Self {
        Self { pointer, code, message }
    }
}

impl From<ViolationRecord> for Violation {
    fn from(ViolationRecord { pointer, code, message }: ViolationRecord) -> Self {
        Self { pointer, code, message }
    }
}
