//! How children end, and what remains.

use std::time::Duration;

use rustix::process::Signal as Kernel;
use wharfinger::domain::{OwnerId, Target};
use wharfinger::process::{ErrorKind, Signal};

use crate::quay::{PATIENCE, Quay, lives, pid_of, pids, send, shell, stat, until};

#[tokio::test]
async fn a_killed_child_ended_by_its_signal() {
    let quay = Quay::new();
    let target = quay.target(1);
    let child = quay.shell(1, "exec sleep 300").await;
    send(pid_of(&child), Kernel::KILL);
    assert_eq!(quay.ended(&target).await.exit_code, Some(137));
}

#[tokio::test]
async fn a_signal_ends_the_whole_group_and_keeps_only_the_output() {
    let quay = Quay::new();
    let target = quay.target(1);
    quay.shell(1, "echo here; sleep 300 & sleep 300").await;
    until("all three run", async || (quay.marked().len() == 3).then_some(())).await;
    assert!(quay.processes.signal(&target, Signal::Terminate, PATIENCE).await.unwrap());
    assert_eq!(quay.marked(), [0; 0]);
    assert_eq!(quay.inspect(&target).await, None);
    assert_eq!(quay.processes.children(quay.owner).await.unwrap(), []);
    assert_eq!(quay.texts(&target, "stdout").await, ["here"]);
    assert!(!quay.folder(&target).join("record.json").exists());
    assert!(quay.processes.signal(&target, Signal::Kill, Duration::ZERO).await.unwrap());
}

#[tokio::test]
async fn what_a_dead_child_left_behind_refuses_a_start_and_is_ended_too() {
    let quay = Quay::new();
    let target = quay.target(1);
    // The first shares nothing with its parent any more: no marks, no group, no session, no pipes.
    let script = "env -i setsid sleep 300 >/dev/null 2>&1 & sleep 300 >/dev/null 2>&1 & echo $!";
    quay.shell(1, script).await;
    assert_eq!(quay.ended(&target).await.exit_code, Some(0));
    let supervisor = quay.supervisor(&target).to_string();
    let is_left = |pid: &i32| stat(*pid).get(1) == Some(&supervisor) && lives(*pid);
    let look = async || Some(pids().into_iter().filter(is_left).collect::<Vec<_>>());
    let left = until("both are adopted", async || look().await.filter(|left| left.len() == 2)).await;
    let error = quay.processes.spawn(shell(target.clone(), "exec sleep 300")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotApplied);
    assert!(quay.processes.signal(&target, Signal::Terminate, PATIENCE).await.unwrap());
    assert!(!left.into_iter().any(lives));
}

#[tokio::test]
async fn who_ignores_sigterm_is_killed() {
    let quay = Quay::new();
    let target = quay.target(1);
    quay.shell(1, "trap '' TERM; echo ready; while :; do sleep 1; done").await;
    quay.said(&target, &["ready"]).await;
    let grace = Duration::from_millis(300);
    assert!(!quay.processes.signal(&target, Signal::Terminate, grace).await.unwrap());
    assert!(quay.inspect(&target).await.unwrap().running);
    quay.kill(&target).await;
    assert_eq!(quay.inspect(&target).await, None);
}

#[tokio::test]
async fn a_stopped_child_hears_of_its_end() {
    let quay = Quay::new();
    let target = quay.target(1);
    let child = quay.shell(1, "exec sleep 300").await;
    send(pid_of(&child), Kernel::STOP);
    assert!(quay.processes.signal(&target, Signal::Terminate, PATIENCE).await.unwrap());
}

#[tokio::test]
async fn a_child_that_multiplies_is_ended() {
    let quay = Quay::new();
    let target = quay.target(1);
    // Each SIGTERM makes a new process that does not hear of the old one's.
    let script = "trap '(setsid sleep 300 &); exit 0' TERM; echo ready; while :; do sleep 0.1; done";
    quay.shell(1, script).await;
    quay.said(&target, &["ready"]).await;
    assert!(quay.processes.signal(&target, Signal::Terminate, PATIENCE).await.unwrap());
    assert_eq!(quay.marked(), [0; 0]);
}

#[tokio::test]
async fn another_installation_s_child_is_not_ended() {
    let quay = Quay::new();
    let target = quay.target(1);
    let child = quay.shell(1, "exec sleep 300").await;
    let foreign = Target { owner: OwnerId::from_u128(1), ..target.clone() };
    let error = quay.processes.signal(&foreign, Signal::Kill, PATIENCE).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotApplied);
    assert_eq!(quay.inspect(&target).await, Some(child));
    quay.kill(&target).await;
}
