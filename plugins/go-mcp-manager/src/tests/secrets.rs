//! What must not be told.

use serde_json::json;
use wharfinger_plugin_sdk::prelude::*;
use wharfinger_plugin_sdk::testing::{self, get, post};

use super::{SECRET, call, create, deletion, destroy, found, health, inspect, plugin, record, refused};

#[test]
fn nothing_of_an_environment_ever_leaves() {
    let created = create([post("/containers").answers_json(201, &record("running"))]);
    let adopted = create([refused("x already exists"), found(&record("running"))]);
    let misplaced = create([post("/containers").answers_json(500, &record("running"))]);
    let inspected = inspect([found(&record("running")), health().answers_json(200, &record("running"))]);
    let confused = inspect([found(&record("running")), health().answers_json(500, &record("running"))]);
    let destroyed = destroy([found(&record("running")), deletion().answers_json(500, &record("running"))]);
    testing::script([get("/containers").answers_json(200, &json!({ "containers": [record("running")] }))]);
    let owned = plugin("auto").owned(OwnedQuery { owner: "0badcafe".into(), ..OwnedQuery::default() });
    let told = format!(
        "{created:?} {adopted:?} {misplaced:?} {inspected:?} {confused:?} {destroyed:?} {owned:?} {:?} {:?}",
        call(),
        testing::log_lines()
    );
    assert!(!told.contains(SECRET), "{told}");
}
