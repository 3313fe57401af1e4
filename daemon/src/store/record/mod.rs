//! What lies on the disk, and its translation to and from domain types.
//!
//! JSON: a record can be read by people and by `fsck`, and grows by optional members. Members
//! that may be absent have a default here, never in the domain. Durations and times are whole
//! milliseconds.

mod bulk;
mod event;
mod output;
mod past_request;
mod plugin;
mod spec;
mod status;
mod violation;

pub(super) use bulk::{BulkRecord, ItemRecord, RequestRecord};
pub(super) use event::{EventRecord, OriginRecord};
pub(super) use output::OutputRecord;
pub(super) use past_request::PastRequestRecord;
pub(super) use plugin::PublishedRecord;
pub(super) use spec::{SpecRecord, origin_of_spec};
pub(super) use status::StatusRecord;

use serde::{Deserialize, Serialize};

use crate::domain::{ConditionKind, ConditionStatus, PhaseKind, Timestamp, WorkloadName};

/// A record that does not say what a record of its kind must say: the file was damaged, or
/// written by a newer version.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("it is no record of this version")]
    Shape(#[from] serde_json::Error),
    #[error("{what} {value:?} is not known to this version")]
    Word { what: &'static str, value: String },
}

impl Unreadable {
    fn word(what: &'static str, value: &str) -> Self {
        Self::Word { what, value: value.to_owned() }
    }
}

/// What remains of a deleted instance: enough to know its workload again, should it show up.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TombstoneRecord {
    pub(super) deleted_at: i64,
    pub(super) workload_name: String,
    pub(super) provisioner: String,
}

pub(super) fn encode<T: Serialize>(record: &T) -> Result<Vec<u8>, Unreadable> {
    Ok(serde_json::to_vec(record)?)
}

pub(super) fn decode<'bytes, T: Deserialize<'bytes>>(bytes: &'bytes [u8]) -> Result<T, Unreadable> {
    Ok(serde_json::from_slice(bytes)?)
}

pub(super) fn name<N: std::str::FromStr>(what: &'static str, text: &str) -> Result<N, Unreadable> {
    text.parse().map_err(|_| Unreadable::word(what, text))
}

fn workload_name(text: &str) -> Result<WorkloadName, Unreadable> {
    name("the workload name", text)
}

pub(super) fn phase_kind(text: &str) -> Result<PhaseKind, Unreadable> {
    PhaseKind::SEEN
        .into_iter()
        .chain([PhaseKind::Gone])
        .find(|kind| kind.as_str() == text)
        .ok_or_else(|| Unreadable::word("the phase", text))
}

fn condition_kind(text: &str) -> Result<ConditionKind, Unreadable> {
    ConditionKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == text)
        .ok_or_else(|| Unreadable::word("the condition", text))
}

fn condition_status(text: &str) -> Result<ConditionStatus, Unreadable> {
    [ConditionStatus::True, ConditionStatus::False, ConditionStatus::Unknown, ConditionStatus::Warning]
        .into_iter()
        .find(|status| status.as_str() == text)
        .ok_or_else(|| Unreadable::word("the condition's status", text))
}

fn time(at: i64) -> Timestamp {
    Timestamp(at)
}

fn is_false(flag: &bool) -> bool {
    !flag
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}
