//! What a guest answers.

use std::time::Duration;

use super::target::{owner, workload};
use super::template::templates;
use super::{
    Broken, MAX_LINES, MAX_PAGE, MAX_REMARKS, MAX_TEXT, bounded, cut, optional_text, prose, remarks, text,
};
use crate::domain::{
    Decision, Failure, FailureKind, LogLine, Observation, OwnerId, Secrets, Template, Verdict, Violation,
    WorkloadState,
};
use crate::extension::{CreateOutcome, Creation, LogsPage, OwnedPage, OwnedWorkload};
use crate::plugin::bindings::imports::types;
use crate::plugin::bindings::{hook::api as hook, provisioner::api};

/// A guest cannot make its host wait longer than this before the next try.
const MAX_RETRY_AFTER: Duration = Duration::from_secs(3_600);
/// Bytes of a word of the plugin's own.
const MAX_WORD: usize = 64;

/// A failure in the guest's own words.
pub(in crate::plugin) fn failure(secrets: &Secrets, failure: &types::Failure) -> Failure {
    let kind = match &failure.kind {
        types::FailureKind::Invalid => FailureKind::Invalid,
        types::FailureKind::Foreign => FailureKind::Foreign,
        types::FailureKind::NotFound => FailureKind::NotFound,
        types::FailureKind::NotApplied => FailureKind::NotApplied,
        types::FailureKind::OutcomeUnknown => FailureKind::OutcomeUnknown,
        types::FailureKind::Unsupported => FailureKind::Unsupported,
        types::FailureKind::Denied => FailureKind::Denied,
        // The words of version 0.1 cannot grow; these came after them.
        types::FailureKind::Other(word) if matches!(word.as_str(), "orphan-suspected" | "stuck-record") => {
            FailureKind::OrphanSuspected
        }
        types::FailureKind::Other(word) => FailureKind::Other(snake_case(&secrets.redact(word))),
    };
    let mut answer = Failure::new(kind, prose(secrets, &failure.message));
    answer.retry_after = failure.retry_after_ms.map(|ms| Duration::from_millis(ms).min(MAX_RETRY_AFTER));
    answer.violations = violations(secrets, &failure.violations);
    answer
}

/// A plugin's own word as a code: `a-z`, `0-9` and `_`.
fn snake_case(word: &str) -> String {
    let word = cut(word, MAX_WORD);
    let code = word.trim_end_matches('…').chars().map(|c| match c.to_ascii_lowercase() {
        c @ ('a'..='z' | '0'..='9') => c,
        _ => '_',
    });
    code.collect()
}

/// What is wrong with a request, in the guest's words.
pub(in crate::plugin) fn violations(secrets: &Secrets, violations: &[types::Violation]) -> Vec<Violation> {
    let violations = violations.iter().take(MAX_REMARKS);
    violations
        .map(|violation| Violation {
            pointer: prose(secrets, &violation.pointer),
            code: snake_case(&secrets.redact(&violation.code)),
            message: prose(secrets, &violation.message),
        })
        .collect()
}

/// Of `create`.
pub(in crate::plugin) fn creation(secrets: &Secrets, creation: &api::Creation) -> Result<Creation, Broken> {
    let outcome = match &creation.outcome {
        api::CreateOutcome::Created => CreateOutcome::Created,
        api::CreateOutcome::Adopted => CreateOutcome::Adopted,
        api::CreateOutcome::Pending => CreateOutcome::Pending,
        api::CreateOutcome::Other(word) => {
            let word = secrets.redact(word);
            return Err(Broken::new(format!("outcome {:?} is not known", cut(&word, MAX_WORD))));
        }
    };
    let workload = creation.workload.as_ref().map(|made| workload(secrets, made)).transpose()?;
    if workload.is_none() && outcome != CreateOutcome::Pending {
        return Err(Broken::new("created and adopted need a workload"));
    }
    Ok(Creation { outcome, workload, warnings: remarks(secrets, &creation.warnings) })
}

/// Of `inspect`.
pub(in crate::plugin) fn observation(
    secrets: &Secrets,
    seen: &api::Observation,
) -> Result<Observation, Broken> {
    let state = match &seen.state {
        api::WorkloadState::Absent => WorkloadState::Absent,
        api::WorkloadState::Starting => WorkloadState::Starting,
        api::WorkloadState::Running => WorkloadState::Running,
        api::WorkloadState::Stopped => WorkloadState::Stopped,
        api::WorkloadState::Failed => WorkloadState::Failed,
        api::WorkloadState::Other(word) => WorkloadState::Other(snake_case(&secrets.redact(word))),
    };
    Ok(Observation {
        state,
        reason: prose(secrets, &seen.reason),
        exit_code: seen.exit_code,
        workload: seen.workload.as_ref().map(|there| workload(secrets, there)).transpose()?,
    })
}

