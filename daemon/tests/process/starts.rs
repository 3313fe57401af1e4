//! What is started, with what, how often, and what refuses.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use futures_util::future::join_all;
use wharfinger::domain::Target;
use wharfinger::process::{Child, ErrorKind, Options, Processes, Signal, SpawnRequest};

use crate::quay::{Quay, request, shell, supervisors, until};

#[tokio::test]
async fn a_child_runs_speaks_and_ends_with_its_exit_code() {
    let quay = Quay::new();
    let target = quay.target(1);
    let child = quay.shell(1, "echo out; echo err >&2; printf last; exit 7").await;
    assert_eq!(child.target, target);
    let end = quay.ended(&target).await;
    assert_eq!((end.exit_code, &end.id), (Some(7), &child.id));
    assert_eq!(quay.texts(&target, "stdout").await, ["out", "last"]);
    assert_eq!(quay.texts(&target, "stderr").await, ["err"]);
    assert_eq!(quay.texts(&target, "supervisor").await.last().unwrap(), "ended with exit code 7");
    assert!(quay.output(&target).await.iter().all(|line| line.at.is_some()));
    assert_eq!(quay.processes.children(quay.owner).await.unwrap(), [end]);
    until("the supervisor ends", async || supervisors(&quay.folder(&target)).is_empty().then_some(())).await;
}

#[tokio::test]
async fn what_was_never_started_is_not_there() {
    let quay = Quay::new();
    let target = quay.target(1);
    assert_eq!(quay.inspect(&target).await, None);
    assert_eq!(quay.processes.children(quay.owner).await.unwrap(), []);
    assert!(quay.processes.signal(&target, Signal::Terminate, Duration::ZERO).await.unwrap());
    let error = quay.processes.logs(&target, None, 100).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(!quay.folder(&target).exists());
}

#[tokio::test]
async fn the_environment_is_what_passes_what_was_asked_the_port_and_the_marks() {
    let quay = Quay::new();
    let target = Target { incarnation: 3, ..quay.target(1) };
    let pairs = [("A", "1"), ("PORT", "9"), ("WHARFINGER_OWNER", "forged"), ("WHARFINGER_ATTEMPT", "9")];
    let spawn = SpawnRequest {
        environment: pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec(),
        port_variable: Some("PORT".to_owned()),
        ..request(target.clone(), &["env"])
    };
    let port = quay.processes.spawn(spawn).await.unwrap().port.unwrap();
    let mut expected = vec![
        "A=1".to_owned(),
        format!("PATH={}", std::env::var("PATH").unwrap()),
        format!("PORT={port}"),
        "WHARFINGER_ATTEMPT=3".to_owned(),
        format!("WHARFINGER_INSTANCE={}", target.instance),
        format!("WHARFINGER_OWNER={}", quay.owner),
        format!("WHARFINGER_PORT={port}"),
        format!("WHARFINGER_WORKLOAD={}", target.name),
    ];
    expected.sort();
    assert_eq!(quay.ended(&target).await.port, Some(port));
    let mut environment = quay.texts(&target, "stdout").await;
    environment.sort();
    assert_eq!(environment, expected);
}

#[tokio::test]
async fn a_child_inherits_no_descriptor_of_ours() {
    let quay = Quay::new();
    let target = quay.target(1);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    quay.shell(1, "for fd in /proc/$$/fd/*; do readlink $fd; done").await;
    quay.ended(&target).await;
    let links = quay.texts(&target, "stdout").await;
    assert_eq!(links[0], "/dev/null");
    assert!(!links.iter().any(|link| link.contains("socket") || link.contains("lock")), "{links:?}");
    drop(listener);
}

#[tokio::test]
async fn a_secret_stays_in_memory() {
    let quay = Quay::new();
    let target = quay.target(1);
    let environment = vec![("TOKEN".to_owned(), "hunter2-hunter2".to_owned())];
    let spawn = SpawnRequest { environment, ..shell(target.clone(), "echo ${#TOKEN}; exec sleep 300") };
    assert!(quay.processes.spawn(spawn).await.unwrap().running);
    quay.said(&target, &["15"]).await;
    for entry in fs::read_dir(quay.folder(&target)).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains("hunter2"), "{path:?}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "{path:?}");
    }
    // Nor does the supervisor keep the order open.
    let input = fs::read_link(format!("/proc/{}/fd/0", quay.supervisor(&target))).unwrap();
    assert_eq!(input, Path::new("/dev/null"));
    quay.kill(&target).await;
}

#[tokio::test]
async fn spawning_again_answers_with_the_same_child() {
    let quay = Quay::new();
    let target = quay.target(1);
    let spawns = (0..8).map(|_| quay.processes.spawn(shell(target.clone(), "exec sleep 300")));
    let children: Vec<Child> = join_all(spawns).await.into_iter().map(Result::unwrap).collect();
    let ids: HashSet<_> = children.iter().map(|child| &child.id).collect();
    assert_eq!(ids.len(), 1);
    quay.only(&children[0]).await;
    assert_eq!(quay.inspect(&target).await.as_ref(), children.first());
    quay.kill(&target).await;
}

