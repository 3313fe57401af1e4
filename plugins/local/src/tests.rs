//! What is started, and what the answers mean, over children that exist only in a table.

use wharfinger_plugin_sdk::prelude::*;
use wharfinger_plugin_sdk::process::Signal;
use wharfinger_plugin_sdk::testing::processes;

use crate::Local;

const NAME: &str = "wf-0badcafe-1";

fn local(json: &str) -> Local {
    settings::read(json).unwrap()
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
    let template = Template {
        name: "demo".into(),
        command: vec!["/opt/demo".into(), "--fast".into()],
        port: 8000,
        ..Template::default()
    };
    CreateCall {
        request: InstanceRequest {
            template,
            environment: Pairs::from([("MODE".into(), "fast".into())]),
            ..InstanceRequest::default()
        },
        target: target(),
        secrets: Pairs::from([("TOKEN".into(), "hunter2".into())]),
        ..CreateCall::default()
    }
}

fn inspect() -> Observation {
    local("{}").inspect(InspectCall { target: target(), ..InspectCall::default() }).unwrap()
}

fn destroy(json: &str) -> bool {
    local(json).destroy(DestroyCall { target: target(), ..DestroyCall::default() }).unwrap().gone
}

#[test]
fn the_child_gets_what_was_asked_its_secrets_its_marks_and_a_port() {
    let creation = local("{}").create(call()).unwrap();
    assert_eq!(creation.outcome, CreateOutcome::Created);
    let workload = creation.workload.unwrap();
    assert_eq!(workload.url.as_deref(), Some("http://127.0.0.1:40001"));

    let spawned = processes::spawned().remove(0);
    assert_eq!(spawned.command, ["/opt/demo", "--fast"]);
    assert_eq!(spawned.pass_environment, ["PATH", "HOME", "LANG", "TMPDIR"]);
    assert_eq!(spawned.port_variable.as_deref(), Some("PORT"));
    let names: Vec<&str> = spawned.environment.keys().map(String::as_str).collect();
    assert_eq!(names, ["MODE", "TOKEN", "WHARFINGER_ATTEMPT", "WHARFINGER_INSTANCE", "WHARFINGER_OWNER"]);
}

#[test]
fn what_was_asked_wins_over_what_is_inherited_and_marks_win_over_all() {
    let mut asked = call();
    asked.request.environment.insert("HOME".into(), "/nowhere".into());
    asked.request.environment.insert("WHARFINGER_OWNER".into(), "forged".into());
    local("{}").create(asked).unwrap();
    let spawned = processes::spawned().remove(0);
    assert_eq!(spawned.environment["HOME"], "/nowhere");
    assert_eq!(spawned.pass_environment, ["PATH", "LANG", "TMPDIR"]);
    assert_eq!(spawned.environment["WHARFINGER_OWNER"], "0badcafe");
}

