//! What dies comes back: workloads, and the daemon itself.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use wharfinger_tests::daemon::TestDaemon;
use wharfinger_tests::fake_manager::{FakeManager, Fault};
use wharfinger_tests::mcp;

#[tokio::test]
async fn a_killed_workload_runs_again() {
    let daemon = TestDaemon::builder().local().start().await;
    let instance = daemon.create("one", "demo").await;
    let id = instance["id"].as_str().unwrap();
    let [pid] = daemon.servers(id)[..] else { panic!("one server runs") };
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();

    let again = daemon
        .until("/mcp/instances/one", |now| {
            now["status"] == "running" && now["workload"]["id"] != instance["workload"]["id"]
        })
        .await;
    assert_eq!(again["attempt"], 1);
    let url = again["endpoint"]["url"].as_str().unwrap();
    assert_eq!(mcp::call_once(url, "add", json!({"a": 1, "b": 2})).await.unwrap(), "3");
    assert_eq!(daemon.servers(id).len(), 1);
    let events = daemon.get("/mcp/instances/one/events").await.expect(200);
    let reasons: Vec<&str> =
        events["events"].as_array().unwrap().iter().filter_map(|event| event["reason"].as_str()).collect();
    assert!(reasons.contains(&"WorkloadStopped"), "{reasons:?}");
}

#[tokio::test]
async fn a_workload_that_never_stays_up_ends_in_failed_with_its_reason() {
    let daemon = TestDaemon::builder()
        .local()
        .toml("[recovery]\nbase = \"10ms\"\ncap = \"20ms\"\nmax_attempts = 2\n")
        .template(
            "broken",
            "name = \"broken\"\nport = 1\ncommand = [\"/bin/sh\", \"-c\", \"echo going down >&2; exit 7\"]",
        )
        .start()
        .await;
    let body = json!({"name": "one", "template": "broken"});
    let instance = daemon.post("/mcp/instances?wait=40s", &body).await.expect(201);
    assert_eq!(instance["status"], "failed", "{instance}");
    assert_eq!(instance["error"]["code"], "attempts_exhausted");
    assert!(instance["error"]["message"].as_str().unwrap().contains("exit code 7"), "{instance}");
    let logs = daemon.get("/mcp/instances/one/logs").await;
    assert!(logs.to_string().contains("going down"), "{logs}");
    daemon.post_empty("/mcp/instances/one/retry").await.expect(202);
    daemon.wait_for_status("one", "failed").await;
    daemon.delete("/mcp/instances/one?wait=30s").await.expect(204);
}

#[tokio::test]
async fn killed_during_a_create_by_the_manager_it_makes_one_workload_and_runs() {
    let manager = FakeManager::image_dialect().create_time(Duration::from_millis(1_500)).start();
    let mut daemon = TestDaemon::builder().manager(&manager).start().await;
    let body = json!({"name": "one", "template": "demo"});
    let accepted = daemon.post("/mcp/instances?wait=0s", &body).await.expect(201);
    while manager.creates_seen() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    daemon.kill9();
    daemon.start().await;
    let instance = daemon.wait_for_status("one", "running").await;
    assert_eq!(instance["id"], accepted["id"]);
    let names: BTreeSet<String> = manager
        .workloads()
        .into_iter()
        .filter(|workload| !workload.is_orphan())
        .map(|workload| workload.name)
        .collect();
    assert_eq!(names.len(), 1, "{names:?}");
}

#[tokio::test]
async fn killed_at_any_moment_it_loses_no_instance_and_doubles_no_process() {
    let mut daemon = TestDaemon::builder().local().start().await;
    let mut ids = Vec::new();
    for round in 0..6u64 {
        for nth in 0..3 {
            let body = json!({"name": format!("i{round}-{nth}"), "template": "demo"});
            let accepted = daemon.post("/mcp/instances?wait=0s", &body).await.expect(201);
            ids.push(accepted["id"].as_str().unwrap().to_owned());
        }
        // Another moment in each round: before the call, during it, during the spawn, after it.
        tokio::time::sleep(Duration::from_millis(round * 7)).await;
        daemon.kill9();
        daemon.start().await;
    }
    for id in &ids {
        daemon.wait_for_status(id, "running").await;
        assert_eq!(daemon.servers(id).len(), 1, "{id}");
    }
    let listed = daemon.get("/mcp/instances?limit=100").await.expect(200);
    assert_eq!(listed["instances"].as_array().unwrap().len(), ids.len());
    for id in &ids {
        daemon.delete(&format!("/mcp/instances/{id}?wait=30s")).await.expect(204);
        assert_eq!(daemon.servers(id).len(), 0, "{id}");
    }
}

#[tokio::test]
async fn delete_during_create_removes_the_late_workload() {
    let manager = FakeManager::image_dialect().start();
    manager.plan(Fault::CreateHangs(Duration::from_millis(1_500)));
    let daemon = TestDaemon::builder().manager(&manager).start().await;
    daemon.post("/mcp/instances?wait=0s", &json!({"name": "one", "template": "demo"})).await.expect(201);
    while manager.creates_seen() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    daemon.delete("/mcp/instances/one?wait=0s").await.expect(202);
    daemon.wait_until_gone("one").await;
    assert!(manager.workloads().is_empty(), "{:?}", manager.workloads());
}
