//! Requests to a daemon.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use wharfinger_tests::daemon::TestDaemon;

use crate::report::Samples;

/// A client of its own, whose connections stay open.
pub(crate) fn client() -> Result<Client> {
    Ok(Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?)
}

/// One request: how long it took, and the answer.
pub(crate) async fn ask(
    client: &Client,
    method: Method,
    url: &str,
    body: Option<&Value>,
) -> Result<(Duration, StatusCode, Value)> {
    let mut request = client.request(method, url);
    if let Some(body) = body {
        request = request.json(body);
    }
    let begun = Instant::now();
    let answer = request.send().await?;
    let status = answer.status();
    let bytes = answer.bytes().await?;
    let took = begun.elapsed();
    Ok((took, status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
}

/// A create that is reviewed and not made.
pub(crate) async fn dry_run(client: &Client, daemon: &TestDaemon) -> Result<(Duration, StatusCode, Value)> {
    let body = json!({ "name": "quay-seven", "template": "demo" });
    ask(client, Method::POST, &daemon.url("/mcp/instances?dry_run=true"), Some(&body)).await
}

/// `count` looks at the list of instances, `pause` after each other.
pub(crate) async fn looks(daemon: &TestDaemon, count: usize, pause: Duration) -> Result<Samples> {
    let (client, url) = (client()?, daemon.url("/mcp/instances"));
    let mut samples = Samples::default();
    for _ in 0..count {
        let (took, status, _) = ask(&client, Method::GET, &url, None).await?;
        anyhow::ensure!(status == StatusCode::OK, "{url}: {status}");
        samples.add(took);
        tokio::time::sleep(pause).await;
    }
    Ok(samples)
}

/// The digest of the hook that reviewed a dry run.
pub(crate) fn digest(answer: &Value) -> Result<&str> {
    answer["admission"][0]["digest"].as_str().with_context(|| format!("no verdict: {answer}"))
}
