//! A component as a [`Provisioner`].

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::Semaphore;

use super::bindings::provisioner::{ProvisionerPluginPre, api};
use super::call::{Call, Guest};
use super::convert::{self, Broken};
use super::host::{Reachability, State};
use super::options::Timeouts;
use crate::domain::{Failure, FailureKind, Observation, OwnerId, Secrets, Target, Template};
use crate::extension::{CreateOrder, Creation, LogsPage, LogsRequest, OwnedPage, Provisioner, Reach};

/// Pages of templates that are read.
const MAX_PAGES: usize = 32;

/// See the module.
pub(super) struct ComponentProvisioner {
    pub(super) guest: Arc<Guest>,
    pub(super) pre: ProvisionerPluginPre<State>,
    pub(super) timeouts: Timeouts,
    /// Of create and destroy.
    pub(super) changes: Arc<Semaphore>,
    /// Of everything that only looks: a queue of creates must not blind the daemon.
    pub(super) looks: Arc<Semaphore>,
    pub(super) reach: Arc<Reachability>,
    /// What was wrong with the backend's templates when they were last read.
    pub(super) complaints: Mutex<Vec<String>>,
}

/// Instantiates the plugin, calls one function with one record, and converts nothing.
macro_rules! ask {
    ($self:ident, $call:expr, $function:ident, $argument:expr) => {{
        let pre = $self.pre.clone();
        let argument = $argument;
        let answer = $self.guest.call($call, move |store| {
            Box::pin(async move {
                let plugin = pre.instantiate_async(&mut *store).await?;
                plugin.wharfinger_plugin_provisioner().$function(store, &argument).await
            })
        });
        $self.noted(answer.await)
    }};
}

impl ComponentProvisioner {
    fn change(&self, function: &'static str, secrets: Arc<Secrets>) -> Call {
        let (timeout, timeout_remedy) = match function {
            "create" => (self.timeouts.create, "raise timeouts.create if its backend is slow"),
            _ => (self.timeouts.destroy, "raise timeouts.destroy if its backend is slow"),
        };
        let turns = self.changes.clone();
        let turns_key = "max_concurrent";
        Call { function, turns, turns_key, timeout, timeout_remedy, secrets, has_effects: true }
    }

    fn look(&self, function: &'static str, timeout: Duration, secrets: Arc<Secrets>) -> Call {
        let turns = self.looks.clone();
        let timeout_remedy = "raise timeouts.inspect if its backend is slow";
        let turns_key = "max_inspects";
        Call { function, turns, turns_key, timeout, timeout_remedy, secrets, has_effects: false }
    }

    /// What is replaced in whatever a call logs, and answers about an instance: the instance's secrets, and
    /// what the host shows its upstreams.
    fn hidden(&self, secrets: &Secrets) -> Arc<Secrets> {
        Arc::new(self.guest.upstreams.with_tokens(secrets))
    }

    /// A plugin without upstreams is its own backend: it is there when it answers.
    fn noted<T>(&self, answer: Result<T, Failure>) -> Result<T, Failure> {
        let answers = match &answer {
            Ok(_) => true,
            Err(failure) => failure.kind != FailureKind::OutcomeUnknown && !failure.was_not_begun(),
        };
        if answers && self.guest.upstreams.is_empty() {
            self.reach.saw("plugin", true);
        }
        answer
    }

    /// Says what is wrong with the backend's templates, once for as long as it stays the same.
    fn complain(&self, complaints: Vec<String>) {
        let mut known = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        if !complaints.is_empty() && *known != complaints {
            let plugin = self.guest.subject.name.as_str();
            tracing::warn!(
                plugin,
                templates = complaints.join("; "),
                "templates of the backend were left out"
            );
        }
        *known = complaints;
    }
}

