//! The rules for a manager that loses answers, forgets containers and words every failure as a 500.

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

// Dialects

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

#[test]
fn templates_are_listed_in_the_templates_dialect() {
    testing::script([get("/templates").answers_json(
        200,
        &json!({ "templates": [
            { "name": "nginx", "description": "web", "image": "nginx:alpine", "port": 80,
              "environment": { "NGINX_PORT": "80" }, "labels": { "app": "nginx" }, "command": ["nginx"],
              "memory_limit": "256m", "cpu_limit": "0.5", "volumes": [{ "source": "/a" }] },
            { "name": "empty" },
            { "name": "Bad Name", "image": "x", "port": 1 },
            { "name": "alpha", "image": "x", "port": 1 }
        ], "total": 4 }),
    )]);
    let page = plugin("auto").templates(TemplatesQuery::default()).unwrap();
    let names: Vec<&str> = page.templates.iter().map(|template| template.name.as_str()).collect();
    assert_eq!(names, ["alpha", "nginx"], "what no instance can be made from is left out");
    let nginx = &page.templates[1];
    assert_eq!((nginx.image.as_deref(), nginx.port, nginx.path.as_str()), (Some("nginx:alpine"), 80, "/mcp"));
    assert_eq!(
        nginx.resources,
        Pairs::from([("memory".into(), "256m".into()), ("cpu".into(), "0.5".into())])
    );
    assert_eq!(testing::log_lines().len(), 2);
}

#[test]
fn the_image_dialect_has_no_templates() {
    testing::script([]);
    assert!(plugin("image").templates(TemplatesQuery::default()).unwrap().templates.is_empty());
    testing::script([get("/templates").answers(404, "404 page not found")]);
    assert!(plugin("auto").templates(TemplatesQuery::default()).unwrap().templates.is_empty());
    testing::script([get("/templates").answers(404, "404 page not found")]);
    let failure = plugin("templates").templates(TemplatesQuery::default()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unsupported);
}

// What is sent

#[test]
fn marks_travel_as_labels_and_as_environment() {
    create([post("/containers").answers_json(201, &record("running"))]).unwrap();
    let body = &testing::sent()[0].json;
    for place in ["labels", "environment"] {
        assert_eq!(body[place]["WHARFINGER_OWNER"], "0badcafe", "{place}");
        assert_eq!(body[place]["WHARFINGER_INSTANCE"], "instance-1", "{place}");
        assert_eq!(body[place]["WHARFINGER_ATTEMPT"], "1", "{place}");
    }
    assert_eq!(body["labels"]["team"], "a");
}

#[test]
fn the_environment_holds_what_was_asked_the_secrets_and_what_the_manager_forgets() {
    create([post("/containers").answers_json(201, &record("running"))]).unwrap();
    let body = &testing::sent()[0].json;
    assert_eq!(body["service_name"], NAME);
    assert_eq!(body["environment"]["MODE"], "fast");
    assert_eq!(body["environment"]["TOKEN"], SECRET);
    assert_eq!(body["environment"]["MCP_SERVICE_NAME"], NAME);
    assert_eq!(body["environment"]["MCP_CONTAINER_PORT"], "8080");
}

#[test]
fn a_create_waits_as_long_as_the_host_does() {
    create([post("/containers").answers_json(201, &record("running"))]).unwrap();
    assert_eq!(testing::sent()[0].timeout, call().deadline, "hanging up early makes orphans");
}

#[test]
fn a_name_that_the_manager_would_change_is_refused() {
    for name in ["", "Upper", "a--b", "-a", "a-", "a_b", "a b", "ü", "health", "validate", &"a".repeat(61)] {
        testing::script([]);
        let mut call = call();
        call.target.workload_name = name.into();
        assert_eq!(plugin("image").create(call).unwrap_err().kind, FailureKind::Invalid, "{name}");
    }
}

#[test]
fn an_image_that_podman_would_take_for_a_flag_is_refused() {
    for image in [None, Some(""), Some("--privileged"), Some("a b"), Some("a\nb")] {
        testing::script([]);
        let mut call = call();
        call.request.template.image = image.map(str::to_owned);
        let failure = plugin("image").create(call).unwrap_err();
        assert_eq!((failure.kind, failure.violations.len()), (FailureKind::Invalid, 1), "{image:?}");
    }
}

