//! What to do next about one instance. Pure: the whole of what the daemon decides by itself.
//!
//! No phase lasts for ever without a reason and an end:
//!
//! | phase | what ends it |
//! |---|---|
//! | requested, creating, recovering | the outcome; `create_deadline`; the budget of attempts. In an outage those that were never healthy fail at the deadline, the others wait for its end |
//! | created | its first answer, or `start_period` and `failures` probes: unhealthy |
//! | unhealthy | an answer, or recovery. Degraded (alive, and no use in making it anew) stays, with its reason |
//! | deleting | the workload is gone; tried for ever, or forgotten by force |

use std::time::Duration;

use super::Options;
use super::guards::HeldBack;
use super::planted::Fault;
use crate::domain::{
    Cause, Condition, ConditionKind, ConditionStatus, Doubt, Fact, Failure, FailureKind, Instance,
    InstanceError, Phase, Timestamp,
};

/// No wait is longer, but for a longer cap of the backoff.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(3_600);
/// A create that got no turn comes back after this.
const BUSY_PAUSE: Duration = Duration::from_secs(2);
/// Whether a recovery that waits may go on is asked again after this.
const HELD_BACK_PAUSE: Duration = Duration::from_secs(2);

/// A decision to write down, or **one** effect whose outcome is then written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing until a user asks.
    Rest,
    /// Nothing until then; always in the future.
    Wait(Timestamp),
    /// Write this down.
    Record(Fact),
    /// Write this intent down, then have the workload made.
    Create(Fact),
    /// A creation came to no clear end: is the workload there?
    Inspect(Doubt),
    /// Does it live, and does it answer?
    Look,
    /// Remove the workload of the last attempt.
    RemoveOrphan,
    /// Remove the workload for good.
    Delete,
}

impl Step {
    /// One word, to count by.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Wait(_) => "wait",
            Self::Record(_) => "record",
            Self::Create(_) => "create",
            Self::Inspect(_) => "inspect",
            Self::Look => "look",
            Self::RemoveOrphan => "remove_orphan",
            Self::Delete => "delete",
        }
    }

    /// Whether the step changes something outside, which may take minutes.
    pub fn is_slow(&self) -> bool {
        match self {
            // It makes what it does not find.
            Self::Inspect(doubt) => doubt.interrupted,
            step => matches!(step, Self::Create(_) | Self::RemoveOrphan | Self::Delete),
        }
    }
}

/// The next step. `next_look`: when the next probe is due; `held_back`: why recovery must wait;
/// `dice`: uniform, for the jitter.
pub fn plan(
    instance: &Instance,
    next_look: Timestamp,
    held_back: Option<HeldBack>,
    now: Timestamp,
    dice: u32,
    options: &Options,
) -> Step {
    if let Some(fact) = overdue_in_an_outage(instance, now, options) {
        return Step::Record(fact);
    }
    // A wait longer than any that is ever planned comes from a clock that was set back.
    let longest = LONGEST_WAIT.max(options.recovery.cap);
    let until = |at: Timestamp, step: Step| match now < at && at.since(now) <= longest {
        true => Step::Wait(at),
        false => step,
    };
    let start = || Step::Create(Fact::CreateStarted { deadline: now.plus(options.create_deadline) });
    match &instance.status.phase {
        Phase::Requested => start(),
        Phase::Creating { doubt: None, .. } if options.planted.is(Fault::ForgetsToResume) => Step::Rest,
        // No call is out, or this instance would be busy: an earlier daemon died during it.
        Phase::Creating { doubt: None, .. } => Step::Record(Fact::OutcomeUnknown {
            inspect_at: now,
            settled_at: now.plus(options.settle),
            interrupted: true,
            cause: Cause::new("Interrupted", "the daemon stopped while the workload was being made"),
        }),
        // What was only interrupted is looked for first, however long the daemon was down.
        Phase::Creating { deadline, doubt: Some(doubt) }
            if now >= *deadline && !doubt.interrupted && outage_since(instance).is_none() =>
        {
            let cause =
                Cause::new("CreateDeadline", format!("creation took too long: {}", doubt.cause.message));
            Step::Record(again(instance, cause, None, now, dice, options))
        }
        Phase::Creating { doubt: Some(doubt), .. } => until(doubt.inspect_at, Step::Inspect(doubt.clone())),
        Phase::Unhealthy { recoverable: true, cause, .. } => match held_back {
            None => Step::Record(again(instance, cause.clone(), None, now, dice, options)),
            Some(reason) => hold(instance, reason, next_look, now),
        },
        Phase::Created { .. } | Phase::Running { .. } | Phase::Unhealthy { .. } => {
            until(next_look, Step::Look)
        }
        Phase::Recovering { workload_may_exist, not_before, .. } => {
            until(*not_before, if *workload_may_exist { Step::RemoveOrphan } else { start() })
        }
        Phase::Deleting { workload_may_exist: false, .. } => Step::Record(Fact::DeleteSucceeded),
        Phase::Deleting { not_before, .. } => until(*not_before, Step::Delete),
        Phase::Failed { .. } | Phase::Gone => Step::Rest,
    }
}