/// Of `owned`. Whatever does not carry the mark that was asked for is left out: it could be
/// destroyed by what follows.
pub(in crate::plugin) fn owned_page(
    secrets: &Secrets,
    asked: OwnerId,
    page: &api::OwnedPage,
) -> Result<OwnedPage, Broken> {
    let none = Secrets::default();
    bounded("workloads", &page.workloads, MAX_PAGE)?;
    let ours = page.workloads.iter().filter(|found| owner(&found.target.owner) == Some(asked));
    let workloads = ours
        .map(|found| {
            let instance = found.target.instance_id.parse().ok();
            Ok(OwnedWorkload {
                name: text(&none, "workload-name", &found.target.workload_name)?,
                instance,
                // Without an instance the number counts nothing.
                incarnation: instance.map(|_| found.target.attempt),
                observation: observation(secrets, &found.observation)?,
            })
        })
        .collect::<Result<_, Broken>>()?;
    Ok(OwnedPage {
        workloads,
        next_cursor: optional_text(&none, "next-cursor", page.next_cursor.as_deref())?,
    })
}

/// Of `logs`. Long lines are cut: a workload may print what it likes.
pub(in crate::plugin) fn logs_page(secrets: &Secrets, page: &api::LogsPage) -> Result<LogsPage, Broken> {
    bounded("lines", &page.lines, MAX_LINES)?;
    let lines = page.lines.iter().map(|line| LogLine {
        at: line.at.as_deref().map(|at| cut(at, MAX_WORD)),
        source: cut(&line.source, MAX_WORD),
        text: cut(&secrets.redact(&line.text), MAX_TEXT),
    });
    Ok(LogsPage {
        lines: lines.collect(),
        next_cursor: optional_text(&Secrets::default(), "next-cursor", page.next_cursor.as_deref())?,
    })
}

/// One page of usable templates, what is wrong with the others, and where the next page starts.
pub(in crate::plugin) struct TemplatesPage {
    pub(in crate::plugin) templates: Vec<Template>,
    pub(in crate::plugin) complaints: Vec<String>,
    pub(in crate::plugin) next_cursor: Option<String>,
}

/// Of `templates`.
pub(in crate::plugin) fn templates_page(page: &api::TemplatesPage) -> Result<TemplatesPage, Broken> {
    let (templates, complaints) = templates(&page.templates)?;
    let next_cursor = optional_text(&Secrets::default(), "next-cursor", page.next_cursor.as_deref())?;
    Ok(TemplatesPage { templates, complaints, next_cursor })
}

/// Of `review`. A decision the host does not know is a denial.
pub(in crate::plugin) fn verdict(verdict: &hook::Verdict) -> Verdict {
    // A hook never sees a secret value.
    let none = Secrets::default();
    let decision = match verdict.decision {
        hook::Decision::Allow => Decision::Allow,
        hook::Decision::Deny | hook::Decision::Other(_) => Decision::Deny,
    };
    Verdict {
        decision,
        violations: violations(&none, &verdict.violations),
        warnings: remarks(&none, &verdict.warnings),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Secret;

    fn guest_failure(kind: types::FailureKind, message: &str) -> types::Failure {
        let (violations, extra) = (Vec::new(), Vec::new());
        types::Failure {
            kind,
            message: message.to_owned(),
            retry_after_ms: Some(u64::MAX),
            violations,
            extra,
        }
    }

    #[test]
    fn failures_are_redacted_and_their_waits_bounded() {
        let secrets = Secrets([("K".to_owned(), Secret::new("hunter2-long".to_owned()))].into());
        let answer = failure(&secrets, &guest_failure(types::FailureKind::NotApplied, "bad hunter2-long"));
        assert_eq!(answer.message, "bad [secret]");
        assert_eq!(answer.retry_after, Some(MAX_RETRY_AFTER));
    }

    #[test]
    fn the_word_for_orphans_is_known() {
        let other = |word: &str| {
            let kind = types::FailureKind::Other(word.to_owned());
            failure(&Secrets::default(), &guest_failure(kind, "")).kind
        };
        assert_eq!(other("orphan-suspected"), FailureKind::OrphanSuspected);
        assert_eq!(other("Quota exceeded"), FailureKind::Other("quota_exceeded".to_owned()));
    }

    #[test]
    fn created_without_a_workload_breaks_the_contract() {
        let guest =
            |outcome| api::Creation { outcome, workload: None, warnings: Vec::new(), extra: Vec::new() };
        let read = |outcome| creation(&Secrets::default(), &guest(outcome)).is_ok();
        assert!(!read(api::CreateOutcome::Created));
        assert!(!read(api::CreateOutcome::Adopted));
        assert!(!read(api::CreateOutcome::Other("made".to_owned())));
        assert!(read(api::CreateOutcome::Pending));
    }

    #[test]
    fn a_word_nobody_knows_is_told_without_the_secret_in_it() {
        let secrets = Secrets([("K".to_owned(), Secret::new("hunter2-long".to_owned()))].into());
        let outcome = api::CreateOutcome::Other("made with hunter2-long".to_owned());
        let guest = api::Creation { outcome, workload: None, warnings: Vec::new(), extra: Vec::new() };
        let Err(Broken(reason)) = creation(&secrets, &guest) else { panic!("it is not known") };
        assert_eq!(reason, "outcome \"made with [secret]\" is not known");
    }
}
