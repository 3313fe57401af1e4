//! A look at a workload: the health ladder, and what its answers come to. Pure but for the asking.

use std::sync::Arc;
use std::time::Duration;

use super::knowledge::Knowledge;
use super::plan::camel_case;
use crate::domain::{
    Cause, Condition, ConditionKind, ConditionStatus, Fact, Failure, HealthVerdict, Instance, Observation,
    Phase, ProbeOutcome, Secrets, Sighting, Timestamp,
};
use crate::extension::{Answer, Prober, ProvisionerEntry, Question, Rung};

/// A workload that is not healthy yet is looked at again after this, doubled with each look.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// So many looks, with their pauses about a second, are an ordinary start.
const LOOKS_BEFORE_IT_IS_SLOW: u32 = 4;
/// While it does not answer, its provisioner is asked this often.
const INSPECT_WHILE_ILL: Duration = Duration::from_secs(1);

/// What was seen.
pub(super) struct Seen {
    /// The rungs above the provisioner's.
    pub(super) answer: Answer,
    /// The provisioner's word, if it was asked.
    pub(super) observation: Option<Result<Observation, Failure>>,
}

impl Seen {
    /// The endpoint did not answer at all, and the backend does not say that the workload is gone.
    pub(super) fn is_silent(&self) -> bool {
        let down = |rung: &Rung| rung.status == ConditionStatus::False && rung.kind.may_cause_recovery();
        !self.answer.is_healthy()
            && self.answer.failed().is_some_and(down)
            && !matches!(&self.observation, Some(Ok(observation)) if observation.state.is_down())
    }

    /// A server may echo its secrets; what a probe heard goes no further with them in it.
    pub(super) fn redact(&mut self, secrets: &Secrets) {
        for rung in &mut self.answer.rungs {
            rung.message = secrets.redact(&rung.message).into_owned();
        }
        for tool in self.answer.tools.iter_mut().flatten() {
            tool.name = secrets.redact(&tool.name).into_owned();
            tool.description = tool.description.as_deref().map(|text| secrets.redact(text).into_owned());
            tool.input_schema = secrets.redact(&tool.input_schema).into_owned();
        }
    }
}

/// Asks the prober for its part of the ladder.
pub(super) async fn probe(
    prober: &dyn Prober,
    instance: &Instance,
    entry: &ProvisionerEntry,
    known: &Knowledge,
) -> Answer {
    let health = &instance.spec.template.health;
    match instance.endpoint() {
        Some(url) => {
            let question = Question {
                url,
                era: known.era,
                timeout: health.timeout,
                rules: entry.endpoints.clone(),
                expect_tools: health.expect_tools.clone(),
            };
            prober.probe(&question).await
        }
        None => Answer {
            rungs: vec![Rung {
                kind: ConditionKind::PortOpen,
                status: ConditionStatus::False,
                reason: "NoEndpoint".to_owned(),
                message: "the provisioner gave no URL for this workload".to_owned(),
                latency: None,
            }],
            era: None,
            tools: None,
        },
    }
}

/// Whether the provisioner is to be asked as well: now and then, and when the workload does not answer.
pub(super) fn wants_inspection(
    answer: &Answer,
    known: &Knowledge,
    now: Timestamp,
    interval: Duration,
) -> bool {
    let pause = if answer.is_healthy() { interval } else { INSPECT_WHILE_ILL };
    known.inspected_at.is_none_or(|at| now.since(at) >= pause)
}

/// When to look again. `share` is uniform in `0..1`: a fifth of the interval is jitter, so that
/// many instances do not beat together.
pub(super) fn next_look(
    instance: &Instance,
    known: &Knowledge,
    healthy: bool,
    now: Timestamp,
    share: f32,
) -> Timestamp {
    let interval = instance.spec.template.health.interval;
    let settled = healthy || !matches!(instance.status.phase, Phase::Created { .. });
    let pause = if settled {
        interval.mul_f32(0.9 + 0.2 * share)
    } else {
        FIRST_PAUSE.saturating_mul(1u32.checked_shl(known.looks.min(20)).unwrap_or(u32::MAX)).min(interval)
    };
    now.plus(pause)
}

/// What is written in memory about it: nothing unless somebody answered.
pub(super) fn sighting(seen: &Seen, now: Timestamp) -> Option<Sighting> {
    let answered = seen.answer.is_healthy() || matches!(seen.observation, Some(Ok(_)));
    let tools = seen.answer.tools.as_ref().map(|tools| (now, Arc::from(tools.as_slice())));
    answered.then_some(Sighting { observed_at: now, tools })
}

