//! The provisioner `go-mcp-manager` against a fake with the measured quirks of the real one.

use std::time::Duration;

use serde_json::json;
use wharfinger_tests::daemon::TestDaemon;
use wharfinger_tests::fake_manager::{FakeManager, Fault};
use wharfinger_tests::mcp;

/// Tries come quickly, and an absence is believed soon.
const QUICK: &str = "[reconcile]\nsettle = \"200ms\"\n[recovery]\nbase = \"50ms\"\ncap = \"200ms\"\n";

async fn round_trip(manager: &FakeManager) {
    let daemon = TestDaemon::builder().manager(manager).start().await;
    // In the templates dialect the manager's own templates arrive in the background.
    daemon.until_answer("/mcp/templates/demo", |answer| answer.status == 200).await;
    let instance = daemon.create("one", "demo").await;
    assert_eq!(instance["status"], "running", "{instance}");
    let url = instance["endpoint"]["url"].as_str().unwrap();
    assert_eq!(mcp::call_once(url, "add", json!({"a": 19, "b": 23})).await.unwrap(), "42");
    let [workload] = &manager.workloads()[..] else { panic!("one workload") };
    let id = instance["id"].as_str().unwrap();
    assert_eq!(workload.environment.get("WHARFINGER_INSTANCE").map(String::as_str), Some(id));
    daemon.delete("/mcp/instances/one?wait=40s").await.expect(204);
    assert!(manager.workloads().is_empty());
    assert!(manager.requests().iter().all(|request| !request.path.starts_with("/instances")));
}

#[tokio::test]
async fn the_whole_job_in_the_image_dialect() {
    round_trip(&FakeManager::image_dialect().start()).await;
}

#[tokio::test]
async fn the_whole_job_in_the_image_dialect_behind_its_proxy() {
    round_trip(&FakeManager::image_dialect().behind_proxy().start()).await;
}

#[tokio::test]
async fn the_whole_job_in_the_templates_dialect() {
    round_trip(&FakeManager::templates_dialect().start()).await;
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_and_adopted() {
    let manager = FakeManager::image_dialect().start();
    manager.plan(Fault::CreateAnswerLost);
    let daemon = TestDaemon::builder().manager(&manager).toml(QUICK).start().await;
    let instance = daemon.create("one", "demo").await;
    assert_eq!(instance["status"], "running", "{instance}");
    assert_eq!((manager.creates_seen(), manager.workloads().len()), (1, 1));
    let events = daemon.get("/mcp/instances/one/events").await.expect(200);
    let reasons: Vec<&str> =
        events["events"].as_array().unwrap().iter().filter_map(|event| event["reason"].as_str()).collect();
    assert!(reasons.contains(&"Adopted"), "{reasons:?}");
}

#[tokio::test]
async fn an_orphan_nobody_can_reach_gets_a_successor_and_is_told_of() {
    let manager = FakeManager::image_dialect().start();
    manager.plan(Fault::CreateAnswerLostLeavingOrphan);
    let daemon = TestDaemon::builder().manager(&manager).toml(QUICK).start().await;
    let instance = daemon.create("one", "demo").await;
    assert_eq!(instance["status"], "running", "{instance}");
    let name = instance["workload"]["name"].as_str().unwrap();
    assert!(name.ends_with("-2"), "{name}");
    let conditions = instance["conditions"].as_array().unwrap();
    assert!(conditions.iter().any(|condition| condition["type"] == "OrphanSuspected"), "{conditions:?}");
}

#[tokio::test]
async fn an_image_that_is_not_there_ends_in_failed_and_not_in_a_loop() {
    let manager = FakeManager::image_dialect().start();
    let daemon = TestDaemon::builder()
        .manager(&manager)
        .toml(
            "[reconcile]\nsettle = \"50ms\"\n[recovery]\nbase = \"10ms\"\ncap = \"20ms\"\nmax_attempts = 2\n",
        )
        .template("bad", "name = \"bad\"\nimage = \"missing/image:1\"\nport = 8000\n")
        .start()
        .await;
    let instance = daemon.create("one", "bad").await;
    assert_eq!(instance["status"], "failed", "{instance}");
    assert!(instance["error"]["message"].as_str().unwrap().contains("exit status 125"), "{instance}");
    assert!(manager.creates_seen() <= 4, "{}", manager.creates_seen());
}

#[tokio::test]
async fn an_outage_of_the_manager_is_waited_for() {
    let manager = FakeManager::image_dialect().start();
    let daemon = TestDaemon::builder().manager(&manager).toml(QUICK).start().await;
    manager.close().await;
    daemon.post("/mcp/instances?wait=0s", &json!({"name": "one", "template": "demo"})).await.expect(201);
    daemon.until("/mcp/provisioners", |body| body["provisioners"][0]["reachable"] == false).await;
    assert_ne!(daemon.get("/mcp/instances/one").await.expect(200)["status"], "failed");
    manager.open().await;
    daemon.wait_for_status("one", "running").await;
    assert_eq!(manager.workloads().len(), 1);
}

#[tokio::test]
async fn the_managers_own_error_status_is_not_believed() {
    let manager = FakeManager::image_dialect().start();
    let daemon = TestDaemon::builder().manager(&manager).start().await;
    let instance = daemon.create("one", "demo").await;
    manager.run_monitor().await;
    tokio::time::sleep(Duration::from_secs(12)).await;
    let later = daemon.get("/mcp/instances/one").await.expect(200);
    assert_eq!(
        (&later["status"], &later["workload"]["id"]),
        (&instance["status"], &instance["workload"]["id"])
    );
}

#[tokio::test]
async fn the_backend_is_swapped_by_an_edit_while_the_daemon_runs() {
    let manager = FakeManager::image_dialect().start();
    let daemon = TestDaemon::builder()
        .local()
        .manager(&manager)
        .template(
            "both",
            &format!(
                "name = \"both\"\nport = 8000\nimage = \"registry.example/demo:1\"\ncommand = [\"{}\"]\n",
                wharfinger_tests::bin_path::demo_server().display()
            ),
        )
        .start()
        .await;
    assert_eq!(daemon.create("first", "both").await["provisioner"], "local");
    daemon.write_config(
        &daemon.config().replace("provisioner = \"local\"", "provisioner = \"go-mcp-manager\""),
    );
    daemon
        .until("/mcp/provisioners", |body| {
            let mut all = body["provisioners"].as_array().unwrap().iter();
            all.find(|one| one["default"] == true).unwrap()["name"] == "go-mcp-manager"
        })
        .await;
    let second = daemon.create("second", "both").await;
    assert_eq!((&second["provisioner"], &second["status"]), (&json!("go-mcp-manager"), &json!("running")));
    // The first one stays with the provisioner that made it.
    assert_eq!(daemon.get("/mcp/instances/first").await.expect(200)["provisioner"], "local");
}