/// Whether an absence is believed by now. As with every wait, one that is further ahead than any is
/// ever planned comes from a clock that was set back.
pub(super) fn is_settled(doubt: &Doubt, now: Timestamp, options: &Options) -> bool {
    let longest = LONGEST_WAIT.max(options.create_deadline);
    now >= doubt.settled_at || doubt.settled_at.since(now) > longest
}

/// Since when the instance's provisioner cannot be reached.
fn outage_since(instance: &Instance) -> Option<Timestamp> {
    let reachable = instance.status.condition(ConditionKind::BackendReachable)?;
    (reachable.status == ConditionStatus::False).then_some(reachable.since)
}

/// The end of a creation that waited too long for its provisioner. What was healthy once waits on.
fn overdue_in_an_outage(instance: &Instance, now: Timestamp, options: &Options) -> Option<Fact> {
    let phase = &instance.status.phase;
    let being_made = matches!(phase, Phase::Requested | Phase::Creating { .. } | Phase::Recovering { .. });
    let since = outage_since(instance).filter(|_| being_made && !instance.status.proven)?;
    if now.since(since) < options.create_deadline {
        return None;
    }
    let why = instance.status.condition(ConditionKind::BackendReachable).map(|held| held.message.as_str());
    let message = format!(
        "the provisioner {} could not be reached for {}: {}",
        instance.spec.provisioner,
        crate::domain::format_duration(options.create_deadline),
        why.unwrap_or_default()
    );
    Some(Fact::GaveUp {
        workload_may_exist: phase.workload_may_exist(),
        error: InstanceError {
            causes: causes(instance, Cause::new("CreateDeadline", message.clone())),
            code: "create_deadline".to_owned(),
            message,
            retryable: true,
            remedy: "see GET /mcp/provisioners; when its backend answers again, POST …/retry".to_owned(),
        },
    })
}

/// Says once why it waits, and goes on looking: it may become healthy meanwhile.
fn hold(instance: &Instance, reason: HeldBack, next_look: Timestamp, now: Timestamp) -> Step {
    let Cause { reason, message, .. } = reason.cause();
    let condition = Condition {
        kind: ConditionKind::RecoveryHeldBack,
        status: ConditionStatus::True,
        reason,
        message,
        since: now,
        latency: None,
    };
    let said = instance.status.condition(ConditionKind::RecoveryHeldBack);
    if !said.is_some_and(|said| said.says_the_same_as(&condition)) {
        return Step::Record(Fact::ConditionsChanged { conditions: vec![condition] });
    }
    if now < next_look && next_look.since(now) <= LONGEST_WAIT {
        Step::Wait(next_look.min(now.plus(HELD_BACK_PAUSE)))
    } else {
        Step::Look
    }
}

/// Why the last tries were made, and how it ended.
fn causes(instance: &Instance, last: Cause) -> Vec<Cause> {
    instance.status.causes.iter().cloned().chain([last]).collect()
}

