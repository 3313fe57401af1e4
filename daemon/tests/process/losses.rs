//! Daemons, supervisors and folders that are lost at a bad moment.

use std::cell::Cell;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::Signal as Kernel;
use wharfinger::domain::{OwnerId, Target};
use wharfinger::process::{Signal, SpawnRequest};

use crate::quay::{PATIENCE, Quay, handle, lives, pid_of, send, shell, supervisors, target, until};

#[tokio::test]
async fn a_child_whose_supervisor_was_killed_is_known_and_can_be_ended() {
    let quay = Quay::new();
    let target = quay.target(1);
    let child = quay.shell(1, "sleep 300 & sleep 300").await;
    let supervisor = quay.supervisor(&target);
    send(supervisor, Kernel::KILL);
    until("the supervisor is gone", async || (!lives(supervisor)).then_some(())).await;
    assert_eq!(quay.inspect(&target).await, Some(child.clone()));
    let again = quay.processes.spawn(shell(target.clone(), "exec sleep 300")).await.unwrap();
    assert_eq!(again, child);
    assert!(quay.processes.signal(&target, Signal::Terminate, PATIENCE).await.unwrap());
    assert_eq!(quay.marked(), [0; 0]);
}

#[tokio::test]
async fn a_child_whose_end_nobody_saw_is_dead_without_an_exit_code() {
    let quay = Quay::new();
    let target = quay.target(1);
    let child = quay.shell(1, "exec sleep 300").await;
    send(quay.supervisor(&target), Kernel::KILL);
    send(pid_of(&child), Kernel::KILL);
    let end = quay.ended(&target).await;
    assert_eq!((end.id, end.exit_code), (child.id, None));
}

#[tokio::test]
async fn a_child_whose_folder_and_supervisor_are_lost_is_found_by_its_marks() {
    let quay = Quay::new();
    let target = Target { incarnation: 2, ..quay.target(1) };
    let port_variable = Some("PORT".to_owned());
    let spawn = SpawnRequest { port_variable, ..shell(target.clone(), "sleep 300 & sleep 300") };
    let child = quay.processes.spawn(spawn.clone()).await.unwrap();
    assert!(child.port.is_some());
    send(quay.supervisor(&target), Kernel::KILL);
    fs::remove_dir_all(quay.folder(&target)).unwrap();
    assert_eq!(quay.inspect(&target).await, Some(child.clone()));
    assert_eq!(quay.processes.children(quay.owner).await.unwrap(), std::slice::from_ref(&child));
    assert_eq!(quay.processes.spawn(spawn).await.unwrap(), child);
    assert!(quay.processes.signal(&target, Signal::Terminate, PATIENCE).await.unwrap());
    assert_eq!((quay.inspect(&target).await, quay.marked()), (None, vec![]));
}

#[tokio::test]
async fn a_zombie_is_dead_and_a_supervisor_that_hangs_is_killed() {
    let quay = Quay::new();
    let target = quay.target(1);
    let child = quay.shell(1, "exec sleep 300").await;
    let supervisor = quay.supervisor(&target);
    send(supervisor, Kernel::STOP);
    send(pid_of(&child), Kernel::KILL);
    assert_eq!(quay.ended(&target).await.exit_code, None);
    let grace = Duration::from_millis(100);
    assert!(!quay.processes.signal(&target, Signal::Terminate, grace).await.unwrap());
    quay.kill(&target).await;
    assert!(!lives(supervisor));
}

#[tokio::test]
async fn a_new_daemon_finds_the_children_of_the_last() {
    let quay = Quay::new();
    let child = quay.shell(1, "exec sleep 300").await;
    let next = handle(quay.dir.path(), 1 << 20, 100);
    assert_eq!(next.children(quay.owner).await.unwrap(), [child]);
    assert_eq!(next.children(OwnerId::from_u128(1)).await.unwrap(), []);
    assert!(next.signal(&quay.target(1), Signal::Terminate, PATIENCE).await.unwrap());
}

