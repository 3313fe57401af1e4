//! What changes about an instance: its phase and what travels through all phases.

use super::{
    Cause, Condition, ConditionKind, ConditionStatus, Doubt, Fact, InvalidTransition, Phase, PhaseKind,
    Timestamp, Workload, WorkloadName,
};

/// Why an instance failed, for its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceError {
    /// Stable, `snake_case`.
    pub code: String,
    /// What happened; holds no secret.
    pub message: String,
    /// Whether the same may go well another time.
    pub retryable: bool,
    /// What to do about it.
    pub remedy: String,
    /// What led to it, oldest first: why each of the last tries was made, and the last one failed.
    pub causes: Vec<Cause>,
}

impl InstanceError {
    /// How the last workload ended, if its backend told it.
    pub fn exit_code(&self) -> Option<i32> {
        self.causes.iter().rev().find_map(|cause| cause.exit_code)
    }
}

/// Causes that are kept of an instance: those of the last tries.
const CAUSES: usize = 8;

/// The hot part of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Where it stands.
    pub phase: Phase,
    /// Tries since the last forgiveness; bounded by the recovery policy.
    pub attempt: u32,
    /// Creations started in all; never goes back.
    pub creations: u32,
    /// It was healthy at least once.
    pub proven: bool,
    /// Why the tries since the last forgiveness were made, oldest first; the last ones of many.
    pub causes: Vec<Cause>,
    /// What the workload is called outside.
    pub workload_name: WorkloadName,
    /// The workload last known, also when the phase no longer knows it.
    pub last_known: Option<Workload>,
    /// At most one of each kind, in their order.
    pub conditions: Vec<Condition>,
    /// When the record last changed.
    pub updated_at: Timestamp,
}

impl Status {
    /// Of an instance that was just accepted.
    pub fn requested(workload_name: WorkloadName, now: Timestamp) -> Self {
        Self {
            phase: Phase::Requested,
            attempt: 0,
            creations: 0,
            proven: false,
            causes: Vec::new(),
            workload_name,
            last_known: None,
            conditions: Vec::new(),
            updated_at: now,
        }
    }

    /// Of an instance whose workload was there before its record.
    pub fn adopted(name: WorkloadName, workload: Workload, incarnation: u32, now: Timestamp) -> Self {
        Self {
            phase: Phase::Created { workload: workload.clone(), since: now },
            creations: incarnation.saturating_add(1),
            last_known: Some(workload),
            ..Self::requested(name, now)
        }
    }

    /// The status after `fact`. Pure.
    pub fn apply(mut self, fact: &Fact, now: Timestamp) -> Result<Self, InvalidTransition> {
        self.phase = self.phase.apply(fact.clone(), now)?;
        self.updated_at = now;
        match fact {
            Fact::CreateStarted { .. } => {
                self.creations = self.creations.saturating_add(1);
                self.conditions.retain(|condition| !condition.kind.is_rung());
            }
            Fact::WorkloadMoved { workload } => self.last_known = Some(workload.clone()),
            Fact::CreateSucceeded { workload, warnings, .. } => {
                self.last_known = Some(workload.clone());
                self.note_warnings(warnings, now);
            }
            Fact::RecoveryScheduled { cause, .. } => {
                self.attempt = self.attempt.saturating_add(1);
                self.remember(cause);
                self.drop_condition(ConditionKind::RecoveryHeldBack);
            }
            Fact::Stabilised => self.forgive(),
            Fact::RestartRequested | Fact::RetryRequested => {
                self.forgive();
                // It is asked anew whether the backend answers, and for how long it does not.
                self.drop_condition(ConditionKind::BackendReachable);
                self.drop_condition(ConditionKind::RecoveryHeldBack);
            }
            Fact::OrphanRemoved => self.last_known = None,
            Fact::Renamed { to, cause, .. } => {
                self.attempt = self.attempt.saturating_add(1);
                self.remember(cause);
                let held = std::mem::replace(&mut self.workload_name, to.clone());
                self.last_known = None;
                let message =
                    format!("the name {held} is held by a workload nobody can reach: {}", cause.message);
                self.note(ConditionKind::OrphanSuspected, ConditionStatus::True, "NameHeld", message, now);
            }
            Fact::BecameHealthy { ladder } => {
                self.proven = true;
                self.drop_condition(ConditionKind::RecoveryHeldBack);
                self.merge(ladder);
            }
            Fact::BecameUnhealthy { ladder, .. } => self.merge(ladder),
            Fact::ConditionsChanged { conditions } => self.merge(conditions),
            _ => {}
        }
        Ok(self)
    }

    /// Whether its workload is being made anew, or is to be: what a provisioner has a quota for.
    pub const fn recovering(&self) -> bool {
        match self.phase.kind() {
            PhaseKind::Recovering => true,
            PhaseKind::Creating => self.proven || self.attempt > 0,
            _ => false,
        }
    }

    /// When the record wants to be looked at, as far as it knows. Probes are the reconciler's
    /// business: it schedules the next one itself.
    pub const fn due(&self) -> Option<Timestamp> {
        match &self.phase {
            Phase::Failed { .. } | Phase::Gone => None,
            Phase::Creating { doubt: Some(Doubt { inspect_at, .. }), .. } => Some(*inspect_at),
            Phase::Recovering { not_before, .. } | Phase::Deleting { not_before, .. } => Some(*not_before),
            Phase::Requested
            | Phase::Creating { doubt: None, .. }
            | Phase::Created { .. }
            | Phase::Running { .. }
            | Phase::Unhealthy { .. } => Some(self.updated_at),
        }
    }

    /// When the next try is due, in the phases that wait for one.
    pub const fn next_attempt_at(&self) -> Option<Timestamp> {
        match &self.phase {
            Phase::Recovering { not_before, .. } | Phase::Deleting { not_before, .. } => Some(*not_before),
            _ => None,
        }
    }

    /// The condition of this kind.
    pub fn condition(&self, kind: ConditionKind) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.kind == kind)
    }

    fn forgive(&mut self) {
        self.attempt = 0;
        self.causes.clear();
    }

    fn remember(&mut self, cause: &Cause) {
        if self.causes.len() == CAUSES {
            self.causes.remove(0);
        }
        self.causes.push(cause.clone());
    }

    fn drop_condition(&mut self, kind: ConditionKind) {
        self.conditions.retain(|condition| condition.kind != kind);
    }

    fn merge(&mut self, conditions: &[Condition]) {
        for condition in conditions {
            Condition::merge(&mut self.conditions, condition.clone());
        }
    }

    fn note_warnings(&mut self, warnings: &[String], now: Timestamp) {
        if warnings.is_empty() {
            self.drop_condition(ConditionKind::TemplateHonoured);
        } else {
            let kind = ConditionKind::TemplateHonoured;
            self.note(kind, ConditionStatus::Warning, "IgnoredByBackend", warnings.join("; "), now);
        }
    }

    fn note(
        &mut self,
        kind: ConditionKind,
        status: ConditionStatus,
        reason: &str,
        message: String,
        now: Timestamp,
    ) {
        let condition =
            Condition { kind, status, reason: reason.to_owned(), message, since: now, latency: None };
        Condition::merge(&mut self.conditions, condition);
    }
}
