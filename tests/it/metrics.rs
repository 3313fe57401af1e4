//! What a daemon at work tells those who watch it: its parts are all joined to the metrics.

use std::time::{Duration, Instant};

use serde_json::json;
use wharfinger_tests::daemon::TestDaemon;

/// What must have happened once an instance was made, watched and cleared away.
const SAMPLES: [&str; 18] = [
    r#"wharfinger_http_requests_total{route="/mcp/instances",method="POST",status="201"} 1"#,
    r#"wharfinger_http_requests_total{route="none",method="GET",status="404"} 1"#,
    r#"wharfinger_transitions_total{event="accepted",from="none",to="requested"} 1"#,
    r#"wharfinger_transitions_total{event="create-started",from="requested",to="creating"} 1"#,
    r#"wharfinger_transitions_total{event="delete-succeeded",from="deleting",to="gone"} 1"#,
    r#"wharfinger_attempts_total{provisioner="local",action="create",outcome="created"} 1"#,
    r#"wharfinger_attempts_total{provisioner="local",action="destroy",outcome="gone"} 1"#,
    r#"wharfinger_reconciler_step_duration_seconds_count{step="create",outcome="done"} 1"#,
    r#"wharfinger_reconciler_steps_under_way{lane="slow"} 0"#,
    r#"wharfinger_reconciler_steps_parked{lane="quick"} 0"#,
    r#"wharfinger_probe_rung_duration_seconds_count{rung="Handshake",status="True"} "#,
    r#"wharfinger_plugin_call_duration_seconds_count{plugin="local",kind="provisioner",function="create",outcome="ok"} 1"#,
    r#"wharfinger_instances{provisioner="local",status="running"} 0"#,
    r#"wharfinger_provisioner_breaker{provisioner="local",state="closed"} 1"#,
    "wharfinger_store_commit_writes_count ",
    "wharfinger_store_commit_failures_total 0",
    "wharfinger_event_lag 0",
    "process_resident_memory_bytes ",
];

#[tokio::test]
async fn a_life_leaves_its_marks_in_every_part() {
    let daemon = TestDaemon::builder().local().start().await;
    daemon.post("/mcp/instances?wait=30s", &json!({"name": "weather", "template": "demo"})).await.expect(201);
    daemon.delete("/mcp/instances/weather?wait=30s").await.expect(204);
    daemon.get("/nowhere/weather").await.expect(404);
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let body = daemon.get("/metrics").await.expect(200);
        let text = body.as_str().unwrap();
        let missing: Vec<&str> = SAMPLES.into_iter().filter(|sample| !text.contains(sample)).collect();
        // A step counts when it has ended, which is a moment after its outcome is known.
        if missing.is_empty() {
            assert!(!text.contains("weather"), "an instance's name is in the metrics: {text}");
            return;
        }
        assert!(Instant::now() < deadline, "missing: {missing:#?} in {text}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