/// Another try after a pause, or the end of trying.
pub(super) fn again(
    instance: &Instance,
    cause: Cause,
    retry_after: Option<Duration>,
    now: Timestamp,
    dice: u32,
    options: &Options,
) -> Fact {
    let (policy, attempt) = (&options.recovery, instance.status.attempt);
    let one_more = u32::from(options.planted.is(Fault::TriesOnceTooOften));
    if attempt >= policy.max_attempts.saturating_add(one_more) {
        let tries = attempt.saturating_add(1);
        return Fact::GaveUp {
            workload_may_exist: instance.status.phase.workload_may_exist(),
            error: InstanceError {
                code: "attempts_exhausted".to_owned(),
                causes: causes(instance, cause.clone()),
                message: format!(
                    "given up after {tries} tries; the last one: {}: {}",
                    cause.reason, cause.message
                ),
                retryable: true,
                remedy: "look at the instance's events and logs, mend the cause, then POST …/retry"
                    .to_owned(),
            },
        };
    }
    let delay = policy.delay(attempt, dice).max(retry_after.unwrap_or_default());
    Fact::RecoveryScheduled { not_before: now.plus(delay), cause }
}

/// What a failed create means. Whatever it says, the workload is looked for before anything is
/// tried again; only where it says that nothing happened is an absence believed at once.
pub(super) fn after_create_failed(
    failure: Failure,
    instance: &Instance,
    now: Timestamp,
    dice: u32,
    options: &Options,
) -> Fact {
    let cause = Cause::new(camel_case(&failure.code), failure.message.clone());
    let inspect_at = now.plus(failure.retry_after.unwrap_or_default());
    let unknown = |settled_at: Timestamp| Fact::OutcomeUnknown {
        inspect_at,
        settled_at: settled_at.max(inspect_at),
        interrupted: false,
        cause: cause.clone(),
    };
    if failure.was_not_begun() {
        // Nobody was asked: it is the same attempt when its turn comes, until the deadline.
        let inspect_at = now.plus(failure.retry_after.unwrap_or(BUSY_PAUSE));
        return Fact::OutcomeUnknown { inspect_at, settled_at: now, interrupted: true, cause };
    }
    match failure.kind {
        FailureKind::Invalid | FailureKind::Unsupported => {
            gave_up(instance, &failure, false, "change the request or its template")
        }
        FailureKind::Foreign => {
            gave_up(instance, &failure, false, "remove what holds the name, or delete this instance")
        }
        FailureKind::Denied => gave_up(
            instance,
            &failure,
            true,
            "grant the plugin what it needs in the configuration, then POST …/retry",
        ),
        FailureKind::OrphanSuspected => {
            // What holds the old name cannot be seen: a new name, which is a new attempt.
            match (
                again(instance, cause, failure.retry_after, now, dice, options),
                instance.status.workload_name.successor(),
            ) {
                (Fact::RecoveryScheduled { not_before, cause }, Some(to)) => {
                    Fact::Renamed { to, not_before, cause }
                }
                (gave_up, _) => gave_up,
            }
        }
        FailureKind::NotApplied => unknown(now),
        FailureKind::OutcomeUnknown | FailureKind::NotFound | FailureKind::Other(_) => {
            unknown(now.plus(options.settle))
        }
    }
}

fn gave_up(instance: &Instance, failure: &Failure, workload_may_exist: bool, remedy: &str) -> Fact {
    let error = InstanceError {
        code: failure.code.clone(),
        message: failure.message.clone(),
        retryable: failure.kind == FailureKind::Denied,
        remedy: remedy.to_owned(),
        causes: causes(instance, Cause::new(camel_case(&failure.code), failure.message.clone())),
    };
    Fact::GaveUp { error, workload_may_exist }
}

/// `plugin_timed_out` → `PluginTimedOut`: codes are words of the wire, reasons of conditions.
pub(super) fn camel_case(code: &str) -> String {
    code.split(|letter: char| !letter.is_ascii_alphanumeric())
        .map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
        })
        .collect()
}
