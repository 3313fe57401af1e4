//! What the tests share: a folder with an owner of its own, and a look at the process table that
//! does not use the code under test.

use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal as Kernel, kill_process};
use wharfinger::domain::{InstanceId, OwnerId, Target, WorkloadName};
use wharfinger::process::{Child, Options, OutputLine, Processes, Signal, SpawnRequest};

/// Only a hang reaches it.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A folder and an owner of its own; kills what is left at the end.
pub(crate) struct Quay {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) owner: OwnerId,
    pub(crate) processes: Processes,
}

impl Quay {
    pub(crate) fn new() -> Self {
        Self::with(1 << 20, 100)
    }

    pub(crate) fn with(max_output: u64, max_children: usize) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let processes = handle(dir.path(), max_output, max_children);
        let owner = OwnerId::from_u128(uuid::Uuid::now_v7().as_u128().rotate_left(64));
        Self { dir, owner, processes }
    }

    pub(crate) fn target(&self, number: u128) -> Target {
        target(self.owner, number)
    }

    pub(crate) fn folder(&self, target: &Target) -> PathBuf {
        self.dir.path().join(target.name.as_str())
    }

    pub(crate) async fn shell(&self, number: u128, script: &str) -> Child {
        self.processes.spawn(shell(self.target(number), script)).await.unwrap()
    }

    pub(crate) async fn inspect(&self, target: &Target) -> Option<Child> {
        self.processes.inspect(target).await.unwrap()
    }

    pub(crate) async fn kill(&self, target: &Target) {
        assert!(self.processes.signal(target, Signal::Kill, PATIENCE).await.unwrap());
    }

    pub(crate) async fn ended(&self, target: &Target) -> Child {
        until("the child ends", async || self.inspect(target).await.filter(|child| !child.running)).await
    }

    pub(crate) async fn output(&self, target: &Target) -> Vec<OutputLine> {
        let (mut lines, mut cursor) = (Vec::new(), Some("0".to_owned()));
        loop {
            let page = self.processes.logs(target, cursor, 4096).await.unwrap();
            if page.lines.is_empty() {
                return lines;
            }
            lines.extend(page.lines);
            cursor = page.next_cursor;
        }
    }

    pub(crate) async fn texts(&self, target: &Target, source: &str) -> Vec<String> {
        let lines = self.output(target).await;
        lines.into_iter().filter(|line| line.source == source).map(|line| line.text).collect()
    }

    /// Waits until the child has said exactly this.
    pub(crate) async fn said(&self, target: &Target, lines: &[&str]) {
        let look = async || (self.texts(target, "stdout").await == lines).then_some(());
        until("the child speaks", look).await;
    }

    /// The one supervisor of this child.
    pub(crate) fn supervisor(&self, target: &Target) -> i32 {
        let [supervisor] = supervisors(&self.folder(target))[..] else { panic!("not one supervisor") };
        supervisor
    }

    /// Waits until this child is the one process that carries our mark; more than one is wrong
    /// at any time. A process that is being executed shows no environment for a moment.
    pub(crate) async fn only(&self, child: &Child) {
        let look = async || {
            let marked = self.marked();
            assert!(marked.len() <= 1, "{marked:?}");
            (marked == [pid_of(child)]).then_some(())
        };
        until("the child is marked", look).await;
    }

    /// Living processes that carry this owner's mark.
    pub(crate) fn marked(&self) -> Vec<i32> {
        let mark = format!("WHARFINGER_OWNER={}", self.owner);
        let carries = |pid: &i32| {
            let block = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            block.split(|&byte| byte == 0).any(|entry| entry == mark.as_bytes()) && lives(*pid)
        };
        pids().into_iter().filter(carries).collect()
    }
}

impl Drop for Quay {
    fn drop(&mut self) {
        for pid in self.marked() {
            let _ = kill_process(Pid::from_raw(pid).unwrap(), Kernel::KILL);
        }
    }
}

pub(crate) fn handle(dir: &Path, max_output: u64, max_children: usize) -> Processes {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_wharfinger"));
    Processes::new(Options { dir: dir.to_path_buf(), program, max_output, max_children }).unwrap()
}

pub(crate) fn target(owner: OwnerId, number: u128) -> Target {
    let instance = InstanceId::from_u128(number);
    Target { name: WorkloadName::of(owner, instance), instance, owner, incarnation: 0, last_known: None }
}

pub(crate) fn request(target: Target, command: &[&str]) -> SpawnRequest {
    SpawnRequest {
        target,
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        environment: Vec::new(),
        pass_environment: vec!["PATH".to_owned()],
        port_variable: None,
    }
}

pub(crate) fn shell(target: Target, script: &str) -> SpawnRequest {
    request(target, &["sh", "-c", script])
}

pub(crate) async fn until<T, F: Future<Output = Option<T>>>(what: &str, look: impl Fn() -> F) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) fn pids() -> Vec<i32> {
    let entries = fs::read_dir("/proc").unwrap();
    entries.filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok()).collect()
}

/// What the table says of a process after its name: state, parent, group, …
pub(crate) fn stat(pid: i32) -> Vec<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.map(str::to_owned).collect()
}

pub(crate) fn lives(pid: i32) -> bool {
    stat(pid).first().is_some_and(|state| state != "Z")
}

/// The supervisors that look after this folder.
pub(crate) fn supervisors(folder: &Path) -> Vec<i32> {
    let folder = folder.canonicalize().unwrap();
    let ours = |pid: &i32| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<_> = line.split(|&byte| byte == 0).collect();
        words.get(1) == Some(&&b"supervise"[..])
            && words.get(2) == Some(&folder.as_os_str().as_encoded_bytes())
            && lives(*pid)
    };
    pids().into_iter().filter(ours).collect()
}

pub(crate) fn pid_of(child: &Child) -> i32 {
    child.id.rsplit('-').nth(1).unwrap().parse().unwrap()
}

pub(crate) fn send(pid: i32, signal: Kernel) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}
