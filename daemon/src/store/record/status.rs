//! Statuses on the disk: hot and small, a few hundred bytes.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Unreadable, condition_kind, condition_status, is_false, is_zero, time, workload_name};
use crate::domain::{Cause, Condition, Doubt, InstanceError, Phase, Revision, Status, Workload};

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct StatusRecord {
    revision: u64,
    phase: PhaseRecord,
    #[serde(default, skip_serializing_if = "is_zero")]
    attempt: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    creations: u32,
    #[serde(default, skip_serializing_if = "is_false")]
    proven: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    causes: Vec<CauseRecord>,
    workload_name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_known: Option<WorkloadRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<ConditionRecord>,
    updated_at: i64,
}

/// In the phases that know their workload it is the one last known, stored once.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
enum PhaseRecord {
    Requested,
    Creating { deadline: i64, doubt: Option<DoubtRecord> },
    Created { workload: WorkloadRecord, since: i64 },
    Running { workload: WorkloadRecord, since: i64 },
    Unhealthy { workload: WorkloadRecord, since: i64, recoverable: bool, cause: CauseRecord },
    Recovering { workload_may_exist: bool, not_before: i64, cause: CauseRecord },
    Failed { error: ErrorRecord, workload_may_exist: bool },
    Deleting { workload_may_exist: bool, not_before: i64, tries: u32 },
}

#[derive(Debug, Serialize, Deserialize)]
struct DoubtRecord {
    inspect_at: i64,
    settled_at: i64,
    interrupted: bool,
    cause: CauseRecord,
}