#[tokio::test]
async fn a_child_of_another_attempt_has_to_be_ended_first() {
    let quay = Quay::new();
    let target = quay.target(1);
    quay.shell(1, "exec sleep 300").await;
    let next = Target { incarnation: 1, ..target.clone() };
    let error = quay.processes.spawn(shell(next.clone(), "exec sleep 300")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotApplied);
    assert!(error.to_string().contains("attempt 0"), "{error}");
    quay.kill(&next).await;
    let child = quay.processes.spawn(shell(next.clone(), "exec sleep 300")).await.unwrap();
    assert_eq!(child.target, next);
    quay.kill(&next).await;
}

#[tokio::test]
async fn a_dead_child_is_replaced_and_what_it_said_is_kept() {
    let quay = Quay::new();
    let target = quay.target(1);
    let first = quay.shell(1, "echo first; exit 1").await;
    quay.ended(&target).await;
    let second = quay.shell(1, "echo second; exec sleep 300").await;
    assert!(second.running && second.id != first.id);
    quay.said(&target, &["first", "second"]).await;
    quay.kill(&target).await;
}

#[tokio::test]
async fn what_cannot_be_executed_is_refused_with_a_reason() {
    let quay = Quay::new();
    let broken = quay.dir.path().join("broken");
    fs::write(&broken, "#!/no/such/interpreter\n").unwrap();
    fs::set_permissions(&broken, fs::Permissions::from_mode(0o755)).unwrap();
    let broken = broken.to_str().unwrap();
    for (command, reason) in [
        (&["no-such-program"][..], "no program no-such-program in the PATH"),
        (&["/nowhere/at-all"], "does not exist"),
        (&["/etc/passwd"], "is not executable"),
        (&[], "the command is empty"),
        (&[broken], "cannot be executed"),
    ] {
        let target = quay.target(1);
        let error = quay.processes.spawn(request(target.clone(), command)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{error}");
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(quay.inspect(&target).await, None);
    }
    assert_eq!(quay.processes.children(quay.owner).await.unwrap(), []);
    assert!(quay.shell(1, "exec sleep 300").await.running);
    quay.kill(&quay.target(1)).await;
}

#[tokio::test]
async fn a_missing_supervisor_program_starts_nothing() {
    let quay = Quay::new();
    let (dir, program) = (quay.dir.path().to_path_buf(), quay.dir.path().join("nothing"));
    let processes = Processes::new(Options { dir, program, max_output: 1 << 20, max_children: 1 }).unwrap();
    let target = quay.target(1);
    let error = processes.spawn(shell(target.clone(), "exec sleep 300")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotApplied);
    assert_eq!(quay.inspect(&target).await, None);
}

#[tokio::test]
async fn a_program_that_is_no_supervisor_starts_nothing() {
    let quay = Quay::new();
    let (dir, program) = (quay.dir.path().to_path_buf(), "/bin/true".into());
    let processes = Processes::new(Options { dir, program, max_output: 1 << 20, max_children: 1 }).unwrap();
    let target = quay.target(1);
    let error = processes.spawn(shell(target.clone(), "exec sleep 300")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotApplied);
    assert_eq!(quay.inspect(&target).await, None);
}

#[tokio::test]
async fn the_number_of_children_is_bounded() {
    let quay = Quay::with(1 << 20, 2);
    let spawns = (1..=3).map(|number| quay.processes.spawn(shell(quay.target(number), "exec sleep 300")));
    let results = join_all(spawns).await;
    let refused: Vec<_> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    assert_eq!(refused.len(), 1, "{results:?}");
    assert_eq!(refused[0].kind(), ErrorKind::NotApplied);
    assert!(refused[0].to_string().contains("limit of 2"), "{}", refused[0]);
    for number in 1..=3 {
        quay.kill(&quay.target(number)).await;
    }
}

#[tokio::test]
async fn a_flood_of_output_is_bounded_and_its_end_is_kept() {
    const KEPT: u64 = 256 << 10;
    let quay = Quay::with(KEPT, 10);
    let target = quay.target(1);
    let lines = "yes 'a line of no great interest' | head -c 30000000";
    quay.shell(1, &format!("{lines}; head -c 100000 /dev/zero; echo; echo last")).await;
    quay.ended(&target).await;
    let files = fs::read_dir(quay.folder(&target)).unwrap();
    let size: u64 = files.map(|entry| entry.unwrap().metadata().unwrap().len()).sum();
    assert!(size < KEPT + (32 << 10), "{size}");
    let texts = quay.texts(&target, "stdout").await;
    assert_eq!(texts.last().map(String::as_str), Some("last"));
    assert!(texts.iter().all(|text| text.len() <= 8 << 10));
}

#[test]
fn nobody_else_starts_a_supervisor() {
    let dir = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_wharfinger"))
        .arg("supervise")
        .arg(dir.path())
        .output()
        .unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("only the daemon"), "{output:?}");
}