/// Stands in for a daemon that is killed; run by the tests below, in a process of its own.
#[tokio::test]
#[ignore = "a part of other tests"]
async fn stand_in_for_a_daemon() {
    let Ok(dir) = std::env::var("STAND_IN_DIR") else { return };
    let owner = std::env::var("STAND_IN_OWNER").unwrap();
    let owner = OwnerId::from_u128(u128::from_str_radix(&owner, 16).unwrap());
    let processes = handle(Path::new(&dir), 1 << 20, 100);
    fs::write(Path::new(&dir).join("ready"), "").unwrap();
    let _ = processes.spawn(shell(target(owner, 1), "exec sleep 300")).await;
    fs::write(Path::new(&dir).join("done"), "").unwrap();
    tokio::time::sleep(PATIENCE).await;
}

/// Runs the daemon that is killed `after` it said that it is this far.
async fn run_and_kill_a_daemon(quay: &Quay, word: &str, after: Duration) {
    let mut daemon = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "losses::stand_in_for_a_daemon", "--ignored"])
        .env("STAND_IN_DIR", quay.dir.path())
        .env("STAND_IN_OWNER", quay.owner.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("it is so far", async || quay.dir.path().join(word).exists().then_some(())).await;
    tokio::time::sleep(after).await;
    daemon.kill().unwrap();
    daemon.wait().unwrap();
}

#[tokio::test]
async fn a_killed_daemon_leaves_its_children_running() {
    let quay = Quay::new();
    run_and_kill_a_daemon(&quay, "done", Duration::ZERO).await;
    let child = quay.inspect(&quay.target(1)).await.unwrap();
    assert!(child.running);
    quay.only(&child).await;
    // Its supervisor is nobody's to reap but the system's, and still does its work.
    send(pid_of(&child), Kernel::TERM);
    assert_eq!(quay.ended(&quay.target(1)).await.exit_code, Some(143));
}

#[tokio::test]
async fn a_daemon_killed_at_any_moment_of_a_start_leads_to_one_child() {
    for round in 0..40_u64 {
        let quay = Quay::new();
        let target = quay.target(1);
        // Where in the start the kill falls is left to chance; what must hold does not depend on it.
        run_and_kill_a_daemon(&quay, "ready", Duration::from_micros(round * 500)).await;
        let child = quay.shell(1, "exec sleep 300").await;
        assert!(child.running, "round {round}");
        quay.only(&child).await;
        assert_eq!(supervisors(&quay.folder(&target)).len(), 1, "round {round}");
        quay.kill(&target).await;
        assert_eq!(quay.marked(), [0; 0], "round {round}");
    }
}

#[tokio::test]
async fn a_supervisor_killed_at_any_moment_of_a_start_leads_to_one_child() {
    for round in 0..40_u64 {
        let quay = Quay::new();
        let target = quay.target(1);
        let (folder, over) = (quay.folder(&target), Cell::new(false));
        let spawn = async {
            // Started or not: the next spawn finds it or starts it.
            let _ = quay.processes.spawn(shell(target.clone(), "exec sleep 300")).await;
            over.set(true);
        };
        let kill = async {
            let found = until("the supervisor is there, or all is over", async || {
                let found = if folder.exists() { supervisors(&folder) } else { Vec::new() };
                (over.get() || !found.is_empty()).then_some(found)
            })
            .await;
            tokio::time::sleep(Duration::from_micros(round * 100)).await;
            found.into_iter().for_each(|supervisor| send(supervisor, Kernel::KILL));
        };
        futures_util::future::join(spawn, kill).await;
        let child = quay.shell(1, "exec sleep 300").await;
        assert!(child.running, "round {round}");
        quay.only(&child).await;
        quay.kill(&target).await;
        assert_eq!(quay.marked(), [0; 0], "round {round}");
    }
}
