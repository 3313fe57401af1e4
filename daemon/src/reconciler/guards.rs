//! What keeps recovery from making an outage worse: of each provisioner a circuit breaker, the
//! freeze, and the quota. In memory: a start begins anew, and is as careful a moment later.
//!
//! Judges what it is told and calls nobody. What turns is handed back as a [`Notice`], for the
//! caller to write down.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Options;
use super::silence::{Silence, Turn};
use crate::domain::{
    Breaker, BreakerState, BreakerTurn, Cause, ConditionKind, ConditionStatus, Failure, FailureKind,
    Instance, InstanceId, Notice, NoticeKind, Outlook, Permit, ProvisionerName, RecoveryPolicy, Timestamp,
};
use crate::lifecycle::Lifecycle;

/// Why a workload that should be made anew is not, for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBack {
    /// The provisioner is left alone.
    Paused,
    /// Too many went silent at once.
    Frozen,
    /// As many as may are in recovery already.
    Quota,
}

impl HeldBack {
    /// For the condition.
    pub(super) fn cause(self) -> Cause {
        let (reason, message) = match self {
            Self::Paused => ("ProvisionerPaused", "the provisioner's backend cannot be reached"),
            Self::Frozen => ("Frozen", "too many workloads of this provisioner went silent at once"),
            Self::Quota => ("Quota", "as many of this provisioner's workloads as may are being made anew"),
        };
        Cause::new(reason, message)
    }
}

/// Of every provisioner that was ever asked.
#[derive(Debug, Default)]
pub(super) struct Guards(Mutex<HashMap<ProvisionerName, Guard>>);

#[derive(Debug, Default)]
struct Guard {
    breaker: Breaker,
    /// Why the last call did not reach it.
    reason: Option<String>,
    silence: Silence,
    /// Recoveries that were decided and are not written down yet.
    starting: usize,
    /// When its workloads were last held against the records.
    swept_at: Option<Timestamp>,
    /// When they are next.
    sweep_due: Option<Timestamp>,
}

impl Guards {
    /// Whether a call may be made now. Whoever may must say how it went, or that it was not made.
    pub(super) fn permit(&self, provisioner: &ProvisionerName, now: Timestamp) -> Result<(), Failure> {
        let mut guards = self.lock();
        let Some(guard) = guards.get_mut(provisioner) else { return Ok(()) };
        let Permit::NotBefore(until) = guard.breaker.permit(now) else { return Ok(()) };
        let last = guard.reason.as_deref().unwrap_or("no answer");
        let message = format!("{provisioner} is paused, because its backend could not be reached: {last}");
        let mut failure = Failure::new(FailureKind::NotApplied, message).with_code("provisioner_paused");
        failure.retry_after = Some(until.since(now));
        Err(failure)
    }

    /// A call that was permitted was not made after all.
    pub(super) fn not_asked(&self, provisioner: &ProvisionerName, now: Timestamp) {
        if let Some(guard) = self.lock().get_mut(provisioner) {
            guard.breaker.not_asked(now);
        }
    }

    /// A call was made, and this came of it. `reachable`: what is known of the backend since.
    pub(super) fn called(
        &self,
        provisioner: &ProvisionerName,
        failure: Option<&Failure>,
        reachable: Option<bool>,
        now: Timestamp,
        options: &Options,
    ) -> Option<Notice> {
        let mut guards = self.lock();
        let guard = guards.entry(provisioner.clone()).or_default();
        let outage = match failure {
            Some(failure) if failure.was_not_begun() => {
                guard.breaker.not_asked(now);
                return None;
            }
            Some(failure) if failure.is_outage(reachable) => failure,
            _ => {
                guard.reason = None;
                let turn = guard.breaker.reached()?;
                debug_assert_eq!(turn, BreakerTurn::Resumed);
                let cause = Cause::new("Answered", format!("{provisioner} answers again"));
                return Some(Notice { kind: NoticeKind::ProvisionerResumed, cause });
            }
        };
        guard.reason = Some(outage.message.clone());
        guard.breaker.failed(now, &options.breaker)?;
        let message = format!(
            "{provisioner} is left alone for a while: its backend could not be reached {} times in a row: {}",
            guard.breaker.failures(),
            outage.message
        );
        Some(Notice { kind: NoticeKind::ProvisionerPaused, cause: Cause::new("Unreachable", message) })
    }