#[async_trait]
impl Provisioner for ComponentProvisioner {
    async fn templates(&self) -> Result<Vec<Template>, Failure> {
        let deadline = Instant::now() + self.timeouts.inspect;
        let (mut templates, mut complaints) = (Vec::new(), Vec::new());
        let mut cursor = None;
        for _ in 0..MAX_PAGES {
            let left = deadline.saturating_duration_since(Instant::now());
            let call = self.look("templates", left, self.hidden(&Secrets::default()));
            let query = api::TemplatesQuery { cursor: cursor.clone(), extra: Vec::new() };
            let page = ask!(self, call, call_templates, query)?;
            let page =
                convert::templates_page(&page).map_err(|broken| self.guest.broke("templates", broken))?;
            templates.extend(page.templates);
            complaints.extend(page.complaints);
            if page.next_cursor.is_none() {
                self.complain(complaints);
                return Ok(templates);
            }
            if page.next_cursor == cursor {
                break;
            }
            cursor = page.next_cursor;
        }
        let reason = format!("its pages do not end; at most {MAX_PAGES} are read, each with a new cursor");
        Err(self.guest.broke("templates", Broken(reason)))
    }

    async fn create(&self, order: &CreateOrder) -> Result<Creation, Failure> {
        let hidden = self.hidden(&order.secrets);
        let call = self.change("create", hidden.clone());
        let deadline = Instant::now() + call.timeout;
        let mut question = convert::create_call(order);
        let pre = self.pre.clone();
        let answer = self.guest.call(call, move |store| {
            Box::pin(async move {
                let left = deadline.saturating_duration_since(Instant::now());
                question.deadline_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
                let plugin = pre.instantiate_async(&mut *store).await?;
                plugin.wharfinger_plugin_provisioner().call_create(store, &question).await
            })
        });
        let made = self.noted(answer.await)?;
        convert::creation(&hidden, &made).map_err(|broken| self.guest.broke("create", broken))
    }

    async fn inspect(&self, target: &Target, secrets: &Secrets) -> Result<Observation, Failure> {
        let hidden = self.hidden(secrets);
        let call = self.look("inspect", self.timeouts.inspect, hidden.clone());
        let question = api::Inspection { target: convert::target_to_guest(target), extra: Vec::new() };
        let seen = ask!(self, call, call_inspect, question)?;
        convert::observation(&hidden, &seen).map_err(|broken| self.guest.broke("inspect", broken))
    }

    async fn destroy(&self, target: &Target, secrets: &Secrets) -> Result<bool, Failure> {
        let call = self.change("destroy", self.hidden(secrets));
        let question = api::DestructionCall { target: convert::target_to_guest(target), extra: Vec::new() };
        Ok(ask!(self, call, call_destroy, question)?.gone)
    }

    async fn owned(&self, owner: OwnerId, cursor: Option<String>) -> Result<OwnedPage, Failure> {
        let hidden = self.hidden(&Secrets::default());
        let call = self.look("owned", self.timeouts.inspect, hidden.clone());
        let query = api::OwnedQuery { owner: owner.to_string(), cursor, extra: Vec::new() };
        let page = ask!(self, call, call_owned, query)?;
        convert::owned_page(&hidden, owner, &page).map_err(|broken| self.guest.broke("owned", broken))
    }

    async fn logs(
        &self,
        target: &Target,
        request: LogsRequest,
        secrets: &Secrets,
    ) -> Result<LogsPage, Failure> {
        let hidden = self.hidden(secrets);
        let call = self.look("logs", self.timeouts.inspect, hidden.clone());
        // What the guest hands over is bounded as well; a larger page could never arrive.
        let most = u32::try_from(self.guest.limits.host_bytes / 4).unwrap_or(u32::MAX);
        let query = api::LogsQuery {
            target: convert::target_to_guest(target),
            cursor: request.cursor,
            max_bytes: request.max_bytes.min(most),
            extra: Vec::new(),
        };
        let page = ask!(self, call, call_logs, query)?;
        convert::logs_page(&hidden, &page).map_err(|broken| self.guest.broke("logs", broken))
    }

    fn reach(&self) -> Reach {
        let (reachable, since) = self.reach.now();
        Reach { reachable, since, in_flight: self.guest.stats.in_flight() }
    }
}
