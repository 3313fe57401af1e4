//! Every metric is described, written in both formats, and bounded.

use std::collections::BTreeSet;

use super::exposition::{Family, read};
use super::*;
use crate::domain::{BreakerState, FailureKind, InstanceId, Revision, Subject};

const FORMATS: [TextFormat; 2] = [TextFormat::Prometheus, TextFormat::OpenMetrics];

/// Everything happened once.
fn busy() -> (Metrics, Readings) {
    let metrics = Metrics::new(Timestamp(1_700_000_000_500));
    let (local, second) = ("local".parse().unwrap(), Duration::from_secs(1));
    metrics.request_began();
    metrics.request_ended("/mcp/instances/{id}", "GET", Some(200), second);
    metrics.event(&event("accepted", Some((None, PhaseKind::Requested))));
    metrics.event(&event("provisioner-paused", None));
    metrics.create(&local, Ok("created"));
    metrics.pass(3, second);
    metrics.step("look", "done", second);
    metrics.lane("slow", 1, 2);
    metrics.rung(ConditionKind::PortOpen, ConditionStatus::True, second);
    metrics.plugin("hook", "naming").call("review", &Ok(()), second);
    metrics.commit(7, second);
    metrics.commit_failed();
    let readings = Readings {
        instances: vec![(local.clone(), PhaseKind::Running, 2)],
        provisioners: vec![ProvisionerReadings {
            name: local,
            breaker: BreakerState::Paused { until: Timestamp(0) },
            frozen: true,
            recovering: 1,
            recovering_limit: 5,
            reachable: Some(false),
            in_flight: 1,
            orphans: 2,
        }],
        plugins: vec![("naming".to_owned(), "hook", true)],
        generation: 3,
        revision: Some(Revision(9)),
        writes: (1, 64),
        subscribers: 1,
        event_lag: 4,
    };
    (metrics, readings)
}

fn event(kind: &str, change: Option<(Option<PhaseKind>, PhaseKind)>) -> Event {
    let (id, name) = (InstanceId::from_u128(7), "weather".parse().unwrap());
    Event {
        revision: Revision(1),
        at: Timestamp(0),
        subject: change.map(|(from, to)| Subject { id, name, from, to }),
        kind: kind.to_owned(),
        reason: None,
        message: None,
    }
}

/// The value of the only sample with this name and these labels.
fn value(families: &[Family], name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let samples = families.iter().flat_map(|family| &family.samples);
    let mut found = samples.filter(|sample| {
        let has = |(key, value): &(&str, &str)| sample.labels.get(*key).is_some_and(|is| is == value);
        sample.name == name && labels.iter().all(has)
    });
    let value = found.next()?.value;
    assert!(found.next().is_none(), "more than one {name} {labels:?}");
    Some(value)
}

#[test]
fn every_metric_is_described_and_every_described_one_is_written() {
    let (metrics, readings) = busy();
    let entries = metrics.entries();
    let described: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(described.len(), entries.len(), "two metrics have one name");
    for format in FORMATS {
        let families = read(&metrics.text(format, &readings), format);
        let full = |family: &Family| match (family.kind.as_str(), format) {
            ("counter", TextFormat::OpenMetrics) => format!("{}_total", family.name),
            _ => family.name.clone(),
        };
        let written: Vec<String> = families.iter().map(full).collect();
        assert_eq!(written.iter().map(String::as_str).collect::<BTreeSet<_>>(), described);
        for (family, name) in families.iter().zip(&written) {
            let entry = entries.iter().find(|entry| entry.name == *name).unwrap();
            assert_eq!((entry.kind, entry.help.ends_with('.')), (family.kind.as_str(), false), "{name}");
            for sample in &family.samples {
                let labels: BTreeSet<&str> = sample.labels.keys().map(String::as_str).collect();
                let wanted: BTreeSet<&str> = entry.labels.iter().copied().collect();
                assert_eq!(
                    labels.into_iter().filter(|label| *label != "le").collect::<BTreeSet<_>>(),
                    wanted
                );
            }
        }
    }
}

#[test]
fn what_happened_is_what_is_written() {
    let (metrics, readings) = busy();
    let families = read(&metrics.text(TextFormat::Prometheus, &readings), TextFormat::Prometheus);
    let value = |name, labels: &[(&str, &str)]| value(&families, name, labels);
    assert_eq!(value("wharfinger_http_requests_total", &[("status", "200")]), Some(1.0));
    assert_eq!(value("wharfinger_http_requests_in_flight", &[]), Some(0.0));
    let accepted = [("event", "accepted"), ("from", "none"), ("to", "requested")];
    assert_eq!(value("wharfinger_transitions_total", &accepted), Some(1.0));
    assert_eq!(value("wharfinger_notices_total", &[("event", "provisioner-paused")]), Some(1.0));
    assert_eq!(value("wharfinger_reconciler_planned_total", &[]), Some(3.0));
    assert_eq!(value("wharfinger_store_commit_writes_sum", &[]), Some(7.0));
    let running = [("provisioner", "local"), ("status", "running")];
    assert_eq!(value("wharfinger_instances", &running), Some(2.0));
    // A status that none has is there, so that a sum over it is a number.
    assert_eq!(value("wharfinger_instances", &[("status", "failed")]), Some(0.0));
    assert_eq!(value("wharfinger_provisioner_breaker", &[("state", "paused")]), Some(1.0));
    assert_eq!(value("wharfinger_provisioner_breaker", &[("state", "closed")]), Some(0.0));
    assert_eq!(value("wharfinger_revision", &[]), Some(9.0));
    assert_eq!(value("process_start_time_seconds", &[]), Some(1_700_000_000.5));
    assert!(value("process_resident_memory_bytes", &[]).unwrap() > 100_000.0);
    assert!(value("process_open_fds", &[]).unwrap() >= 3.0);
}

#[test]
fn a_plugins_own_words_are_no_labels() {
    let (metrics, meter) = (Metrics::default(), Metrics::default().plugin("provisioner", "p"));
    let provisioner = "p".parse().unwrap();
    for number in 0..100 {
        let failure = Failure::new(FailureKind::Other(format!("word_{number}")), "no").with_code("own_code");
        metrics.create(&provisioner, Err(&failure));
        meter.call::<()>("create", &Err(failure), Duration::ZERO);
    }
    for metrics in [&metrics, meter.metrics.as_ref().unwrap()] {
        let text = metrics.text(TextFormat::Prometheus, &Readings::default());
        assert!(!text.contains("word_") && !text.contains("own_code"), "{text}");
    }
    let trapped = Failure::new(FailureKind::OutcomeUnknown, "").with_code("plugin_trapped");
    assert_eq!(trapped.word(), "plugin_trapped");
}