#[test]
fn an_impossible_variable_name_is_refused_before_anything_is_sent() {
    testing::script([]);
    let mut call = call();
    call.request.environment.insert("A=B".into(), "x".into());
    let failure = plugin("image").create(call).unwrap_err();
    assert_eq!(failure.violations[0].pointer, "/environment/A=B");
}

#[test]
fn what_the_image_dialect_ignores_is_warned_of() {
    let mut asked = call();
    asked.request.template.command = vec!["server".into()];
    asked.request.template.resources = Pairs::from([("cpu".into(), "1".into())]);
    testing::script([post("/containers").answers_json(201, &record("running"))]);
    assert_eq!(plugin("image").create(asked.clone()).unwrap().warnings.len(), 2);
    testing::script([post("/containers").answers_json(201, &record("running"))]);
    assert!(plugin("templates").create(asked).unwrap().warnings.is_empty());
}

// What create's answers mean

#[test]
fn a_created_container_is_told_with_the_managers_url() {
    let creation = create([post("/containers").answers_json(201, &record("running"))]).unwrap();
    assert_eq!(creation.outcome, CreateOutcome::Created);
    let workload = creation.workload.unwrap();
    assert_eq!(workload.url.as_deref(), Some("http://proxy/mcp/wf-0badcafe-1-12345678"));
    assert_eq!((workload.id.as_str(), workload.port), ("c0ffee", Some(8080)));
}

#[test]
fn a_route_that_could_not_be_added_is_a_warning() {
    let answer =
        post("/containers").answers_json(201, &record("running")).with_header("X-Warning", "no route");
    assert!(create([answer]).unwrap().warnings[0].contains("no route"));
}

#[test]
fn a_lost_answer_is_an_unknown_outcome() {
    assert_eq!(create_failure([post("/containers").loses_the_answer()]).kind, FailureKind::OutcomeUnknown);
}

#[test]
fn an_answer_that_cannot_be_read_is_an_unknown_outcome() {
    assert_eq!(create_failure([post("/containers").answers(201, "{")]).kind, FailureKind::OutcomeUnknown);
}

#[test]
fn a_refused_connection_was_not_applied() {
    assert_eq!(create_failure([post("/containers").refuses_the_connection()]).kind, FailureKind::NotApplied);
}

#[test]
fn a_missing_grant_is_denied() {
    let denied = post("/containers").fails(http::Error::Denied("no grant".into()));
    assert_eq!(create_failure([denied]).kind, FailureKind::Denied);
}

#[test]
fn a_bad_request_never_will_be_accepted() {
    let answer =
        post("/containers").answers_json(400, &problem("invalid_request", "Key: 'Image' is required"));
    let failure = create_failure([answer]);
    assert_eq!(failure.kind, FailureKind::Invalid);
    assert!(failure.message.contains("Key: 'Image'"));
}

#[test]
fn an_unknown_template_never_will_be_accepted() {
    let failure = create_failure([refused("template files not found")]);
    assert_eq!(
        (failure.kind, failure.violations[0].code.as_str()),
        (FailureKind::Invalid, "unknown_template")
    );
}

#[test]
fn a_full_manager_made_nothing_and_may_be_asked_later() {
    let failure = create_failure([refused("maximum container limit reached (50)")]);
    assert_eq!(failure.kind, FailureKind::NotApplied);
    assert!(failure.retry_after.is_some());
}

#[test]
fn a_manager_without_containers_is_not_supported() {
    let failure = create_failure([post("/containers").answers(404, "404 page not found")]);
    assert_eq!(failure.kind, FailureKind::Unsupported);
}

#[test]
fn a_container_of_ours_is_adopted() {
    let exists = || refused("container mcp-wf-0badcafe-1 already exists");
    let conflict = || refused("failed to create container: exit status 125");
    for (refusal, record) in [
        (exists(), record("running")),
        (conflict(), record("running")),
        (exists(), record("error")),
        (exists(), unmarked()),
    ] {
        assert_eq!(create([refusal, found(&record)]).unwrap().outcome, CreateOutcome::Adopted);
    }
}

#[test]
fn marks_in_the_environment_are_enough() {
    let mut record = record("running");
    record["labels"] = Value::Null;
    record["image"] = "renamed:2".into();
    assert_eq!(
        create([refused("x already exists"), found(&record)]).unwrap().outcome,
        CreateOutcome::Adopted
    );
}

