//! GET /metrics.

use axum::body::Body;
use futures_util::future::join_all;
use http::header;

use super::fakes::Fakes;
use super::{Wharf, request};
use crate::runtime::TextFormat;
use crate::runtime::exposition::{Family, read};

async fn scrape(wharf: &Wharf, format: TextFormat) -> Vec<Family> {
    let accept = match format {
        TextFormat::Prometheus => "*/*",
        // As Prometheus asks.
        TextFormat::OpenMetrics => "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3",
    };
    let request = request("GET", "/metrics?x=1").header(header::ACCEPT, accept);
    let answer = wharf.call(request.body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, format.content_type()));
    read(&answer.text, format)
}

/// How many lines a scraper would keep.
fn samples(families: &[Family]) -> usize {
    families.iter().map(|family| family.samples.len()).sum()
}

/// The value of the first sample with this name that says so.
fn value(families: &[Family], name: &str, label: (&str, &str)) -> Option<f64> {
    let mut samples = families.iter().flat_map(|family| &family.samples);
    let found = |labels: &std::collections::BTreeMap<String, String>| {
        labels.get(label.0).is_some_and(|value| value == label.1)
    };
    samples.find(|sample| sample.name == name && found(&sample.labels)).map(|sample| sample.value)
}

/// What users ask for, the mistaken ones included.
async fn traffic(wharf: &Wharf, number: usize) {
    wharf.create(&format!("weather-{number}")).await;
    wharf.get(&format!("/mcp/instances/weather-{number}")).await;
    wharf.get(&format!("/nothing/{number}")).await;
    wharf.get(&format!("/mcp/templates/t-{number}")).await;
    let made_up = request(&format!("METHOD{number}"), "/mcp/instances").body(Body::empty()).unwrap();
    wharf.call(made_up).await;
    wharf.delete(&format!("/mcp/instances/weather-{number}?wait=0s")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scrape_under_traffic_can_be_read_in_both_formats() {
    let wharf = Wharf::with(Fakes::default(), 64);
    let scrapes = async {
        for _ in 0..20 {
            for format in [TextFormat::Prometheus, TextFormat::OpenMetrics] {
                scrape(&wharf, format).await;
                tokio::task::yield_now().await;
            }
        }
    };
    let traffic = join_all((0..20).map(|number| traffic(&wharf, number)));
    tokio::join!(scrapes, traffic);
    let families = scrape(&wharf, TextFormat::Prometheus).await;
    assert_eq!(value(&families, "wharfinger_transitions_total", ("event", "accepted")), Some(20.0));
    assert_eq!(value(&families, "wharfinger_http_requests_total", ("route", "none")), Some(20.0));
    assert_eq!(value(&families, "wharfinger_instances", ("status", "deleting")), Some(20.0));
    assert_eq!(value(&families, "wharfinger_instances", ("status", "running")), Some(0.0));
    // The scrape itself.
    let in_flight = families.iter().find(|family| family.name == "wharfinger_http_requests_in_flight");
    assert_eq!(in_flight.map(|family| family.samples[0].value.to_bits()), Some(1.0_f64.to_bits()));
}

#[tokio::test]
async fn the_number_of_samples_grows_neither_with_instances_nor_with_what_clients_ask_for() {
    let wharf = Wharf::new();
    // Twice: a scrape counts itself for the next one.
    scrape(&wharf, TextFormat::Prometheus).await;
    traffic(&wharf, 0).await;
    let before = scrape(&wharf, TextFormat::Prometheus).await;
    for number in 1..30 {
        traffic(&wharf, number).await;
    }
    let after = scrape(&wharf, TextFormat::Prometheus).await;
    assert_eq!(samples(&after), samples(&before));
    let text = wharf.get("/metrics").await.text;
    assert!(!text.contains("weather") && !text.contains("METHOD") && !text.contains("/nothing"), "{text}");
}

#[tokio::test]
async fn metrics_are_for_those_who_know_the_host() {
    let wharf = Wharf::new();
    let foreign = axum::http::Request::builder().uri("/metrics").header(header::HOST, "evil.example");
    let answer = wharf.call(foreign.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.code(), (421, "wrong_host"));
}
