//! The processes a test's daemon started, found without its help.
//!
//! The local provisioner's supervisors and workloads outlive the daemon by design, so a
//! test must find them itself. A process belongs to a test when the path of the test's
//! directory is in its command line (a supervisor) or in its environment (a workload has
//! the directory's `TMPDIR`), when it is in the session of such a one, or its child. Linux only: it
//! reads `/proc`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Signal, getpid, getsid, kill_process};

/// Killing can race with forking; after so many rounds something is badly wrong.
const ROUNDS: u32 = 100;

/// A living process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its command line.
    pub command: Vec<String>,
    /// Its environment at its start.
    pub environment: BTreeMap<String, String>,
}

struct Seen {
    process: Process,
    parent: i32,
    session: i32,
}

/// All processes that belong to `dir`, except this one.
pub(super) fn of(dir: &Path) -> Vec<Process> {
    let mark = dir.to_string_lossy().into_owned();
    let own = getpid().as_raw_nonzero().get();
    let own_session = getsid(None).map_or(0, |session| session.as_raw_nonzero().get());
    let all = processes();
    let mut found: BTreeSet<i32> =
        all.iter().filter(|(_, seen)| seen.process.carries(&mark)).map(|(pid, _)| *pid).collect();
    // Children can be in sessions of their own and start others there: go on until none is new.
    loop {
        let sessions: BTreeSet<i32> =
            found.iter().filter_map(|pid| all.get(pid)).map(|seen| seen.session).collect();
        let before = found.len();
        for (pid, seen) in &all {
            let same_session = seen.session != own_session && sessions.contains(&seen.session);
            if same_session || found.contains(&seen.parent) {
                found.insert(*pid);
            }
        }
        if found.len() == before {
            break;
        }
    }
    found.remove(&own);
    all.into_iter().filter(|(pid, _)| found.contains(pid)).map(|(_, seen)| seen.process).collect()
}

/// Kills them all, and again until none is left.
pub(super) fn kill(dir: &Path) {
    for _ in 0..ROUNDS {
        let left = of(dir);
        if left.is_empty() {
            return;
        }
        for process in left {
            if let Some(pid) = i32::try_from(process.pid).ok().and_then(Pid::from_raw) {
                // It may have ended since it was seen.
                let _ = kill_process(pid, Signal::KILL);
            }
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Process {
    fn carries(&self, mark: &str) -> bool {
        self.command.iter().any(|word| word.contains(mark))
            || self.environment.values().any(|value| value.contains(mark))
    }
}

fn processes() -> BTreeMap<i32, Seen> {
    let Ok(entries) = fs::read_dir("/proc") else { return BTreeMap::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid: i32| Some((pid, see(pid)?)))
        .collect()
}

/// `None` for a process that is gone, a zombie, or somebody else's.
fn see(pid: i32) -> Option<Seen> {
    let words = |file: &str| -> Option<Vec<String>> {
        let bytes = fs::read(format!("/proc/{pid}/{file}")).ok()?;
        let words = bytes.split(|byte| *byte == 0).filter(|word| !word.is_empty());
        Some(words.map(|word| String::from_utf8_lossy(word).into_owned()).collect())
    };
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name is in parentheses and may hold anything; the fields after it are numbers.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if fields.next()? == "Z" {
        return None;
    }
    let parent = fields.next()?.parse().ok()?;
    let session = fields.nth(1)?.parse().ok()?;
    let environment = words("environ")?
        .into_iter()
        .filter_map(|pair| pair.split_once('=').map(|(key, value)| (key.to_owned(), value.to_owned())))
        .collect();
    let process = Process { pid: pid.try_into().ok()?, command: words("cmdline")?, environment };
    Some(Seen { process, parent, session })
}
