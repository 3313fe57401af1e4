//! The rules for a manager that loses answers, forgets containers and words every failure as a 500.

mod adoption;
mod creation;
mod destruction;
mod dialects;
mod inspection;
mod logs;
mod owned;
mod requests;
mod schema;
mod secrets;
mod templates;

use serde_json::{Value, json};
use wharfinger_plugin_sdk::prelude::*;
use wharfinger_plugin_sdk::testing::{self, delete, get, post};

use crate::GoMcpManager;

const NAME: &str = "wf-0badcafe-1";
const SECRET: &str = "hunter2hunter2";

fn plugin(dialect: &str) -> GoMcpManager {
    settings::read(&json!({ "dialect": dialect }).to_string()).unwrap()
}

fn target() -> Target {
    Target {
        workload_name: NAME.into(),
        instance_id: "instance-1".into(),
        owner: "0badcafe".into(),
        attempt: 1,
        ..Target::default()
    }
}

fn call() -> CreateCall {
    let template =
        Template { name: "files".into(), image: Some("img:1".into()), port: 8080, ..Template::default() };
    CreateCall {
        request: InstanceRequest {
            id: "instance-1".into(),
            name: "mine".into(),
            template,
            environment: Pairs::from([("MODE".into(), "fast".into())]),
            labels: Pairs::from([("team".into(), "a".into())]),
            ..InstanceRequest::default()
        },
        target: target(),
        secrets: Pairs::from([("TOKEN".into(), SECRET.into())]),
        deadline: std::time::Duration::from_secs(180),
        ..CreateCall::default()
    }
}

/// A container as the manager tells it, secrets included.
fn record(status: &str) -> Value {
    json!({
        "id": "c0ffee", "name": "mcp-wf-0badcafe-1", "service_name": NAME, "slug": "wf-0badcafe-1-12345678",
        "image": "img:1", "status": status, "port": 8080, "url": "http://proxy/mcp/wf-0badcafe-1-12345678",
        "host": "http://proxy", "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        "labels": { "WHARFINGER_OWNER": "0badcafe", "WHARFINGER_INSTANCE": "instance-1", "WHARFINGER_ATTEMPT": "1" },
        "environment": { "TOKEN": SECRET, "WHARFINGER_OWNER": "0badcafe" }
    })
}

fn marked(key: &str, value: &str) -> Value {
    let mut record = record("running");
    record["labels"][key] = value.into();
    record
}

fn unmarked() -> Value {
    let mut record = record("running");
    record["labels"] = Value::Null;
    record["environment"] = Value::Null;
    record
}

fn problem(error: &str, message: &str) -> Value {
    json!({ "error": error, "code": 500, "message": message })
}

fn refused(message: &str) -> testing::Exchange {
    post("/containers").answers_json(500, &problem("container_creation_failed", message))
}

fn found(record: &Value) -> testing::Exchange {
    get(format!("/containers/{NAME}")).answers_json(200, record)
}

fn unknown() -> testing::Exchange {
    get(format!("/containers/{NAME}"))
        .answers_json(404, &json!({ "error": "container_not_found", "code": 404, "message": "not found" }))
}

fn health() -> testing::Exchange {
    get(format!("/containers/{NAME}/health"))
}

fn create(exchanges: impl IntoIterator<Item = testing::Exchange>) -> Result<Creation, Failure> {
    testing::script(exchanges);
    let creation = plugin("image").create(call());
    testing::script_is_done();
    creation
}

fn create_failure(exchanges: impl IntoIterator<Item = testing::Exchange>) -> Failure {
    create(exchanges).unwrap_err()
}

fn inspect(exchanges: impl IntoIterator<Item = testing::Exchange>) -> Result<Observation, Failure> {
    testing::script(exchanges);
    let observation = plugin("auto").inspect(InspectCall { target: target(), ..InspectCall::default() });
    testing::script_is_done();
    observation
}

fn inspect_state(exchanges: impl IntoIterator<Item = testing::Exchange>) -> WorkloadState {
    inspect(exchanges).unwrap().state
}

fn destroy(exchanges: impl IntoIterator<Item = testing::Exchange>) -> Result<Destruction, Failure> {
    testing::script(exchanges);
    let destruction = plugin("auto").destroy(DestroyCall { target: target(), ..DestroyCall::default() });
    testing::script_is_done();
    destruction
}

fn deletion() -> testing::Exchange {
    delete(format!("/containers/{NAME}"))
}

fn orphan_suspected() -> FailureKind {
    FailureKind::Other("orphan-suspected".into())
}