/// What the look comes to, if it changes anything.
pub(super) fn judge(
    instance: &Instance,
    seen: &Seen,
    known: &mut Knowledge,
    now: Timestamp,
    stable_after: Duration,
) -> Option<Fact> {
    let (phase, health) = (&instance.status.phase, &instance.spec.template.health);
    let ladder = ladder(instance, seen, now);

    // What its provisioner positively reports down counts at once.
    let will_be_recovered = matches!(phase, Phase::Unhealthy { recoverable: true, .. });
    if let Some(Ok(observation)) = &seen.observation
        && observation.state.is_down()
        && !will_be_recovered
    {
        return Some(Fact::BecameUnhealthy { recoverable: true, cause: why_it_is_down(observation), ladder });
    }

    let changed = || {
        // The message of the tools holds their digest: other tools are a change.
        let same = |next: &Condition| {
            instance.status.condition(next.kind).is_some_and(|old| {
                old.says_the_same_as(next)
                    && (next.kind != ConditionKind::ToolsListed || old.message == next.message)
            })
        };
        let conditions: Vec<Condition> = ladder.iter().filter(|next| !same(next)).cloned().collect();
        (!conditions.is_empty()).then_some(Fact::ConditionsChanged { conditions })
    };
    if let Some(Ok(Observation { workload: Some(found), .. })) = &seen.observation
        && let Some(made) = phase.workload()
        && (&found.id, &found.url, found.port) != (&made.id, &made.url, made.port)
    {
        return Some(Fact::WorkloadMoved { workload: found.clone() });
    }
    if seen.answer.is_healthy() {
        known.looks = 0;
        known.tracker.count(ProbeOutcome::Healthy, health, now, now);
        return match phase {
            Phase::Created { .. } | Phase::Unhealthy { .. } => Some(Fact::BecameHealthy { ladder }),
            Phase::Running { since, .. }
                if instance.status.attempt > 0 && now.since(*since) >= stable_after =>
            {
                Some(Fact::Stabilised)
            }
            _ => changed(),
        };
    }
    known.looks = known.looks.saturating_add(1);
    if known.backend_is_away {
        // The provisioner cannot be reached: that says nothing about the workload. Nothing counts.
        return changed();
    }
    // Only a workload that has not answered yet has a start period.
    let (starting, created) = match phase {
        Phase::Created { since, .. } => (true, *since),
        _ => (false, Timestamp(0)),
    };
    let failed = seen.answer.failed();
    let outcome = match failed {
        Some(rung) if rung.status == ConditionStatus::False && rung.kind.may_cause_recovery() => {
            ProbeOutcome::Down
        }
        _ => ProbeOutcome::Degraded,
    };
    let recoverable = match known.tracker.count(outcome, health, created, now) {
        HealthVerdict::Down => true,
        HealthVerdict::Degraded => false,
        // A server that needs a moment to listen is nothing to write down.
        HealthVerdict::Undecided if starting && known.looks < LOOKS_BEFORE_IT_IS_SLOW => {
            return None;
        }
        HealthVerdict::Healthy | HealthVerdict::Undecided => return changed(),
    };
    if will_be_recovered || (matches!(phase, Phase::Unhealthy { .. }) && !recoverable) {
        return changed();
    }
    let cause = failed.map_or_else(
        || Cause::new("NoAnswer", "the endpoint did not answer"),
        |rung| Cause::new(rung.reason.clone(), rung.message.clone()),
    );
    Some(Fact::BecameUnhealthy { recoverable, cause, ladder })
}

/// What its backend says of a workload that is down.
pub(super) fn why_it_is_down(observation: &Observation) -> Cause {
    let state = observation.state.as_str();
    let exit = observation.exit_code.map_or_else(String::new, |code| format!(" (exit code {code})"));
    let message = format!("the workload is {state}: {}{exit}", observation.reason);
    Cause::new(camel_case(&format!("workload_{state}")), message).with_exit_code(observation.exit_code)
}

/// The conditions of this look, lowest rung first. A rung that was not reached is unknown: its old
/// value is not repeated as fresh.
fn ladder(instance: &Instance, seen: &Seen, now: Timestamp) -> Vec<Condition> {
    let known = |kind| instance.status.condition(kind).is_some();
    let condition = |kind, status, reason: String, message: String, latency| Condition {
        kind,
        status,
        reason,
        message,
        since: now,
        latency,
    };
    let mut ladder = Vec::new();
    match &seen.observation {
        Some(Ok(observation)) => {
            let status = match &observation.state {
                state if state.is_down() => ConditionStatus::False,
                crate::domain::WorkloadState::Running => ConditionStatus::True,
                _ => ConditionStatus::Unknown,
            };
            let reason = camel_case(observation.state.as_str());
            let message = observation.reason.clone();
            ladder.push(condition(ConditionKind::WorkloadObserved, status, reason, message, None));
            if known(ConditionKind::BackendReachable) {
                let (reason, message) = ("Answered".to_owned(), "the backend answers again".to_owned());
                ladder.push(condition(
                    ConditionKind::BackendReachable,
                    ConditionStatus::True,
                    reason,
                    message,
                    None,
                ));
            }
        }
        Some(Err(failure)) => {
            let (reason, message) = (camel_case(&failure.code), failure.message.clone());
            let unknown = ConditionStatus::Unknown;
            ladder.push(condition(
                ConditionKind::WorkloadObserved,
                unknown,
                reason.clone(),
                message.clone(),
                None,
            ));
            ladder.push(condition(
                ConditionKind::BackendReachable,
                ConditionStatus::False,
                reason,
                message,
                None,
            ));
        }
        None => {}
    }
    for rung in &seen.answer.rungs {
        ladder.push(condition(
            rung.kind,
            rung.status,
            rung.reason.clone(),
            rung.message.clone(),
            rung.latency,
        ));
    }
    let rungs = [
        ConditionKind::PortOpen,
        ConditionKind::HttpAnswers,
        ConditionKind::Handshake,
        ConditionKind::ToolsListed,
        ConditionKind::Authenticated,
    ];
    for kind in rungs {
        if known(kind) && !ladder.iter().any(|condition| condition.kind == kind) {
            let (status, reason, message) = match kind {
                ConditionKind::Authenticated if seen.answer.is_healthy() => {
                    (ConditionStatus::True, "NotAsked", "the server asks for no credentials")
                }
                _ => (ConditionStatus::Unknown, "NotReached", "a lower rung failed"),
            };
            ladder.push(condition(kind, status, reason.to_owned(), message.to_owned(), None));
        }
    }
    ladder
}
