//! One call of a guest: a fresh sandbox, its limits, and how it may end.
//!
//! Flow: is the plugin in quarantine? → wait for a turn → instantiate and call in a fresh sandbox, under
//! one deadline → say how it ended. The sandbox is never used again, whatever happened in it.
//!
//! Guarantees:
//! * A call that has effects, and its turn, belong to a task of their own. Whoever asked may stop
//!   waiting; a `create` is not cut half way by that, and its turn is not given to another while it still
//!   works. A call without effects goes with whoever asked, and so does its turn: a task would cost more
//!   than many a review.
//! * Waiting for a turn ends after half of the call's time, as *not applied*: what begins has a fair
//!   chance to end. Everything together ends with the call's timeout.
//! * Once the guest began, every end the host brings about (timeout, trap, out of memory, too much at once, an
//!   answer that breaks the contract) is *outcome unknown*. Each has its own code.
//! * A trap or panic ends the call, never the daemon.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};
use wasmtime::component::ResourceTableError;
use wasmtime::{Engine, PoolConcurrencyLimitError, Store, Trap};
use wasmtime_wasi::I32Exit;
use wasmtime_wasi_http::FieldMapError;

use super::bindings::imports::types;
use super::convert::{self, Broken};
use super::error::Subject;
use super::host::{GuestLog, LogBudget, MAX_GUEST_HEADERS, State, Surroundings, Upstreams};
use super::options::Limits;
use super::stats::{InFlight, Stats};
use crate::domain::{Failure, FailureKind, Secrets, format_duration};
use crate::process::Processes;
use crate::runtime::{PluginMeter, Shutdown, Tasks};

/// What is the same for all calls of one plugin.
pub(super) struct Guest {
    pub(super) subject: Subject,
    pub(super) engine: Engine,
    pub(super) tasks: Tasks,
    pub(super) limits: Limits,
    pub(super) settings: Arc<str>,
    pub(super) upstreams: Arc<Upstreams>,
    /// With the grant `process` alone.
    pub(super) processes: Option<Processes>,
    pub(super) output: Arc<LogBudget>,
    pub(super) stats: Arc<Stats>,
    pub(super) meter: PluginMeter,
    /// Ends calls that are still out when the plugin was replaced long ago.
    pub(super) end: Shutdown,
}

/// One call to be made.
pub(super) struct Call {
    /// As in the WIT.
    pub(super) function: &'static str,
    /// Whose turns it takes.
    pub(super) turns: Arc<Semaphore>,
    /// The key of the configuration that sets how many turns there are.
    pub(super) turns_key: &'static str,
    /// Everything included.
    pub(super) timeout: Duration,
    /// What to do when that is too short.
    pub(super) timeout_remedy: &'static str,
    /// Replaced in what the guest logs and answers.
    pub(super) secrets: Arc<Secrets>,
    /// Something happens outside: it is not cut short when nobody waits for its answer any more.
    pub(super) has_effects: bool,
}

/// What a guest answers, as the bindings give it.
pub(super) type Answer<T> = Result<T, types::Failure>;

impl Guest {
    /// A fresh sandbox for one call of `function`, which may know `secrets`.
    pub(super) fn sandbox(&self, function: &'static str, secrets: Arc<Secrets>) -> Store<State> {
        let surroundings = Surroundings {
            limits: self.limits,
            log: GuestLog::new(self.output.clone(), function, secrets),
            upstreams: self.upstreams.clone(),
            settings: self.settings.clone(),
            processes: self.processes.clone(),
        };
        surroundings.store(&self.engine)
    }

    /// Waits for a turn.
    pub(super) async fn begin(self: &Arc<Self>, call: Call) -> Result<Turn, Failure> {
        let asked = Instant::now();
        let refused = |failure: Failure| {
            let refused = Err(failure);
            self.meter.call(call.function, &refused, asked.elapsed());
            refused
        };
        let in_flight = match self.stats.begin() {
            Ok(in_flight) => in_flight,
            Err(quarantined) => return refused(quarantined),
        };
        let permit = timeout(call.timeout / 2, call.turns.clone().acquire_owned()).await;
        // The semaphore is never closed: the error of the inner result cannot be.
        let Ok(Ok(permit)) = permit else { return refused(self.busy(&call)) };
        let deadline = asked + call.timeout;
        Ok(Turn { guest: self.clone(), call, deadline, in_flight, _permit: permit })
    }

