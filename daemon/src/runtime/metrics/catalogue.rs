//! Registers metrics and remembers what it registered: the page that documents them is complete by
//! construction.

use std::fmt;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry, Unit};

use super::{TextFormat, number};

/// The names of a metric's labels, known without a value.
pub(super) trait Labels:
    EncodeLabelSet + fmt::Debug + Clone + Eq + std::hash::Hash + Send + Sync + 'static
{
    const NAMES: &'static [&'static str];
}

pub(super) type Counters<L> = Family<L, Counter>;
pub(super) type Gauges<L> = Family<L, Gauge>;
pub(super) type Histograms<L> = Family<L, Histogram>;

/// One metric, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricEntry {
    /// As its samples are called, but for what a histogram adds.
    pub name: String,
    /// `counter`, `gauge` or `histogram`.
    pub kind: &'static str,
    /// What tells its samples apart.
    pub labels: &'static [&'static str],
    /// What it counts or measures.
    pub help: &'static str,
}

/// Metrics whose names begin alike.
#[derive(Debug)]
pub(super) struct Catalogue {
    prefix: &'static str,
    registry: Registry,
    entries: Vec<MetricEntry>,
}

impl Catalogue {
    pub(super) fn new(prefix: &'static str) -> Self {
        Self { prefix, registry: Registry::with_prefix(prefix), entries: Vec::new() }
    }

    pub(super) fn entries(&self) -> &[MetricEntry] {
        &self.entries
    }

    /// Writes every metric that has a sample.
    pub(super) fn write(&self, format: TextFormat, out: &mut String) -> fmt::Result {
        match format {
            TextFormat::Prometheus => prometheus_text::encode(out, &self.registry),
            TextFormat::OpenMetrics => text::encode_registry(out, &self.registry),
        }
    }

    pub(super) fn counter(&mut self, name: &str, help: &'static str) -> Counter {
        let counter = Counter::default();
        self.enter(name, None, "counter", &[], help, counter.clone());
        counter
    }

    pub(super) fn counters<L: Labels>(&mut self, name: &str, help: &'static str) -> Counters<L> {
        let counters = Counters::<L>::default();
        self.enter(name, None, "counter", L::NAMES, help, counters.clone());
        counters
    }

    pub(super) fn gauge(&mut self, name: &str, help: &'static str) -> Gauge {
        let gauge = Gauge::default();
        self.enter(name, None, "gauge", &[], help, gauge.clone());
        gauge
    }

    pub(super) fn gauges<L: Labels>(&mut self, name: &str, help: &'static str) -> Gauges<L> {
        let gauges = Gauges::<L>::default();
        self.enter(name, None, "gauge", L::NAMES, help, gauges.clone());
        gauges
    }

    pub(super) fn histogram(
        &mut self,
        name: &str,
        unit: Option<Unit>,
        help: &'static str,
        new: fn() -> Histogram,
    ) -> Histogram {
        let histogram = new();
        self.enter(name, unit, "histogram", &[], help, histogram.clone());
        histogram
    }

    pub(super) fn histograms<L: Labels>(
        &mut self,
        name: &str,
        unit: Option<Unit>,
        help: &'static str,
        new: fn() -> Histogram,
    ) -> Histograms<L> {
        let histograms = Histograms::<L>::new_with_constructor(new);
        self.enter(name, unit, "histogram", L::NAMES, help, histograms.clone());
        histograms
    }

    /// For what is read when it is asked for: described always, and written if it could be read.
    pub(super) fn reading(
        &mut self,
        name: &str,
        unit: Option<Unit>,
        kind: &'static str,
        help: &'static str,
        metric: Option<impl Metric>,
    ) {
        self.describe(name, unit.as_ref(), kind, &[], help);
        if let Some(metric) = metric {
            self.register(name, unit, help, metric);
        }
    }

    fn enter(
        &mut self,
        name: &str,
        unit: Option<Unit>,
        kind: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        metric: impl Metric,
    ) {
        self.describe(name, unit.as_ref(), kind, labels, help);
        self.register(name, unit, help, metric);
    }

    fn describe(
        &mut self,
        name: &str,
        unit: Option<&Unit>,
        kind: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
    ) {
        let unit_suffix = unit.map_or_else(String::new, |unit| format!("_{}", unit.as_str()));
        let kind_suffix = if kind == "counter" { "_total" } else { "" };
        let full = format!("{}_{name}{unit_suffix}{kind_suffix}", self.prefix);
        self.entries.push(MetricEntry { name: full, kind, labels, help });
    }

    fn register(&mut self, name: &str, unit: Option<Unit>, help: &'static str, metric: impl Metric) {
        match unit {
            Some(unit) => self.registry.register_with_unit(name, help, unit, metric),
            None => self.registry.register(name, help, metric),
        }
    }
}

/// A gauge that says `count`.
pub(super) fn gauge(count: impl TryInto<i64>) -> Gauge {
    let gauge = Gauge::<i64>::default();
    gauge.set(number(count));
    gauge
}