#[test]
fn a_container_of_somebody_else_is_foreign() {
    for record in [marked("WHARFINGER_OWNER", "other"), marked("WHARFINGER_INSTANCE", "other")] {
        let failure = create_failure([refused("x already exists"), found(&record)]);
        assert_eq!(failure.kind, FailureKind::Foreign);
    }
}

#[test]
fn images_are_compared_only_when_no_mark_survived() {
    let mut other = unmarked();
    other["image"] = "other:9".into();
    assert_eq!(create_failure([refused("x already exists"), found(&other)]).kind, FailureKind::Foreign);

    let mut renamed = record("running");
    renamed["image"] = "docker.io/library/img:1".into();
    assert_eq!(
        create([refused("x already exists"), found(&renamed)]).unwrap().outcome,
        CreateOutcome::Adopted
    );
}

#[test]
fn a_container_of_an_earlier_attempt_is_not_adopted() {
    let failure = create_failure([refused("x already exists"), found(&marked("WHARFINGER_ATTEMPT", "0"))]);
    assert_eq!(failure.kind, FailureKind::NotApplied);
}

#[test]
fn a_stuck_record_holds_the_name() {
    let failure = create_failure([refused("x already exists"), found(&record("stopping"))]);
    assert_eq!(failure.kind, orphan_suspected());
}

#[test]
fn a_name_held_by_what_the_manager_does_not_know_is_a_suspected_orphan() {
    for message in [
        "failed to create container: exit status 125",
        "failed to create container: exit status 126",
        "failed to create container: exit status 127",
        "container failed to start: container exited unexpectedly",
        "container failed to start: timeout waiting for container to start",
        "container failed to start: context canceled",
    ] {
        let failure = create_failure([refused(message), unknown()]);
        assert_eq!(failure.kind, orphan_suspected(), "{message}");
        assert!(failure.message.contains(NAME), "{message}");
    }
}

#[test]
fn a_record_that_vanishes_between_two_answers_is_an_unknown_outcome() {
    assert_eq!(create_failure([refused("x already exists"), unknown()]).kind, FailureKind::OutcomeUnknown);
}

#[test]
fn a_look_that_fails_after_a_conflict_leaves_the_outcome_unknown() {
    let lost = get(format!("/containers/{NAME}")).loses_the_answer();
    assert_eq!(create_failure([refused("x already exists"), lost]).kind, FailureKind::OutcomeUnknown);
}

#[test]
fn a_failure_nobody_knows_is_an_unknown_outcome() {
    for exchange in [
        refused("something new"),
        refused("failed to create container: exit status 1"),
        post("/containers").answers(502, "bad gateway"),
        post("/containers").answers(503, "{}"),
    ] {
        assert_eq!(create_failure([exchange]).kind, FailureKind::OutcomeUnknown);
    }
}

// Inspecting

#[test]
fn a_container_the_manager_does_not_know_is_absent() {
    assert_eq!(inspect_state([unknown()]), WorkloadState::Absent);
}

#[test]
fn a_busy_manager_is_a_failure_and_never_absent() {
    for exchanges in [
        vec![get(format!("/containers/{NAME}")).loses_the_answer()],
        vec![get(format!("/containers/{NAME}")).refuses_the_connection()],
        vec![get(format!("/containers/{NAME}")).answers(500, "oops")],
        vec![found(&record("running")), health().loses_the_answer()],
        vec![found(&record("running")), health().answers(503, "Service Unavailable")],
    ] {
        let failure = inspect(exchanges).unwrap_err();
        assert_eq!(failure.kind, FailureKind::NotApplied);
        assert!(failure.retry_after.is_some());
    }
}

#[test]
fn a_router_that_knows_no_containers_does_not_mean_absent() {
    let failure =
        inspect([get(format!("/containers/{NAME}")).answers(404, "404 page not found")]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unsupported);
}

#[test]
fn the_managers_error_status_is_not_believed() {
    let alive = health().answers_json(200, &json!({ "status": "running", "healthy": true }));
    assert_eq!(inspect_state([found(&record("error")), alive]), WorkloadState::Running);
}

#[test]
fn a_dead_process_is_stopped_whatever_the_record_says() {
    let dead = |status: &str| health().answers_json(503, &json!({ "status": status, "healthy": false }));
    assert_eq!(inspect_state([found(&record("running")), dead("stopped")]), WorkloadState::Stopped);
    assert_eq!(inspect_state([found(&record("running")), dead("error")]), WorkloadState::Stopped);
    assert_eq!(inspect_state([found(&record("running")), dead("starting")]), WorkloadState::Starting);
}