    /// Runs `work` in a sandbox made for it, when its turn has come.
    pub(super) async fn call<T, W>(self: &Arc<Self>, call: Call, work: W) -> Result<T, Failure>
    where
        T: Send + 'static,
        W: for<'store> FnOnce(&'store mut Store<State>) -> BoxFuture<'store, wasmtime::Result<Answer<T>>>
            + Send
            + 'static,
    {
        let has_effects = call.has_effects;
        let turn = self.begin(call).await?;
        let work = async move {
            let mut store = turn.guest.sandbox(turn.call.function, turn.call.secrets.clone());
            turn.run(&mut store, work).await
        };
        if !has_effects {
            return work.await;
        }
        let done = self.tasks.carry_out("plugin call", work).await;
        done.unwrap_or_else(|| Err(self.ended("the call", Failure::TRAPPED, "its task was lost")))
    }

    /// An answer that breaks the contract.
    pub(super) fn broke(&self, function: &str, Broken(reason): Broken) -> Failure {
        let what = format!("its answer breaks the contract: {reason}; this is an error of the plugin");
        self.ended(function, Failure::BROKE_CONTRACT, &what)
    }

    fn busy(&self, call: &Call) -> Failure {
        let message = format!(
            "{}: {} waited {} for its turn and was not begun; raise {} if its backend can do more at once",
            self.subject,
            call.function,
            format_duration(call.timeout / 2),
            call.turns_key
        );
        Failure::new(FailureKind::NotApplied, message).with_code(Failure::BUSY)
    }

    fn died(&self, call: &Call, error: &wasmtime::Error, refused: Option<&'static str>) -> Failure {
        // With its backtrace, which is for the plugin's author.
        tracing::debug!(plugin = self.subject.name, call.function, "the guest ended with {error:?}");
        if error.downcast_ref::<PoolConcurrencyLimitError>().is_some() {
            let message =
                format!("{}: {} was not begun, all sandboxes are in use", self.subject, call.function);
            return Failure::new(FailureKind::NotApplied, message).with_code(Failure::BUSY);
        }
        let root = error.root_cause().to_string();
        if let Some(key) = refused.or_else(|| out_of(error, &root)) {
            return self.ended(call.function, Failure::OUT_OF_MEMORY, &self.needs_more(key));
        }
        if let Some(exit) = error.downcast_ref::<I32Exit>() {
            let what = format!("it ended itself with exit code {}; the log has what it printed", exit.0);
            return self.ended(call.function, Failure::TRAPPED, &what);
        }
        if let Some(trap) = error.downcast_ref::<Trap>() {
            let what = format!("it trapped ({trap}); the log has what it printed before");
            return self.ended(call.function, Failure::TRAPPED, &what);
        }
        // The error's type is private to the sandbox; its words are all there is to tell it by.
        if root.contains("fuel allocated for hostcalls has been exhausted") {
            let what = format!(
                "it hands over more than its {} KiB at once; raise limits.host_bytes if that is right",
                self.limits.host_bytes >> 10
            );
            return self.ended(call.function, Failure::EXCEEDED_LIMIT, &what);
        }
        let headers = error.downcast_ref::<FieldMapError>();
        if let Some(FieldMapError::TotalSizeTooBig | FieldMapError::TooManyFields) = headers {
            let what = format!(
                "it sets more than {} KiB of headers for one request, which no upstream needs: send less",
                MAX_GUEST_HEADERS >> 10
            );
            return self.ended(call.function, Failure::EXCEEDED_LIMIT, &what);
        }
        self.ended(
            call.function,
            Failure::TRAPPED,
            &format!("it was stopped: {}", call.secrets.redact(&root)),
        )
    }

    fn needs_more(&self, key: &str) -> String {
        let Limits { memory, memories, tables, table_elements, instances, handles, .. } = self.limits;
        let most = match key {
            "memory" => format!("{} MiB of memory", memory >> 20),
            "memories" => format!("{memories} memories"),
            "tables" => format!("{tables} tables"),
            "table_elements" => format!("{table_elements} elements of a table"),
            "instances" => format!("{instances} core instances"),
            _ => format!("{handles} handles of the host's objects"),
        };
        format!("it needs more than its {most}; raise limits.{key} if that is right")
    }

    fn ended(&self, function: &str, code: &str, what: &str) -> Failure {
        let message = format!("{}: {function} failed: {what}", self.subject);
        Failure::new(FailureKind::OutcomeUnknown, message).with_code(code)
    }
}