#[derive(Debug, Serialize, Deserialize)]
struct CauseRecord {
    reason: String,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ErrorRecord {
    code: String,
    message: String,
    retryable: bool,
    remedy: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    causes: Vec<CauseRecord>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct WorkloadRecord {
    id: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    details: BTreeMap<String, String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ConditionRecord {
    kind: String,
    status: String,
    reason: String,
    message: String,
    since: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    latency_us: Option<u64>,
}

impl StatusRecord {
    pub(in crate::store) fn new(status: &Status, revision: Revision) -> Self {
        // The phase's workload is the one last known; it is not written twice.
        let last_known = status.last_known.as_ref().filter(|_| status.phase.workload().is_none());
        Self {
            revision: revision.0,
            phase: PhaseRecord::from(&status.phase),
            attempt: status.attempt,
            creations: status.creations,
            proven: status.proven,
            causes: status.causes.iter().map(CauseRecord::from).collect(),
            workload_name: status.workload_name.to_string(),
            last_known: last_known.map(WorkloadRecord::from),
            conditions: status.conditions.iter().map(ConditionRecord::from).collect(),
            updated_at: status.updated_at.0,
        }
    }

    pub(in crate::store) fn into_status(self) -> Result<(Status, Revision), Unreadable> {
        let phase = Phase::from(self.phase);
        let last_known = phase.workload().cloned().or_else(|| self.last_known.map(Workload::from));
        let healthy_once = matches!(phase, Phase::Running { .. } | Phase::Unhealthy { .. });
        let status = Status {
            phase,
            attempt: self.attempt,
            creations: self.creations,
            // Format 1 does not say it.
            proven: self.proven || healthy_once,
            causes: self.causes.into_iter().map(Cause::from).collect(),
            workload_name: workload_name(&self.workload_name)?,
            last_known,
            conditions: self.conditions.into_iter().map(Condition::try_from).collect::<Result<_, _>>()?,
            updated_at: time(self.updated_at),
        };
        Ok((status, Revision(self.revision)))
    }
}

impl From<&Phase> for PhaseRecord {
    fn from(phase: &Phase) -> Self {
        match phase {
            Phase::Requested => Self::Requested,
            Phase::Creating { deadline, doubt } => {
                Self::Creating { deadline: deadline.0, doubt: doubt.as_ref().map(DoubtRecord::from) }
            }
            Phase::Created { workload, since } => Self::Created { workload: workload.into(), since: since.0 },
            Phase::Running { workload, since } => Self::Running { workload: workload.into(), since: since.0 },
            Phase::Unhealthy { workload, since, recoverable, cause } => Self::Unhealthy {
                workload: workload.into(),
                since: since.0,
                recoverable: *recoverable,
                cause: cause.into(),
            },
            Phase::Recovering { workload_may_exist, not_before, cause } => Self::Recovering {
                workload_may_exist: *workload_may_exist,
                not_before: not_before.0,
                cause: cause.into(),
            },
            Phase::Failed { error, workload_may_exist } => {
                Self::Failed { error: error.into(), workload_may_exist: *workload_may_exist }
            }
            Phase::Deleting { workload_may_exist, not_before, tries } => Self::Deleting {
                workload_may_exist: *workload_may_exist,
                not_before: not_before.0,
                tries: *tries,
            },
            Phase::Gone => unreachable!("an instance that is gone has no record"),
        }
    }
}

impl From<PhaseRecord> for Phase {
    fn from(record: PhaseRecord) -> Self {
        match record {
            PhaseRecord::Requested => Self::Requested,
            PhaseRecord::Creating { deadline, doubt } => {
                Self::Creating { deadline: time(deadline), doubt: doubt.map(Doubt::from) }
            }
            PhaseRecord::Created { workload, since } => {
                Self::Created { workload: workload.into(), since: time(since) }
            }
            PhaseRecord::Running { workload, since } => {
                Self::Running { workload: workload.into(), since: time(since) }
            }
            PhaseRecord::Unhealthy { workload, since, recoverable, cause } => Self::Unhealthy {
                workload: workload.into(),
                since: time(since),
                recoverable,
                cause: cause.into(),
            },
            PhaseRecord::Recovering { workload_may_exist, not_before, cause } => {
                Self::Recovering { workload_may_exist, not_before: time(not_before), cause: cause.into() }
            }
            PhaseRecord::Failed { error, workload_may_exist } => {
                Self::Failed { error: error.into(), workload_may_exist }
            }
            PhaseRecord::Deleting { workload_may_exist, not_before, tries } => {
                Self::Deleting { workload_may_exist, not_before: time(not_before), tries }
            }
        }
    }
}

impl From<&Doubt> for DoubtRecord {
    fn from(doubt: &Doubt) -> Self {
        Self {
            inspect_at: doubt.inspect_at.0,
            settled_at: doubt.settled_at.0,
            interrupted: doubt.interrupted,
            cause: (&doubt.cause).into(),
        }
    }
}

impl From<DoubtRecord> for Doubt {
    fn from(record: DoubtRecord) -> Self {
        Self {
            inspect_at: time(record.inspect_at),
            settled_at: time(record.settled_at),
            interrupted: record.interrupted,
            cause: record.cause.into(),
        }
    }
}

impl From<&Cause> for CauseRecord {
    fn from(cause: &Cause) -> Self {
        let Cause { reason, message, exit_code } = cause.clone();
        Self { reason, message, exit_code }
    }
}

impl From<CauseRecord> for Cause {
    fn from(record: CauseRecord) -> Self {
        let CauseRecord { reason, message, exit_code } = record;
        Self { reason, message, exit_code }
    }
}

impl From<&InstanceError> for ErrorRecord {
    fn from(error: &InstanceError) -> Self {
        let InstanceError { code, message, retryable, remedy, causes } = error.clone();
        let causes = causes.iter().map(CauseRecord::from).collect();
        Self { code, message, retryable, remedy, causes }
    }
}

impl From<ErrorRecord> for InstanceError {
    fn from(record: ErrorRecord) -> Self {
        let ErrorRecord { code, message, retryable, remedy, causes } = record;
        let causes = causes.into_iter().map(Cause::from).collect();
        Self { code, message, retryable, remedy, causes }
    }
}

impl From<&Workload> for WorkloadRecord {
    fn from(workload: &Workload) -> Self {
        let Workload { id, name, url, port, details } = workload.clone();
        Self { id, name, url, port, details }
    }
}

impl From<WorkloadRecord> for Workload {
    fn from(record: WorkloadRecord) -> Self {
        let WorkloadRecord { id, name, url, port, details } = record;
        Self { id, name, url, port, details }
    }
}

impl From<&Condition> for ConditionRecord {
    fn from(condition: &Condition) -> Self {
        Self {
            kind: condition.kind.as_str().to_owned(),
            status: condition.status.as_str().to_owned(),
            reason: condition.reason.clone(),
            message: condition.message.clone(),
            since: condition.since.0,
            latency_us: condition.latency.map(|took| u64::try_from(took.as_micros()).unwrap_or(u64::MAX)),
        }
    }
}

impl TryFrom<ConditionRecord> for Condition {
    type Error = Unreadable;

    fn try_from(record: ConditionRecord) -> Result<Self, Unreadable> {
        Ok(Self {
            kind: condition_kind(&record.kind)?,
            status: condition_status(&record.status)?,
            reason: record.reason,
            message: record.message,
            since: time(record.since),
            latency: record.latency_us.map(Duration::from_micros),
        })
    }
}
