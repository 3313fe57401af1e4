//! Workloads without a record: after an older copy of the records was put back, and after a delete
//! by force.

use std::fs;

use serde_json::{Value, json};
use wharfinger_tests::daemon::TestDaemon;
use wharfinger_tests::mcp;

const DATABASE: &str = "data/wharfinger.redb";

fn id(instance: &Value) -> String {
    instance["id"].as_str().unwrap().to_owned()
}

/// A daemon that runs on records older than two of its workloads; and the ids of all three.
async fn restored() -> (TestDaemon, String, [String; 2]) {
    let mut daemon = TestDaemon::builder().local().start().await;
    let known = id(&daemon.create("known", "demo").await);
    daemon.terminate().await;
    let copy = fs::read(daemon.dir().join(DATABASE)).unwrap();
    daemon.start().await;
    let later = [id(&daemon.create("adopted", "demo").await), id(&daemon.create("purged", "demo").await)];
    daemon.kill9();
    daemon.write_file(DATABASE, copy);
    daemon.start().await;
    (daemon, known, later)
}

#[tokio::test]
async fn workloads_newer_than_the_records_are_reported_and_left_for_a_person() {
    let (daemon, known, [adopted, purged]) = restored().await;
    let listed = async || daemon.get("/mcp/orphans").await.expect(200)["orphans"].as_array().unwrap().clone();
    daemon.eventually("both orphans are listed", async || listed().await.len() == 2).await;
    let name_of = |orphans: &[Value], id: &str| {
        let orphan = orphans.iter().find(|orphan| orphan["instance_id"] == id).unwrap();
        orphan["workload"].as_str().unwrap().to_owned()
    };
    let orphans = listed().await;
    let (to_adopt, to_purge) = (name_of(&orphans, &adopted), name_of(&orphans, &purged));
    assert!(daemon.log().contains(&to_adopt), "the log names it");

    let body = json!({"name": "back", "template": "demo"});
    let instance = daemon.post(&format!("/mcp/orphans/{to_adopt}/adopt"), &body).await.expect(202);
    assert_eq!(instance["id"], adopted);
    let running = daemon.wait_for_status("back", "running").await;
    let url = running["endpoint"]["url"].as_str().unwrap();
    assert_eq!(mcp::call_once(url, "add", json!({"a": 1, "b": 2})).await.unwrap(), "3");
    assert_eq!(daemon.servers(&adopted).len(), 1, "its own process goes on");

    assert_eq!(daemon.servers(&purged).len(), 1, "nothing happens to it by itself");
    daemon.post_empty(&format!("/mcp/orphans/{to_purge}/purge")).await.expect(202);
    daemon.eventually("the purged workload is gone", async || daemon.servers(&purged).is_empty()).await;
    daemon.eventually("none is left", async || listed().await.is_empty()).await;
    assert_eq!((daemon.servers(&known).len(), daemon.servers(&adopted).len()), (1, 1));
    daemon.delete("/mcp/instances/back?wait=30s").await.expect(204);
    assert_eq!(daemon.servers(&adopted).len(), 0);
}

#[tokio::test]
async fn what_a_forced_delete_leaves_behind_is_destroyed() {
    let daemon = TestDaemon::builder().local().start().await;
    let id = id(&daemon.create("one", "demo").await);
    let forgotten = daemon.delete("/mcp/instances/one?force=true").await.expect(200);
    assert_eq!(forgotten["instance"]["id"], id);
    assert!(forgotten["may_remain"].as_str().unwrap().starts_with("wf-"), "{forgotten}");
    daemon.eventually("its workload is gone", async || daemon.servers(&id).is_empty()).await;
    assert_eq!(daemon.get("/mcp/orphans").await.expect(200)["orphans"], json!([]));
}

#[tokio::test]
async fn a_start_tells_once_what_it_took_up() {
    let mut daemon = TestDaemon::builder().local().start().await;
    let gone = id(&daemon.create("gone", "demo").await);
    daemon.create("stays", "demo").await;
    // Deleted by force at a moment when nobody can be asked, as after a crash.
    daemon.delete("/mcp/instances/gone?force=true").await.expect(200);
    daemon.kill9();
    daemon.start().await;
    daemon.eventually("the start is told", async || daemon.log().contains("1 records found")).await;
    daemon.eventually("what nobody wants is gone", async || daemon.servers(&gone).is_empty()).await;
    daemon.wait_for_status("stays", "running").await;
    assert_eq!(daemon.log().matches("records found").count(), 1, "once a start, and not of an empty store");
}