/// A call whose turn has come.
pub(super) struct Turn {
    guest: Arc<Guest>,
    call: Call,
    deadline: Instant,
    in_flight: InFlight,
    _permit: OwnedSemaphorePermit,
}

impl Turn {
    /// Runs `work` in a sandbox that nothing else ran in.
    pub(super) async fn run<T, W>(mut self, store: &mut Store<State>, work: W) -> Result<T, Failure>
    where
        W: for<'store> FnOnce(&'store mut Store<State>) -> BoxFuture<'store, wasmtime::Result<Answer<T>>>,
    {
        let began = Instant::now();
        self.in_flight.began(self.call.timeout);
        let outcome = tokio::select! {
            outcome = self.work(store, work) => outcome,
            () = self.guest.end.cancelled() => Err(self.guest.ended(
                self.call.function,
                Failure::REPLACED,
                "the plugin was replaced, and the call did not end within plugins.drain",
            )),
        };
        let took = began.elapsed();
        self.guest.stats.took(store.data().limiter.taken());
        self.in_flight.ended(outcome.as_ref().err(), took);
        self.guest.meter.call(self.call.function, &outcome, took);
        outcome
    }

    async fn work<T, W>(&self, store: &mut Store<State>, work: W) -> Result<T, Failure>
    where
        W: for<'store> FnOnce(&'store mut Store<State>) -> BoxFuture<'store, wasmtime::Result<Answer<T>>>,
    {
        let Self { guest, call, deadline, .. } = self;
        // The sandbox may have been made a while ago.
        store.set_epoch_deadline(1);
        let ended = timeout_at(*deadline, AssertUnwindSafe(work(store)).catch_unwind()).await;
        match ended {
            Ok(Ok(Ok(answer))) => answer.map_err(|failure| convert::failure(&call.secrets, &failure)),
            Ok(Ok(Err(error))) => Err(guest.died(call, &error, store.data().limiter.refused())),
            Ok(Err(_panic)) => {
                let plugin = guest.subject.name.as_str();
                tracing::error!(plugin, call.function, "a panic in the sandbox of a plugin");
                Err(guest.ended(
                    call.function,
                    Failure::TRAPPED,
                    "the sandbox itself failed; the log says where",
                ))
            }
            Err(_elapsed) => Err(guest.ended(
                call.function,
                Failure::TIMED_OUT,
                &format!(
                    "it did not end within {} and was stopped; {}",
                    format_duration(call.timeout),
                    call.timeout_remedy
                ),
            )),
        }
    }
}

/// The key of the limit that ended a guest, where the limiter itself cannot say so.
fn out_of(error: &wasmtime::Error, root: &str) -> Option<&'static str> {
    if matches!(error.downcast_ref::<ResourceTableError>(), Some(ResourceTableError::Full)) {
        return Some("handles");
    }
    // The error has no type; its words are all there is to tell it by.
    let counted = root.strip_prefix("resource limit exceeded: ")?;
    let keys = [("memory count", "memories"), ("table count", "tables"), ("instance count", "instances")];
    keys.into_iter().find(|(words, _)| counted.starts_with(words)).map(|(_, key)| key)
}
