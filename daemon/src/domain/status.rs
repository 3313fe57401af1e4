//! What changes about an instance: its phase and what travels through all phases.

use super::{
    Condition, ConditionKind, ConditionStatus, Doubt, Fact, InvalidTransition, Phase, Timestamp, Workload,
    WorkloadName,
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
}

/// The hot part of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Where it stands.
    pub phase: Phase,
    /// Tries since the last forgiveness; bounded by the recovery policy.
    pub attempt: u32,
    /// Creations started in all; never goes back.
    pub creations: u32,
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
            workload_name,
            last_known: None,
            conditions: Vec::new(),
            updated_at: now,
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
            Fact::CreateSucceeded { workload, warnings, .. } => {
                self.last_known = Some(workload.clone());
                self.note_warnings(warnings, now);
            }
            Fact::RecoveryScheduled { .. } => self.attempt = self.attempt.saturating_add(1),
            Fact::Stabilised | Fact::RestartRequested | Fact::RetryRequested => self.attempt = 0,
            Fact::OrphanRemoved => self.last_known = None,
            Fact::Renamed { to, cause, .. } => {
                self.attempt = self.attempt.saturating_add(1);
                let held = std::mem::replace(&mut self.workload_name, to.clone());
                self.last_known = None;
                let message =
                    format!("the name {held} is held by a workload nobody can reach: {}", cause.message);
                self.note(ConditionKind::OrphanSuspected, ConditionStatus::True, "NameHeld", message, now);
            }
            Fact::BecameHealthy { ladder } | Fact::BecameUnhealthy { ladder, .. } => self.merge(ladder),
            Fact::ConditionsChanged { conditions } => self.merge(conditions),
            _ => {}
        }
        Ok(self)
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

    fn merge(&mut self, conditions: &[Condition]) {
        for condition in conditions {
            Condition::merge(&mut self.conditions, condition.clone());
        }
    }

    fn note_warnings(&mut self, warnings: &[String], now: Timestamp) {
        if warnings.is_empty() {
            self.conditions.retain(|condition| condition.kind != ConditionKind::TemplateHonoured);
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
