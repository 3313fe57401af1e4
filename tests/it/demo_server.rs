//! The demo server as a process: how it starts, how it ends, what its switches do.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use wharfinger_tests::{bin_path, mcp};

fn demo(environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(bin_path::demo_server());
    command.env_clear().env("PORT", "0").envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts it and waits for its line; the URL of its endpoint.
fn listening(environment: &[(&str, &str)]) -> (Child, String) {
    let mut child = demo(environment).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let url = line.strip_prefix("demo-server listening on ").unwrap_or_else(|| panic!("{line:?}"));
    (child, url.trim().to_owned())
}

fn end(child: Child, signal: Signal) -> (Output, Duration) {
    let asked = Instant::now();
    kill_process(Pid::from_child(&child), signal).unwrap();
    let output = child.wait_with_output().unwrap();
    (output, asked.elapsed())
}

#[tokio::test]
async fn it_logs_its_calls_and_ends_at_once_with_a_client_connected() {
    let (child, url) = listening(&[("DEMO_STDERR", "hello from the start")]);
    let client = mcp::McpClient::connect(&url).await.unwrap();
    client.call("echo", json!({"message": "one\nline"})).await.unwrap();
    let time = client.call("clock", json!(null)).await.unwrap();
    assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    assert!(client.call("add", json!({"a": "one"})).await.is_err());
    let (output, took) = end(child, Signal::TERM);
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(output.status.code(), Some(0));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr, "hello from the start\ntool call: echo \"one\\nline\"\ntool call: clock\n");
}

#[test]
fn a_signal_ends_it_before_it_listens_too() {
    let child = demo(&[("DEMO_START_DELAY", "1m"), ("DEMO_STDERR", "up")]).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let (output, took) = end(child, Signal::INT);
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout.is_empty(), "it never listened");
}

#[test]
fn it_ends_by_itself_when_told_to() {
    let output = demo(&[("DEMO_EXIT_AFTER", "100ms")]).output().unwrap();
    assert_eq!(output.status.code(), Some(3));
}

#[test]
fn a_setting_that_cannot_be_used_is_named_and_ends_it_with_64() {
    for (key, value) in [("PORT", "http"), ("DEMO_EXIT_AFTER", "2")] {
        let output = demo(&[(key, value)]).output().unwrap();
        assert_eq!(output.status.code(), Some(64));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(key) && stderr.contains("it must be"), "{stderr}");
    }
}

#[tokio::test]
async fn foreign_hosts_and_origins_are_refused_on_loopback() {
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let status = async |url: &str, header: &str, value: &str| {
        let call =
            http.post(url).header(header, value).header("accept", "application/json, text/event-stream");
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}});
        call.json(&body).send().await.unwrap().status().as_u16()
    };
    let (child, url) = listening(&[]);
    assert_eq!(status(&url, "x-nothing", "-").await, 200);
    assert_eq!(status(&url, "host", "demo.example").await, 403);
    assert_eq!(status(&url, "origin", "https://evil.example").await, 403);
    end(child, Signal::TERM);

    let (child, url) = listening(&[("ALLOWED_HOSTS", "demo.example")]);
    assert_eq!(status(&url, "host", "demo.example").await, 200);
    end(child, Signal::TERM);
}
