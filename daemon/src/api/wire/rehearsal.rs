//! Rehearsals of hooks.

use serde::Serialize;
use utoipa::ToSchema;

use super::ProblemError;
use crate::api::extract::{FromBody, Members};
use crate::service::{self, Candidate, CaseKind, Cut, Objection, Tally};

/// Refusals that are listed unless the request says otherwise, and the most it may say.
const LISTED: usize = 100;
const MAX_LISTED: usize = 1_000;

/// What is different about the hook. What is absent is as in the configuration.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RehearsalRequest {
    /// A plain file name in the folder of the hook's plugin.
    pub(crate) plugin: Option<String>,
    /// In place of the configured ones, all of them.
    #[schema(value_type = Option<Object>)]
    pub(crate) settings: Option<String>,
    /// Refusals that are listed; more are only counted. 100 if absent.
    #[schema(minimum = 0, maximum = 1000)]
    pub(crate) limit: Option<usize>,
}

impl FromBody for RehearsalRequest {
    const REQUIRED: bool = false;

    fn from_body(members: &mut Members) -> Self {
        Self {
            plugin: members.optional_text("plugin"),
            settings: members.json("settings"),
            limit: members.optional_count("limit", 0..=MAX_LISTED),
        }
    }
}

impl RehearsalRequest {
    /// The same about this hook.
    pub(crate) fn of(self, hook: String) -> service::RehearsalRequest {
        let Self { plugin, settings, limit } = self;
        let candidate = Candidate { plugin, settings };
        service::RehearsalRequest { hook, candidate, limit: limit.unwrap_or(LISTED) }
    }
}

/// What a hook would refuse.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Rehearsal {
    /// Which hook.
    pub(crate) hook: String,
    pub(crate) candidate: RehearsedHook,
    /// Of living instances.
    pub(crate) instances: RehearsalCount,
    /// Of recorded requests.
    pub(crate) requests: RehearsalCount,
    /// What it refused or could not judge: instances first, then requests, the oldest first.
    pub(crate) refusals: Vec<RehearsalRefusal>,
    /// There were more refusals than are listed.
    pub(crate) truncated: bool,
    /// Why it ended before everything was reviewed; null if it did not.
    #[schema(required)]
    pub(crate) cut: Option<RehearsalCut>,
    /// All of it in a sentence.
    pub(crate) summary: String,
}

/// What was tried.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RehearsedHook {
    /// `sha256:<hex>` of the component.
    pub(crate) digest: String,
    /// `sha256:<hex>` of its settings as JSON.
    pub(crate) settings_hash: String,
}

/// How many were reviewed, and what came of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RehearsalCount {
    pub(crate) reviewed: usize,
    pub(crate) would_refuse: usize,
    /// The hook could not answer: its `on_error` would decide.
    pub(crate) failed: usize,
    /// The hook's `when` leaves them out.
    pub(crate) skipped: usize,
}

/// One review that did not go well.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RehearsalRefusal {
    pub(crate) kind: Rehearsed,
    /// Of the instance, or of the one that the request made or would have made.
    pub(crate) id: String,
    pub(crate) name: String,
    /// `hook_denied`, or `hook_failed` or `hook_busy` if the hook could not answer.
    pub(crate) code: &'static str,
    /// Why.
    pub(crate) reason: String,
    /// Each part it objected to.
    pub(crate) violations: Vec<ProblemError>,
    /// The hooks of its time let it pass.
    pub(crate) admitted_before: bool,
}

/// What was reviewed.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rehearsed {
    Instance,
    Request,
}

/// Why a rehearsal ended early: its time was over, the hook failed too often in a row, or the daemon
/// ends. New ones may come.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RehearsalCut {
    TimedOut,
    KeptFailing,
    Stopped,
}

impl From<service::Rehearsal> for Rehearsal {
    fn from(rehearsal: service::Rehearsal) -> Self {
        let summary = summary(&rehearsal);
        let service::Rehearsal {
            hook,
            digest,
            settings_hash,
            instances,
            requests,
            objections,
            truncated,
            cut,
        } = rehearsal;
        Self {
            hook: hook.to_string(),
            candidate: RehearsedHook { digest, settings_hash },
            instances: instances.into(),
            requests: requests.into(),
            refusals: objections.into_iter().map(RehearsalRefusal::from).collect(),
            truncated,
            cut: cut.map(|cut| match cut {
                Cut::TimedOut => RehearsalCut::TimedOut,
                Cut::KeptFailing => RehearsalCut::KeptFailing,
                Cut::Stopped => RehearsalCut::Stopped,
            }),
            summary,
        }
    }
}

impl From<Tally> for RehearsalCount {
    fn from(Tally { reviewed, would_refuse, failed, skipped }: Tally) -> Self {
        Self { reviewed, would_refuse, failed, skipped }
    }
}

impl From<Objection> for RehearsalRefusal {
    fn from(objection: Objection) -> Self {
        let Objection { kind, id, name, code, reason, violations, admitted_before } = objection;
        Self {
            kind: match kind {
                CaseKind::Instance => Rehearsed::Instance,
                CaseKind::Request => Rehearsed::Request,
            },
            id: id.to_string(),
            name: name.to_string(),
            code: code.as_str(),
            reason,
            violations: violations.into_iter().map(ProblemError::from).collect(),
            admitted_before,
        }
    }
}

/// "would refuse 3 of 41 instances and 5 of 60 recorded requests".
fn summary(rehearsal: &service::Rehearsal) -> String {
    let service::Rehearsal { instances, requests, cut, .. } = rehearsal;
    let mut text = format!(
        "would refuse {} of {} instances and {} of {} recorded requests",
        instances.would_refuse, instances.reviewed, requests.would_refuse, requests.reviewed
    );
    let failed = instances.failed + requests.failed;
    if failed > 0 {
        text += &format!("; could not judge {failed}");
    }
    match cut {
        Some(Cut::TimedOut) => text += "; ended at its time, and has not seen all",
        Some(Cut::Stopped) => text += "; ended with the daemon, and has not seen all",
        Some(Cut::KeptFailing) => text += "; failed again and again, and was not asked about the rest",
        None => {}
    }
    text
}
