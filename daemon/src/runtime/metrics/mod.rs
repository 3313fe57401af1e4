//! What is counted and measured, for those who watch from outside.
//!
//! One handle, made at assembly and handed to the parts. A part says what happened in its own
//! words; names, labels and buckets are here, and so is the library that writes them. What a part
//! knows anyway (instances by status, queues, breakers) is not kept twice: whoever serves the text
//! brings it as [`Readings`].
//!
//! # Guarantees
//! * A label's value is a word of the code, a route's pattern or a name from the configuration,
//!   never an instance's name, an id, a message or anything a client wrote: the number of samples
//!   grows neither with instances nor with requests.
//! * An observation takes a look-up under a shared lock and an addition.
//!
//! Knows nothing of HTTP.

mod catalogue;
#[cfg(test)]
pub(crate) mod exposition;
mod labels;
mod process;
mod readings;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Unit;

pub use catalogue::MetricEntry;
pub use readings::{ProvisionerReadings, Readings};

use crate::domain::{ConditionKind, ConditionStatus, Event, Failure, PhaseKind, ProvisionerName, Timestamp};
use catalogue::{Catalogue, Counters, Gauges, Histograms};
use labels::{Attempt, Lane, Notice, PluginCall, Request, Route, Rung, Step, Transition};

/// Every metric of ours begins so.
const PREFIX: &str = "wharfinger";
/// Bounds of the buckets of durations, in seconds: from a commit on a fast disk to the longest wait.
const DURATIONS: [f64; 17] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0];
/// Bounds of the buckets of batches.
const SIZES: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
/// What a request that ended without an answer counts as: the client left, or was cut.
const NO_ANSWER: u16 = 499;

/// How the metrics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextFormat {
    /// The text format of Prometheus, 0.0.4.
    Prometheus,
    /// OpenMetrics 1.0.
    OpenMetrics,
}

impl TextFormat {
    /// Its media type.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Prometheus => prometheus_text::CONTENT_TYPE,
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }
}

/// Handle to everything that is counted. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    started: Timestamp,
    catalogue: Catalogue,
    requests: Counters<Request>,
    request_durations: Histograms<Route>,
    requests_in_flight: Gauge,
    transitions: Counters<Transition>,
    notices: Counters<Notice>,
    attempts: Counters<Attempt>,
    passes: Histogram,
    planned: Counter,
    steps: Histograms<Step>,
    steps_under_way: Gauges<Lane>,
    steps_parked: Gauges<Lane>,
    rungs: Histograms<Rung>,
    plugin_calls: Histograms<PluginCall>,
    commits: Histogram,
    commit_sizes: Histogram,
    commit_failures: Counter,
}

/// For what nobody watches: a check of the configuration, a test.
impl Default for Metrics {
    fn default() -> Self {
        Self::new(Timestamp(0))
    }
}

impl Metrics {
    /// Nothing was counted yet. `started`: when the daemon began.
    pub fn new(started: Timestamp) -> Self {
        let mut all = Catalogue::new(PREFIX);
        let seconds = || Some(Unit::Seconds);
        let durations = || Histogram::new(DURATIONS);
        Self(Arc::new(Inner {
            started,
            requests: all.counters(
                "http_requests",
                "Requests that ended, by route (none: there is no such path) and status (499: the client \
                 left, or was cut, before the answer)",
            ),
            request_durations: all.histograms(
                "http_request_duration",
                seconds(),
                "How long requests took, from their head to that of the answer, waiting for an outcome included",
                durations,
            ),
            requests_in_flight: all.gauge("http_requests_in_flight", "Requests that are being answered"),
            transitions: all.counters(
                "transitions",
                "Changes of instances that were committed, by the type of their event and the status before \
                 (none: there was no instance) and after",
            ),
            notices: all.counters("notices", "Events that are about no instance, or about many"),
            attempts: all.counters(
                "attempts",
                "What was tried on workloads and what came of it: creates and destroys, and decisions to \
                 recover or to give up",
            ),
            passes: all.histogram(
                "reconciler_pass_duration",
                seconds(),
                "How long passes over all instances that were due took",
                durations,
            ),
            planned: all.counter("reconciler_planned", "Instances that passes have planned"),
            steps: all.histograms(
                "reconciler_step_duration",
                seconds(),
                "How long steps on one instance took, by kind and how they went",
                durations,
            ),
            steps_under_way: all.gauges(
                "reconciler_steps_under_way",
                "Steps that hold a permit: slow ones change something outside, quick ones do not",
            ),
            steps_parked: all
                .gauges("reconciler_steps_parked", "Instances that wait for a permit to take their step"),
            rungs: all.histograms(
                "probe_rung_duration",
                seconds(),
                "How long the questions of health probes took, by rung of the ladder and what it said",
                durations,
            ),
            plugin_calls: all.histograms(
                "plugin_call_duration",
                seconds(),
                "How long calls of plugins took, by function and how they ended",
                durations,
            ),
            commits: all.histogram(
                "store_commit_duration",
                seconds(),
                "How long transactions of the store's writer took, fsync included",
                durations,
            ),
            commit_sizes: all.histogram(
                "store_commit_writes",
                None,
                "Writes that shared one transaction",
                || Histogram::new(SIZES),
            ),
            commit_failures: all
                .counter("store_commit_failures", "Transactions that failed; nothing of them was written"),
            catalogue: all,
        }))
    }

    /// A request came.
    pub fn request_began(&self) {
        self.0.requests_in_flight.inc();
    }

