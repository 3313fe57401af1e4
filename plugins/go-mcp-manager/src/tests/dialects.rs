//! Which dialect a manager speaks, and how it is asked.

use serde_json::{Value, json};
use wharfinger_plugin_sdk::prelude::*;
use wharfinger_plugin_sdk::testing::{self, get, post};

use super::{call, plugin, record};

#[test]
fn a_manager_with_templates_is_asked_by_template() {
    testing::script([
        get("/templates").answers_json(200, &json!({ "templates": [], "total": 0 })),
        post("/containers").answers_json(201, &record("running")),
    ]);
    plugin("auto").create(call()).unwrap();
    let body = &testing::sent()[1].json;
    assert_eq!(body["template"], "files");
    assert_eq!((&body["image"], &body["port"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_manager_without_templates_is_asked_by_image_and_port() {
    testing::script([
        get("/templates").answers(404, "404 page not found"),
        post("/containers").answers_json(201, &record("running")),
    ]);
    plugin("auto").create(call()).unwrap();
    let body = &testing::sent()[1].json;
    assert_eq!(
        (&body["image"], &body["port"], &body["template"]),
        (&json!("img:1"), &json!(8080), &Value::Null)
    );
}

#[test]
fn a_dialect_that_is_set_is_not_probed() {
    for dialect in ["image", "templates"] {
        testing::script([post("/containers").answers_json(201, &record("running"))]);
        plugin(dialect).create(call()).unwrap();
        testing::script_is_done();
    }
}

#[test]
fn a_manager_whose_dialect_cannot_be_asked_made_nothing() {
    for exchange in [
        get("/templates").loses_the_answer(),
        get("/templates").refuses_the_connection(),
        get("/templates").answers(502, "bad gateway"),
        get("/templates").answers(200, "<html>"),
    ] {
        testing::script([exchange]);
        assert_eq!(plugin("auto").create(call()).unwrap_err().kind, FailureKind::NotApplied);
    }
}