#[test]
fn only_the_named_variables_are_inherited() {
    local(r#"{"pass_environment": ["LC_ALL"]}"#).create(call()).unwrap();
    assert_eq!(processes::spawned()[0].pass_environment, ["LC_ALL"]);
}

#[test]
fn a_template_without_a_command_never_will_be_accepted() {
    let mut asked = call();
    asked.request.template.command.clear();
    let failure = local("{}").create(asked).unwrap_err();
    assert_eq!((failure.kind, failure.violations[0].pointer.as_str()), (FailureKind::Invalid, "/template"));
    assert!(processes::spawned().is_empty());
}

#[test]
fn called_twice_it_makes_one() {
    let first = local("{}").create(call()).unwrap();
    let second = local("{}").create(call()).unwrap();
    assert_eq!(second.outcome, CreateOutcome::Adopted);
    assert_eq!(first.workload, second.workload);
    assert_eq!(processes::spawned().len(), 1);
}

#[test]
fn a_dead_child_is_replaced() {
    local("{}").create(call()).unwrap();
    processes::ends(NAME, 1);
    assert_eq!(local("{}").create(call()).unwrap().outcome, CreateOutcome::Created);
}

#[test]
fn a_child_of_an_earlier_attempt_is_not_adopted() {
    local("{}").create(call()).unwrap();
    let mut next = call();
    next.target.attempt = 2;
    assert_eq!(local("{}").create(next).unwrap_err().kind, FailureKind::NotApplied);
}

#[test]
fn a_child_of_somebody_else_is_foreign_and_never_touched() {
    let mut other = call();
    other.target.owner = "other".into();
    local("{}").create(other).unwrap();
    assert_eq!(local("{}").create(call()).unwrap_err().kind, FailureKind::Foreign);
    assert_eq!(inspect().state, WorkloadState::Absent);
    assert!(destroy("{}"));
    assert!(processes::signals().is_empty());
}

#[test]
fn what_is_ignored_is_warned_of() {
    let mut asked = call();
    asked.request.template.resources = Pairs::from([("cpu".into(), "1".into())]);
    asked.request.environment.insert("PORT".into(), "1".into());
    assert_eq!(local("{}").create(asked).unwrap().warnings.len(), 2);
    assert!(!processes::spawned()[0].environment.contains_key("PORT"));
}

#[test]
fn a_child_is_running_until_it_ends() {
    assert_eq!(inspect().state, WorkloadState::Absent);
    local("{}").create(call()).unwrap();
    assert_eq!(inspect().state, WorkloadState::Running);
    processes::ends(NAME, 137);
    let observation = inspect();
    assert_eq!((observation.state, observation.exit_code), (WorkloadState::Stopped, Some(137)));
    assert!(observation.reason.contains("signal 9"), "{}", observation.reason);
}

#[test]
fn a_host_that_cannot_be_asked_is_a_failure_and_never_absent() {
    processes::break_with(Some(Failure::denied("no grant")));
    let failure =
        local("{}").inspect(InspectCall { target: target(), ..InspectCall::default() }).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Denied);
}

#[test]
fn a_child_that_ends_when_asked_is_not_killed() {
    local("{}").create(call()).unwrap();
    assert!(destroy(r#"{"stop_grace": "500ms"}"#));
    assert_eq!(processes::signals(), [(Signal::Terminate, std::time::Duration::from_millis(500))]);
    assert_eq!(inspect().state, WorkloadState::Absent);
}

#[test]
fn a_stubborn_child_is_killed_after_its_grace() {
    local("{}").create(call()).unwrap();
    processes::is_stubborn(NAME);
    assert!(destroy("{}"));
    let signals: Vec<Signal> = processes::signals().into_iter().map(|(signal, _)| signal).collect();
    assert_eq!(signals, [Signal::Terminate, Signal::Kill]);
}

#[test]
fn a_child_that_is_gone_already_is_gone() {
    assert!(destroy("{}"));
}

#[test]
fn owned_children_carry_their_marks() {
    local("{}").create(call()).unwrap();
    let page = local("{}").owned(OwnedQuery { owner: "0badcafe".into(), ..OwnedQuery::default() }).unwrap();
    assert_eq!(page.workloads[0].target, target());
    assert_eq!(page.workloads[0].observation.state, WorkloadState::Running);
    let others = local("{}").owned(OwnedQuery { owner: "other".into(), ..OwnedQuery::default() }).unwrap();
    assert!(others.workloads.is_empty());
}

#[test]
fn output_is_readable_after_the_end() {
    local("{}").create(call()).unwrap();
    processes::prints(NAME, "ready");
    processes::ends(NAME, 0);
    let page = local("{}").logs(LogsQuery { target: target(), ..LogsQuery::default() }).unwrap();
    assert_eq!(page.lines[0].text, "ready");
}

#[test]
fn settings_are_checked_key_by_key() {
    assert_eq!(settings::check::<Local>("{}"), Ok(Vec::new()));
    assert_eq!(settings::check::<Local>(r#"{"stop_grace": "5m"}"#).unwrap().len(), 1);
    let pointers = |json: &str| -> Vec<String> {
        let failure = settings::check::<Local>(json).unwrap_err();
        failure.violations.into_iter().map(|violation| violation.pointer).collect()
    };
    assert_eq!(
        pointers(r#"{"pass_environment": "PATH", "stop_grace": 5, "shell": true}"#),
        ["/pass_environment", "/shell", "/stop_grace"]
    );
    assert_eq!(
        pointers(r#"{"pass_environment": ["PATH", "", "A=B"]}"#),
        ["/pass_environment/1", "/pass_environment/2"]
    );
}