#[test]
fn a_container_that_podman_lost_is_stopped() {
    let lost = health().answers_json(500, &problem("status_check_failed", "exit status 125"));
    assert_eq!(inspect_state([found(&record("running")), lost]), WorkloadState::Stopped);
}

#[test]
fn a_container_that_goes_while_it_is_inspected_is_absent() {
    let gone = health().answers_json(404, &problem("container_not_found", "not found"));
    assert_eq!(inspect_state([found(&record("running")), gone]), WorkloadState::Absent);
}

#[test]
fn without_a_health_route_the_recorded_status_counts_except_error() {
    for (status, state) in [
        ("running", WorkloadState::Running),
        ("error", WorkloadState::Running),
        ("exited", WorkloadState::Stopped),
        ("stopped", WorkloadState::Stopped),
        ("starting", WorkloadState::Starting),
    ] {
        let no_route = health().answers(404, "404 page not found");
        assert_eq!(inspect_state([found(&record(status)), no_route]), state, "{status}");
    }
}

#[test]
fn somebody_elses_container_of_our_name_is_not_ours_so_ours_is_absent() {
    assert_eq!(inspect_state([found(&marked("WHARFINGER_OWNER", "other"))]), WorkloadState::Absent);
}

#[test]
fn an_inspection_fits_into_the_hosts_patience() {
    inspect([found(&record("running")), health().answers_json(200, &json!({}))]).unwrap();
    let total: std::time::Duration = testing::sent().iter().map(|sent| sent.timeout).sum();
    assert!(total < std::time::Duration::from_secs(10));
}

// Destroying

#[test]
fn a_removed_container_is_gone() {
    assert!(destroy([found(&record("running")), deletion().answers_json(200, &json!({}))]).unwrap().gone);
}

#[test]
fn a_container_that_is_gone_already_is_gone() {
    assert!(destroy([unknown()]).unwrap().gone);
    let late = deletion().answers_json(500, &problem("container_deletion_failed", "container X not found"));
    assert!(destroy([found(&record("running")), late]).unwrap().gone);
}

#[test]
fn somebody_elses_container_is_never_removed() {
    assert!(destroy([found(&marked("WHARFINGER_OWNER", "other"))]).unwrap().gone);
}

#[test]
fn a_stuck_record_is_named_as_such() {
    let stuck = deletion().answers_json(
        500,
        &problem("container_deletion_failed", "failed to remove container: exit status 1"),
    );
    let failure = destroy([found(&record("stopping")), stuck]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Other("stuck-record".into()));
    assert!(failure.message.contains("restart of the manager"));
}

#[test]
fn a_removal_without_an_answer_has_an_unknown_outcome() {
    for exchange in [deletion().loses_the_answer(), deletion().answers(502, "bad gateway")] {
        assert_eq!(
            destroy([found(&record("running")), exchange]).unwrap_err().kind,
            FailureKind::OutcomeUnknown
        );
    }
}

#[test]
fn a_busy_manager_is_not_told_to_remove_anything() {
    let busy = get(format!("/containers/{NAME}")).loses_the_answer();
    assert_eq!(destroy([busy]).unwrap_err().kind, FailureKind::NotApplied);
}

// Listing

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

#[test]
fn logs_are_not_supported_and_the_message_says_where_they_are() {
    let query = LogsQuery { target: target(), ..LogsQuery::default() };
    let failure = plugin("auto").logs(query).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Unsupported);
    assert!(failure.message.contains("podman logs"));
}

// Secrets and settings

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

#[test]
fn settings_are_checked_key_by_key() {
    assert_eq!(settings::check::<GoMcpManager>("{}"), Ok(Vec::new()));
    let failure =
        settings::check::<GoMcpManager>(r#"{"dialect": "klingon", "url": "http://x"}"#).unwrap_err();
    let pointers: Vec<&str> = failure.violations.iter().map(|violation| violation.pointer.as_str()).collect();
    assert_eq!(pointers, ["/dialect", "/url"]);
}

#[test]
fn the_schema_is_json() {
    let schema = GoMcpManager::describe().settings_schema.unwrap();
    serde_json::from_str::<Value>(&schema).unwrap();
}
