//! Which containers are ours.

use serde_json::json;
use wharfinger_plugin_sdk::prelude::*;
use wharfinger_plugin_sdk::testing::{self, get};

use super::{NAME, marked, plugin, record, unmarked};

#[test]
fn only_what_carries_our_mark_is_owned() {
    let mut second = record("error");
    second["service_name"] = "wf-0badcafe-0".into();
    testing::script([get("/containers").answers_json(
        200,
        &json!({ "containers": [record("running"), marked("WHARFINGER_OWNER", "other"), unmarked(), second], "total": 4 }),
    )]);
    let page =
        plugin("auto").owned(OwnedQuery { owner: "0badcafe".into(), ..OwnedQuery::default() }).unwrap();
    let names: Vec<&str> = page.workloads.iter().map(|owned| owned.target.workload_name.as_str()).collect();
    assert_eq!(names, ["wf-0badcafe-0", NAME]);
    assert_eq!(page.workloads[0].observation.state, WorkloadState::Running, "its `error` is not believed");
    assert_eq!(page.workloads[1].target.attempt, 1);
}
