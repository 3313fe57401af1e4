//! Runs the hooks: in order, each with its mode and its answer to failure.

use std::sync::Arc;
use std::time::Instant;

use super::{Denial, Error};
use crate::domain::{Admission, Decision, HookMode, Verdict, Violation};
use crate::extension::{ExtensionSet, HookEntry, Review};
use crate::runtime::Clock;

/// What every hook that was asked said, in their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdmissionReport {
    /// One per hook.
    pub verdicts: Vec<Admission>,
    /// Every violation, also of hooks that only audit.
    pub violations: Vec<Violation>,
    /// What hooks warned of.
    pub warnings: Vec<String>,
}

/// Asks the hooks of one set. Without `dry_run` the first enforced denial ends it; with it every
/// hook is asked.
pub(super) async fn admit(
    set: &ExtensionSet,
    review: &Review,
    clock: &Arc<dyn Clock>,
) -> Result<AdmissionReport, Error> {
    let mut report = AdmissionReport::default();
    let mut denied: Option<Denial> = None;
    for entry in set.hooks.iter().filter(|entry| entry.mode != HookMode::Off) {
        let started = Instant::now();
        let outcome = entry.hook.review(review).await;
        let took = started.elapsed();
        let (verdict, code) = match outcome {
            Ok(verdict) => (verdict, "hook_denied"),
            Err(failure) => {
                tracing::warn!(hook = %entry.name, %failure, on_error = ?entry.on_error, "a hook could not answer");
                (failed(entry, &failure.to_string()), "hook_failed")
            }
        };
        let Verdict { decision, violations, warnings } = verdict;
        let said: Vec<&str> = violations
            .iter()
            .map(|violation| violation.message.as_str())
            .chain(warnings.iter().map(String::as_str))
            .collect();
        report.verdicts.push(Admission {
            hook: entry.name.clone(),
            decision,
            mode: entry.mode,
            message: (!said.is_empty()).then(|| said.join("; ")),
            digest: entry.digest.clone(),
            generation: set.generation,
            at: clock.now(),
            took,
        });
        report.warnings.extend(warnings);
        report.violations.extend(violations.iter().cloned());
        if decision == Decision::Deny && entry.mode == HookMode::Enforce && denied.is_none() {
            let admission = AdmissionReport::default();
            denied = Some(Denial { hook: entry.name.clone(), code, violations, admission });
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

/// What a hook that could not answer counts as.
fn failed(entry: &HookEntry, failure: &str) -> Verdict {
    let message = format!("the hook {} could not answer: {failure}", entry.name);
    match entry.on_error {
        Decision::Allow => {
            Verdict { decision: Decision::Allow, violations: Vec::new(), warnings: vec![message] }
        }
        Decision::Deny => Verdict {
            decision: Decision::Deny,
            violations: vec![Violation { pointer: String::new(), code: "hook_failed".to_owned(), message }],
            warnings: Vec::new(),
        },
    }
}