    /// It ended. `route`: the pattern, never the path itself; `status`: none if it got no answer.
    pub fn request_ended(&self, route: &str, method: &'static str, status: Option<u16>, took: Duration) {
        self.0.requests_in_flight.dec();
        let status = status.unwrap_or(NO_ANSWER);
        let labels = Route { route: route.to_owned(), method };
        self.0.request_durations.get_or_create(&labels).observe(took.as_secs_f64());
        self.0.requests.get_or_create(&Request { route: labels.route, method, status }).inc();
    }

    /// A change was committed. Its kind is one of our words, whatever it is about.
    pub fn event(&self, event: &Event) {
        let kind = event.kind.clone();
        match &event.subject {
            Some(subject) => {
                let from = subject.from.map_or("none", PhaseKind::as_str);
                let labels = Transition { event: kind, from, to: subject.to.as_str() };
                self.0.transitions.get_or_create(&labels).inc();
            }
            None => {
                self.0.notices.get_or_create(&Notice { event: kind }).inc();
            }
        }
    }

    /// A workload was to be made, and this came of it.
    pub fn create(&self, provisioner: &ProvisionerName, outcome: Result<&'static str, &Failure>) {
        self.attempt(provisioner, "create", outcome.unwrap_or_else(Failure::word));
    }

    /// A workload was to be removed: it is gone, or still going, or that failed.
    pub fn destroy(&self, provisioner: &ProvisionerName, outcome: &Result<bool, Failure>) {
        let outcome = match outcome {
            Ok(true) => "gone",
            Ok(false) => "going",
            Err(failure) => failure.word(),
        };
        self.attempt(provisioner, "destroy", outcome);
    }

    /// A workload is to be made anew, or no more.
    pub fn recover(&self, provisioner: &ProvisionerName, outcome: &'static str) {
        self.attempt(provisioner, "recover", outcome);
    }

    fn attempt(&self, provisioner: &ProvisionerName, action: &'static str, outcome: &'static str) {
        let labels = Attempt { provisioner: provisioner.to_string(), action, outcome };
        self.0.attempts.get_or_create(&labels).inc();
    }

    /// A pass planned so many instances.
    pub fn pass(&self, planned: usize, took: Duration) {
        self.0.passes.observe(took.as_secs_f64());
        self.0.planned.inc_by(u64::try_from(planned).unwrap_or(u64::MAX));
    }

    /// A step ended.
    pub fn step(&self, step: &'static str, outcome: &'static str, took: Duration) {
        self.0.steps.get_or_create(&Step { step, outcome }).observe(took.as_secs_f64());
    }

    /// How many steps of a lane are under way, and how many wait for their turn.
    pub fn lane(&self, lane: &'static str, under_way: usize, parked: usize) {
        self.0.steps_under_way.get_or_create(&Lane { lane }).set(number(under_way));
        self.0.steps_parked.get_or_create(&Lane { lane }).set(number(parked));
    }

    /// A rung of the health ladder was asked.
    pub fn rung(&self, rung: ConditionKind, status: ConditionStatus, took: Duration) {
        let labels = Rung { rung: rung.as_str(), status: status.as_str() };
        self.0.rungs.get_or_create(&labels).observe(took.as_secs_f64());
    }

    /// The meter of one plugin.
    pub fn plugin(&self, kind: &'static str, name: &str) -> PluginMeter {
        PluginMeter { metrics: Some(self.clone()), kind, plugin: name.into() }
    }

    /// So many writes were committed together.
    pub fn commit(&self, writes: usize, took: Duration) {
        self.0.commits.observe(took.as_secs_f64());
        self.0.commit_sizes.observe(f64::from(u32::try_from(writes).unwrap_or(u32::MAX)));
    }

    /// A transaction failed.
    pub fn commit_failed(&self) {
        self.0.commit_failures.inc();
    }

    /// Everything, as it is now.
    pub fn text(&self, format: TextFormat, readings: &Readings) -> String {
        let mut out = String::new();
        for catalogue in [&self.0.catalogue, &readings::gauges(readings), &process::readings(self.0.started)]
        {
            // A string takes whatever is written to it.
            let _ = catalogue.write(format, &mut out);
        }
        if format == TextFormat::OpenMetrics {
            let _ = text::encode_eof(&mut out);
        }
        out
    }

    /// Every metric there is, for the page that documents them.
    pub fn entries(&self) -> Vec<MetricEntry> {
        let (readings, process) = (readings::gauges(&Readings::default()), process::readings(self.0.started));
        [self.0.catalogue.entries(), readings.entries(), process.entries()].concat()
    }
}

/// Counts the calls of one plugin. Cheap to clone.
#[derive(Debug, Clone)]
pub struct PluginMeter {
    metrics: Option<Metrics>,
    kind: &'static str,
    plugin: Arc<str>,
}

impl PluginMeter {
    /// Of a plugin that is only tried: it counts nothing.
    pub fn of_trial() -> Self {
        Self { metrics: None, kind: "", plugin: "".into() }
    }

    /// A call of `function` ended.
    pub fn call<T>(&self, function: &'static str, outcome: &Result<T, Failure>, took: Duration) {
        let Some(metrics) = &self.metrics else { return };
        let outcome = outcome.as_ref().map_or_else(Failure::word, |_| "ok");
        let labels = PluginCall { plugin: Arc::clone(&self.plugin), kind: self.kind, function, outcome };
        metrics.0.plugin_calls.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

/// As gauges have them.
fn number(count: impl TryInto<i64>) -> i64 {
    count.try_into().unwrap_or(i64::MAX)
}
