//! The processes that compile: none outlives its daemon, or its time.

use std::fs;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use wharfinger_tests::bin_path::wharfinger;
use wharfinger_tests::daemon::TestDaemon;

use super::{SOON, components, gated};

const POLL: Duration = Duration::from_millis(10);
/// Much less than what is compiled takes.
const AT_ONCE: Duration = Duration::from_secs(5);

/// The process by which this daemon compiles; none while it compiles nothing.
pub(super) fn compiler(daemon: &TestDaemon) -> Option<u32> {
    let processes = daemon.processes();
    let compiles =
        processes.iter().find(|process| process.command.get(1).is_some_and(|word| word == "compile"));
    compiles.map(|process| process.pid)
}

/// CPU time a compiler took, in ticks of the kernel, usually 100 a second; none when it is gone.
fn ticks(pid: u32) -> Option<u64> {
    // One that ended and was not waited for has an empty one.
    let command = fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
    if !command.contains("compile") {
        return None;
    }
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name is in parentheses and may hold anything; the 12th field after it is the time.
    stat.rsplit_once(')')?.1.split_whitespace().nth(11)?.parse().ok()
}

#[tokio::test]
async fn a_compiler_ends_with_its_daemon_however_that_ends() {
    let mut daemon = gated();
    daemon.start().await;
    daemon.write_file("hooks/gate.wasm", components::slow_work());
    let deadline = Instant::now() + SOON;
    // Reading the component is behind it then: it has no use for its daemon until it is done.
    let pid = loop {
        if let Some(pid) = compiler(&daemon).filter(|pid| ticks(*pid).is_some_and(|ticks| ticks >= 50)) {
            break pid;
        }
        assert!(Instant::now() < deadline, "nothing was compiled\n{}", daemon.log());
        tokio::time::sleep(POLL).await;
    };
    daemon.kill9();
    let deadline = Instant::now() + AT_ONCE;
    while ticks(pid).is_some() {
        assert!(Instant::now() < deadline, "process {pid} compiles for nobody");
        tokio::time::sleep(POLL).await;
    }
}

/// A compiler that is given the beginning of a component and waits for the rest of it.
fn waiting(seconds: u32) -> Child {
    let mut command = Command::new(wharfinger());
    command.args(["compile", "--memory", "4294967296", "--seconds", &seconds.to_string()]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(b"\0asm").unwrap();
    child
}

/// The signal it ends by. Its standard input stays open meanwhile.
fn killed_by(child: &mut Child) -> Option<i32> {
    let stdin = child.stdin.take();
    let deadline = Instant::now() + SOON;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if Instant::now() > deadline {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("it goes on and on");
        }
        std::thread::sleep(POLL);
    };
    drop(stdin);
    status.signal()
}

#[test]
fn a_compiler_ends_when_nobody_reads_and_when_its_time_is_over() {
    let kill = Some(Signal::KILL.as_raw());
    let mut unread = waiting(3_600);
    drop(unread.stdout.take());
    assert_eq!(killed_by(&mut unread), kill, "nobody reads");
    assert_eq!(killed_by(&mut waiting(1)), kill, "its time is over");
}