    /// The backend answered a question about a workload.
    pub(super) fn inspected(&self, provisioner: &ProvisionerName, now: Timestamp) {
        self.lock().entry(provisioner.clone()).or_default().silence.inspected(now);
    }

    /// A workload that used to answer was probed. `workloads`: how many of them there are.
    pub(super) fn probed(
        &self,
        instance: &Instance,
        silent: bool,
        workloads: usize,
        now: Timestamp,
        options: &Options,
    ) -> Option<Notice> {
        let provisioner = &instance.spec.provisioner;
        let mut guards = self.lock();
        let silence = &mut guards.entry(provisioner.clone()).or_default().silence;
        silence.probed(instance.id, silent, now);
        let (kind, cause) = match silence.judge(workloads, now, options.freeze_period)? {
            Turn::Frozen => (
                NoticeKind::RecoveryFrozen,
                Cause::new(
                    "WentSilent",
                    format!("more than half of {provisioner}'s {workloads} workloads went silent at once"),
                ),
            ),
            Turn::Thawed => (
                NoticeKind::RecoveryThawed,
                Cause::new("Thawed", format!("recovery of {provisioner}'s workloads goes on")),
            ),
        };
        Some(Notice { kind, cause })
    }

    /// The workload is no longer one that could go silent.
    pub(super) fn forget(&self, provisioner: &ProvisionerName, id: InstanceId) {
        if let Some(guard) = self.lock().get_mut(provisioner) {
            guard.silence.forget(id);
        }
    }

    /// Whether this instance's workload, which should be made anew, must wait.
    pub(super) fn held_back(&self, instance: &Instance, lifecycle: &Lifecycle) -> Option<HeldBack> {
        let provisioner = &instance.spec.provisioner;
        let observed = instance.status.condition(ConditionKind::WorkloadObserved);
        let reported_down = observed.is_some_and(|condition| condition.status == ConditionStatus::False);
        let mut guards = self.lock();
        let guard = guards.entry(provisioner.clone()).or_default();
        if guard.breaker.state() != BreakerState::Closed {
            return Some(HeldBack::Paused);
        }
        if guard.silence.excuses(instance.id) && !reported_down {
            return Some(HeldBack::Frozen);
        }
        let limit = RecoveryPolicy::limit(lifecycle.owned_by(provisioner));
        let under_way = lifecycle.recovering(provisioner) + guard.starting;
        (under_way >= limit).then_some(HeldBack::Quota)
    }

    /// A recovery was decided; it counts until [`recovery_recorded`](Self::recovery_recorded).
    pub(super) fn recovery_starts(&self, provisioner: &ProvisionerName) {
        self.lock().entry(provisioner.clone()).or_default().starting += 1;
    }

    /// It is written down, or was overtaken.
    pub(super) fn recovery_recorded(&self, provisioner: &ProvisionerName) {
        if let Some(guard) = self.lock().get_mut(provisioner) {
            guard.starting = guard.starting.saturating_sub(1);
        }
    }

    /// When its workloads are next held against the records; at once when they never were.
    pub(super) fn sweep_due(&self, provisioner: &ProvisionerName) -> Timestamp {
        self.lock().get(provisioner).and_then(|guard| guard.sweep_due).unwrap_or(Timestamp(i64::MIN))
    }

    /// They were, and will be again.
    pub(super) fn swept(&self, provisioner: &ProvisionerName, now: Timestamp, due: Timestamp) {
        let mut guards = self.lock();
        let guard = guards.entry(provisioner.clone()).or_default();
        guard.swept_at = Some(now);
        guard.sweep_due = Some(due);
    }

    /// They could not be.
    pub(super) fn sweep_failed(&self, provisioner: &ProvisionerName, due: Timestamp) {
        self.lock().entry(provisioner.clone()).or_default().sweep_due = Some(due);
    }

    /// For people.
    pub(super) fn outlook(&self, provisioner: &ProvisionerName) -> Outlook {
        let guards = self.lock();
        let Some(guard) = guards.get(provisioner) else { return Outlook::default() };
        Outlook {
            breaker: guard.breaker.state(),
            paused_since: guard.breaker.since(),
            failures: guard.breaker.failures(),
            reason: guard.reason.clone(),
            frozen_since: guard.silence.frozen(),
            swept_at: guard.swept_at,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ProvisionerName, Guard>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
