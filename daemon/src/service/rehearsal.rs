//! Rehearsals: what a hook would say, before anybody is refused by it.
//!
//! Flow: the hook is built as it would be (another file, other settings) and plugged in nowhere → it
//! reviews every living instance, then the last requests, from pages of the store → what it objected to
//! is told, with each reason.
//!
//! Guarantees: nothing is stored and no live request waits for it: the candidate has turns of its own,
//! and few reviews run at once. It ends by its own time, and early when the candidate fails again and
//! again. One rehearsal is made at a time.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tokio::time::{Instant, sleep_until};

use super::admission::code_of;
use super::error::summary;
use super::{Error, Service};
use crate::domain::{
    Decision, Failure, HookCode, HookName, Instance, InstanceId, InstanceName, PastRequest, Query, Verdict,
    Violation, shown,
};
use crate::extension::{Candidate, CandidateRefusal, HookEntry, Review};
use crate::runtime::Shutdown;

/// Instances or requests that are read at once.
const PAGE: usize = 64;
/// Reviews at once: a rehearsal has time, and the machine has others to serve.
const REVIEWS: usize = 2;
/// Failures in a row after which the candidate is not asked any more.
const MAX_FAILURES: usize = 5;
/// Bytes of reasons that are told: a hook may have much to say about each of many.
const MAX_TOLD: usize = 1 << 20;
/// When to come back while another rehearsal is under way.
const LATER: Duration = Duration::from_secs(5);

/// What is asked for.
#[derive(Debug)]
pub struct RehearsalRequest {
    /// A hook of the configuration, perhaps one that is off.
    pub hook: String,
    /// What is different about it.
    pub candidate: Candidate,
    /// Objections that are told, as far as they are not too long together; more are only counted.
    pub limit: usize,
}

/// What a rehearsal came to.
#[derive(Debug)]
pub struct Rehearsal {
    /// Which hook.
    pub hook: HookName,
    /// `sha256:<hex>` of the component that was tried.
    pub digest: String,
    /// And of its settings.
    pub settings_hash: String,
    /// Of living instances.
    pub instances: Tally,
    /// Of past requests.
    pub requests: Tally,
    /// What it objected to: instances first, then requests, oldest first.
    pub objections: Vec<Objection>,
    /// There were more.
    pub truncated: bool,
    /// Why not everything was reviewed; none: it was.
    pub cut: Option<Cut>,
}

/// How many of a kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// It was asked about these.
    pub reviewed: usize,
    /// It said no, whatever its mode.
    pub would_refuse: usize,
    /// It could not answer.
    pub failed: usize,
    /// Its scope does not hold for these: it was not asked.
    pub skipped: usize,
}

/// Why a rehearsal ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Its time was over.
    TimedOut,
    /// The candidate failed too often in a row.
    KeptFailing,
    /// The daemon ends.
    Stopped,
}

/// Where a case comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseKind {
    /// One that lives.
    Instance,
    /// One that was judged before.
    Request,
}

/// One review that did not go well.
#[derive(Debug)]
pub struct Objection {
    /// What was reviewed.
    pub kind: CaseKind,
    /// Of the instance, living or not.
    pub id: InstanceId,
    /// Its name.
    pub name: InstanceName,
    /// Whether the candidate said no or could not answer.
    pub code: HookCode,
    /// Why.
    pub reason: String,
    /// Each part it objected to.
    pub violations: Vec<Violation>,
    /// It passed the hooks of its time.
    pub admitted_before: bool,
}

/// Something to be reviewed.
struct Case {
    kind: CaseKind,
    review: Review,
    admitted_before: bool,
}

impl Service {
    /// Tries a hook on every living instance and on the last requests.
    pub async fn rehearse_hook(&self, request: RehearsalRequest) -> Result<Rehearsal, Error> {
        let RehearsalRequest { hook, candidate, limit } = request;
        let busy = |_| Error::RehearsalUnderWay { retry_after: LATER };
        let _turn = self.inner.rehearsals.try_acquire().map_err(busy)?;
        let built = self.inner.extensions.trial_hook(&hook, candidate).await;
        let entry = built.map_err(|refusal| match refusal {
            CandidateRefusal::Unknown { hooks } => Error::HookNotFound { name: shown(&hook), hooks },
            CandidateRefusal::Refused(violations) => Error::Invalid(violations),
        })?;
        // To compile a file that was never seen has a bound of its own.
        let deadline = Instant::now() + self.inner.options.rehearsal_timeout;
        let mut run =
            Run { deadline, limit, told: 0, failures_in_a_row: 0, rehearsal: Rehearsal::of(&entry), entry };
        self.rehearse_on_instances(&mut run).await?;
        self.rehearse_on_requests(&mut run).await?;
        Ok(run.rehearsal)
    }

