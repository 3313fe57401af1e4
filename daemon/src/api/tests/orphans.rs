//! Orphans: listed, adopted, purged.

use serde_json::json;

use super::Wharf;
use crate::domain::{InstanceId, Observation, Orphan, Timestamp, Workload, WorkloadState};

const ID: &str = "01990000-0000-7000-8000-0000000000aa";

fn orphan(provisioner: &str, name: &str, instance: Option<&str>) -> Orphan {
    let workload = Workload {
        id: "w-7".to_owned(),
        name: name.to_owned(),
        url: Some("http://127.0.0.1:9000".to_owned()),
        port: Some(9_000),
        details: Default::default(),
    };
    Orphan {
        provisioner: provisioner.parse().unwrap(),
        workload: name.to_owned(),
        instance: instance.map(|id| id.parse::<InstanceId>().unwrap()),
        incarnation: 2,
        observation: Observation {
            state: WorkloadState::Running,
            reason: "it runs".to_owned(),
            exit_code: None,
            workload: Some(workload),
        },
        first_seen: Timestamp(0),
        last_seen: Timestamp(1_000),
    }
}

/// A wharf whose last sweep saw these.
fn seen(orphans: &[Orphan]) -> Wharf {
    let wharf = Wharf::new();
    for orphan in orphans {
        let others = orphans.iter().filter(|other| other.provisioner == orphan.provisioner);
        wharf.lifecycle.set_orphans(&orphan.provisioner, others.cloned().collect());
    }
    wharf
}

#[tokio::test]
async fn orphans_are_listed_with_what_is_known_of_them() {
    let wharf = seen(&[orphan("local", "wf-a-1", Some(ID))]);
    assert_eq!(
        wharf.get("/mcp/orphans").await.json,
        json!({"orphans": [{
            "workload": "wf-a-1", "provisioner": "local", "instance_id": ID, "state": "running",
            "reason": "it runs", "url": "http://127.0.0.1:9000",
            "first_seen": "1970-01-01T00:00:00.000Z", "last_seen": "1970-01-01T00:00:01.000Z",
        }]})
    );
}

#[tokio::test]
async fn an_adopted_orphan_is_an_instance_with_its_own_workload_and_id() {
    let wharf = seen(&[orphan("local", "wf-a-1", Some(ID))]);
    let body = json!({"name": "found", "template": "plain", "labels": {"from": "backup"}});
    let answer = wharf.post("/mcp/orphans/wf-a-1/adopt", &body).await;
    assert_eq!((answer.status, &answer.json["status"]), (202, &json!("created")), "{}", answer.text);
    assert_eq!((&answer.json["id"], &answer.json["workload"]["id"]), (&json!(ID), &json!("w-7")));
    assert_eq!(answer.header("etag"), format!("\"{}\"", answer.json["revision"]));
    assert_eq!(wharf.get("/mcp/orphans").await.json, json!({"orphans": []}));
    let events = wharf.get("/mcp/instances/found/events").await.json;
    assert_eq!(
        (&events["events"][0]["type"], &events["events"][0]["to"]),
        (&json!("adopted"), &json!("created"))
    );
    assert_eq!(wharf.post("/mcp/orphans/wf-a-1/adopt", &body).await.code(), (404, "orphan_not_found"));
}

#[tokio::test]
async fn an_adoption_is_checked_as_a_create_is() {
    let wharf = seen(&[orphan("local", "wf-a-1", Some(ID))]);
    wharf.create("taken").await;
    let adopt = |body| {
        let wharf = &wharf;
        async move { wharf.post("/mcp/orphans/wf-a-1/adopt", &body).await }
    };
    assert_eq!(adopt(json!({"name": "taken", "template": "plain"})).await.code(), (409, "name_taken"));
    assert_eq!(adopt(json!({"name": "found", "template": "none"})).await.code(), (422, "invalid_request"));
    let elsewhere = json!({"name": "found", "template": "plain", "provisioner": "other"});
    assert_eq!(adopt(elsewhere).await.errors(), [("/provisioner", "foreign_workload")]);
    assert_eq!(wharf.get("/mcp/orphans").await.json["orphans"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_purged_orphan_counts_as_deleted() {
    let wharf = seen(&[orphan("local", "wf-a-1", Some(ID))]);
    assert!(!wharf.lifecycle.was_deleted(ID.parse().unwrap()).unwrap());
    let answer = wharf.ask("/mcp/orphans/wf-a-1/purge").await;
    assert_eq!((answer.status, &answer.json["instance_id"]), (202, &json!(ID)));
    assert!(wharf.lifecycle.was_deleted(ID.parse().unwrap()).unwrap());
    assert_eq!(wharf.ask("/mcp/orphans/wf-a-1/purge").await.code(), (404, "orphan_not_found"));
}

#[tokio::test]
async fn a_workload_without_a_mark_is_neither_adopted_nor_purged() {
    let wharf = seen(&[orphan("local", "wf-a-1", None)]);
    let body = json!({"name": "found", "template": "plain"});
    assert_eq!(wharf.post("/mcp/orphans/wf-a-1/adopt", &body).await.code(), (422, "orphan_unmarked"));
    assert_eq!(wharf.ask("/mcp/orphans/wf-a-1/purge").await.code(), (422, "orphan_unmarked"));
}

#[tokio::test]
async fn a_name_that_two_provisioners_show_needs_to_be_told_apart() {
    let wharf = seen(&[orphan("local", "wf-a-1", Some(ID)), orphan("other", "wf-a-1", Some(ID))]);
    assert_eq!(wharf.ask("/mcp/orphans/wf-a-1/purge").await.code(), (409, "orphan_ambiguous"));
    assert_eq!(wharf.ask("/mcp/orphans/wf-a-1/purge?provisioner=other").await.status, 202);
    assert_eq!(wharf.ask("/mcp/orphans/wf-a-1/purge?provisioner=No!").await.code(), (400, "invalid_query"));
}
