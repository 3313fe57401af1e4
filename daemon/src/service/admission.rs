//! Runs the hooks: in order, each with its mode and its answer to failure.
//!
//! A hook that is off, or whose scope the request is not in, is not asked, costs nothing and leaves
//! no verdict.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Denial, Error, Service};
use crate::domain::{
    Admission, Decision, Failure, HookCode, HookMode, PastRequest, Spec, Verdict, Violation,
};
use crate::extension::{ExtensionSet, HookEntry, Review};
use crate::runtime::Clock;

/// When a hook may have a turn free if it does not know better.
const SOON: Duration = Duration::from_secs(1);

/// What every hook that was asked said, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdmissionReport {
    /// One per hook.
    pub verdicts: Vec<Admission>,
    /// What hooks warned of.
    pub warnings: Vec<String>,
}

impl Service {
    /// Has the request reviewed. One that is refused is remembered, to try other hooks on.
    pub(super) async fn admit(&self, set: &ExtensionSet, review: &Review) -> Result<AdmissionReport, Error> {
        let admitted = admit(set, review, &self.inner.clock).await;
        if let (Err(Error::Denied(denial)), false) = (&admitted, review.dry_run)
            // Of a hook that was busy nothing was decided: the request comes again.
            && denial.code != HookCode::Busy
        {
            let admission = denial.admission.verdicts.clone();
            let spec = Arc::new(Spec { admission, ..(*review.spec).clone() });
            let refused_by = Some(denial.hook.clone());
            self.inner.lifecycle.remember_refused(PastRequest::of(review.id, spec, refused_by));
        }
        admitted
    }
}

/// Asks the hooks of one set. Without `dry_run` the first enforced denial ends it; with it every
/// hook is asked.
async fn admit(
    set: &ExtensionSet,
    review: &Review,
    clock: &Arc<dyn Clock>,
) -> Result<AdmissionReport, Error> {
    let mut report = AdmissionReport::default();
    let mut denied: Option<Denial> = None;
    let asked = |entry: &&HookEntry| entry.mode != HookMode::Off && entry.scope.holds(&review.spec);
    for entry in set.hooks.iter().filter(asked) {
        let started = Instant::now();
        let outcome = entry.hook.review(review).await;
        let took = started.elapsed();
        if let Err(failure) = &outcome {
            tracing::warn!(hook = %entry.name, %failure, on_error = ?entry.on_error, "a hook could not answer");
        }
        let retry_after = outcome.as_ref().err().and_then(|failure| failure.retry_after);
        let (Verdict { decision, violations, warnings }, code) = judge(entry, outcome);
        let said: Vec<&str> = violations
            .iter()
            .map(|violation| violation.message.as_str())
            .chain(warnings.iter().map(String::as_str))
            .collect();
        report.verdicts.push(Admission {
            hook: entry.name.clone(),
            decision,
            code,
            mode: entry.mode,
            message: (!said.is_empty()).then(|| said.join("; ")),
            violations: violations.clone(),
            digest: entry.digest.clone(),
            settings_hash: Some(entry.settings_hash.clone()),
            generation: set.generation,
            at: clock.now(),
            took,
        });
        report.warnings.extend(warnings);
        if decision == Decision::Deny && entry.mode == HookMode::Enforce && denied.is_none() {
            denied = Some(Denial {
                hook: entry.name.clone(),
                code: code.unwrap_or(HookCode::Denied),
                retry_after: retry_after.unwrap_or(SOON),
                violations,
                admission: AdmissionReport::default(),
            });
            if !review.dry_run {
                break;
            }
        }
    }
    match denied {
        Some(denial) => Err(Error::Denied(Box::new(Denial { admission: report, ..denial }))),
        None => Ok(report),
    }
}

/// How a review ended that failed.
pub(super) fn code_of(failure: &Failure) -> HookCode {
    if failure.code == Failure::BUSY { HookCode::Busy } else { HookCode::Failed }
}

/// What a review counts as, whatever came of it.
fn judge(entry: &HookEntry, outcome: Result<Verdict, Failure>) -> (Verdict, Option<HookCode>) {
    let failure = match outcome {
        Ok(verdict) => {
            let code = (verdict.decision == Decision::Deny).then_some(HookCode::Denied);
            return (verdict, code);
        }
        Err(failure) => failure,
    };
    let code = code_of(&failure);
    let message = format!("the hook {} could not answer: {failure}", entry.name);
    let verdict = match entry.on_error {
        Decision::Allow => {
            Verdict { decision: Decision::Allow, violations: Vec::new(), warnings: vec![message] }
        }
        Decision::Deny => Verdict {
            decision: Decision::Deny,
            violations: vec![Violation { pointer: String::new(), code: code.as_str().to_owned(), message }],
            warnings: Vec::new(),
        },
    };
    (verdict, Some(code))
}