    async fn rehearse_on_instances(&self, run: &mut Run) -> Result<(), Error> {
        let mut after = None;
        while run.goes_on() {
            let query = Query { after, limit: PAGE, ..Query::default() };
            let page = self.inner.lifecycle.list(query).await.map_err(Error::reading)?;
            let case = |instance: Instance| Case {
                kind: CaseKind::Instance,
                review: Review { id: instance.id, spec: instance.spec, dry_run: true },
                admitted_before: true,
            };
            run.review(page.instances.into_iter().map(case).collect(), &self.inner.shutdown).await;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(())
    }

    async fn rehearse_on_requests(&self, run: &mut Run) -> Result<(), Error> {
        let mut after = None;
        while run.goes_on() {
            let page = self.inner.lifecycle.past_requests(after, PAGE).await.map_err(Error::reading)?;
            let case = |PastRequest { id, spec, refused_by }| Case {
                kind: CaseKind::Request,
                review: Review { id, spec, dry_run: true },
                admitted_before: refused_by.is_none(),
            };
            run.review(page.requests.into_iter().map(case).collect(), &self.inner.shutdown).await;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(())
    }
}

/// A rehearsal under way.
struct Run {
    entry: HookEntry,
    deadline: Instant,
    limit: usize,
    told: usize,
    failures_in_a_row: usize,
    rehearsal: Rehearsal,
}

impl Run {
    fn goes_on(&self) -> bool {
        self.rehearsal.cut.is_none()
    }

    /// Asks the candidate about all of these, and counts what it says.
    async fn review(&mut self, cases: Vec<Case>, shutdown: &Shutdown) {
        let entry = self.entry.clone();
        let mut asked = stream::iter(cases).map(|case| ask(&entry, case)).buffered(REVIEWS);
        loop {
            tokio::select! {
                next = asked.next() => match next {
                    None => return,
                    Some((case, outcome)) => self.count(case, outcome),
                },
                () = sleep_until(self.deadline) => self.rehearsal.cut = Some(Cut::TimedOut),
                () = shutdown.cancelled() => self.rehearsal.cut = Some(Cut::Stopped),
            }
            if !self.goes_on() {
                return;
            }
        }
    }

    fn count(&mut self, case: Case, outcome: Option<Result<Verdict, Failure>>) {
        let Case { kind, review, admitted_before } = case;
        let rehearsal = &mut self.rehearsal;
        let tally = match kind {
            CaseKind::Instance => &mut rehearsal.instances,
            CaseKind::Request => &mut rehearsal.requests,
        };
        let Some(outcome) = outcome else {
            tally.skipped += 1;
            return;
        };
        tally.reviewed += 1;
        let failed = outcome.is_err();
        self.failures_in_a_row = if failed { self.failures_in_a_row + 1 } else { 0 };
        if self.failures_in_a_row == MAX_FAILURES {
            rehearsal.cut = Some(Cut::KeptFailing);
        }
        let (code, reason, violations) = match outcome {
            Ok(Verdict { decision: Decision::Allow, .. }) => return,
            Ok(Verdict { violations, .. }) => (HookCode::Denied, reason(&violations), violations),
            Err(failure) => (code_of(&failure), failure.to_string(), failure.violations),
        };
        *(if failed { &mut tally.failed } else { &mut tally.would_refuse }) += 1;
        let texts = violations.iter().map(|violation| violation.pointer.len() + violation.message.len());
        let length = reason.len() + texts.sum::<usize>();
        if rehearsal.objections.len() == self.limit || self.told + length > MAX_TOLD {
            rehearsal.truncated = true;
            return;
        }
        self.told += length;
        let (id, name) = (review.id, review.spec.name.clone());
        let objection = Objection { kind, id, name, code, reason, violations, admitted_before };
        rehearsal.objections.push(objection);
    }
}

impl Rehearsal {
    /// One in which nothing was reviewed yet.
    fn of(entry: &HookEntry) -> Self {
        Self {
            hook: entry.name.clone(),
            digest: entry.digest.clone(),
            settings_hash: entry.settings_hash.clone(),
            instances: Tally::default(),
            requests: Tally::default(),
            objections: Vec::new(),
            truncated: false,
            cut: None,
        }
    }
}

/// Why, in one line.
fn reason(violations: &[Violation]) -> String {
    if violations.is_empty() { "it gave no reason".to_owned() } else { summary(violations) }
}

/// What the candidate says to one case; nothing: its scope does not hold.
async fn ask(entry: &HookEntry, case: Case) -> (Case, Option<Result<Verdict, Failure>>) {
    if !entry.scope.holds(&case.review.spec) {
        return (case, None);
    }
    let outcome = entry.hook.review(&case.review).await;
    (case, Some(outcome))
}
