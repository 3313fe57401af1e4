//! The process table, as `/proc` shows it.
//!
//! A process is identified by its pid and its start time: within one boot the pair never comes
//! back. A zombie is dead: it only waits for its parent. What could not be looked at is an
//! error, never an absence.

use std::fs;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::thread;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, geteuid, pidfd_open, pidfd_send_signal};
use serde::{Deserialize, Serialize};

use super::marks;
use crate::domain::Target;

/// A kernel keeps arguments and environment below this.
const MAX_ENVIRONMENT: u64 = 8 << 20;

/// A process that is being executed shows its environment after so many looks, or it has none.
const LOOKS: u32 = 20;

/// Between two looks at a process that is being executed.
const PAUSE: Duration = Duration::from_millis(2);

/// The flag of a thread of the kernel (`PF_KTHREAD`).
const KERNEL_THREAD: u64 = 0x0020_0000;

/// One process within one boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(super) struct Identity {
    /// Used again after the process ended.
    pub(super) pid: i32,
    /// In clock ticks since the boot.
    pub(super) start: u64,
}

/// A line of the table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process {
    /// Which process.
    pub(super) identity: Identity,
    /// Its parent's pid.
    pub(super) parent: i32,
    /// Its process group.
    pub(super) group: i32,
    /// Ended, but not reaped yet.
    pub(super) dead: bool,
    /// Part of the kernel: it never executed anything.
    pub(super) kernel: bool,
}

/// A living process that carries marks.
#[derive(Debug, Clone)]
pub(super) struct Marked {
    /// Which process.
    pub(super) process: Process,
    /// Whose it is.
    pub(super) target: Target,
    /// The port it was given.
    pub(super) port: Option<u16>,
}

/// Names this boot of this machine.
pub(super) fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// The process of this pid, dead or alive.
pub(super) fn process(pid: i32) -> io::Result<Option<Process>> {
    match read(pid, "stat")? {
        None => Ok(None),
        Some(stat) => parse(pid, &String::from_utf8_lossy(&stat))
            .map(Some)
            .ok_or_else(|| io::Error::other("the process table has an unknown form")),
    }
}

/// Whether exactly this process lives.
pub(super) fn lives(identity: Identity) -> io::Result<bool> {
    Ok(process(identity.pid)?.is_some_and(|process| process.identity == identity && !process.dead))
}

/// Every living process.
pub(super) fn living() -> io::Result<Vec<Process>> {
    let mut processes = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        processes.extend(process(pid)?.filter(|process| !process.dead));
    }
    Ok(processes)
}

/// Those of `processes` that run as this user and carry marks.
///
/// For a moment of its execution a process has neither arguments nor environment. Such a one is
/// looked at until it has.
pub(super) fn marked(processes: &[Process]) -> io::Result<Vec<Marked>> {
    let user = geteuid().as_raw();
    let mut found = Vec::new();
    let mut unread: Vec<Process> = processes.iter().filter(|process| !process.kernel).copied().collect();
    for look in 1..=LOOKS {
        let mut later = Vec::new();
        for process in unread {
            match environment(process.identity.pid, user)? {
                Environment::Foreign => {}
                Environment::NotYet => later.push(process),
                Environment::Block(block) => {
                    found.extend(marks::find(&block).map(|(target, port)| Marked { process, target, port }));
                }
            }
        }
        if later.is_empty() || look == LOOKS {
            break;
        }
        unread = later;
        thread::sleep(PAUSE);
    }
    Ok(found)
}

enum Environment {
    /// Gone, or another user's.
    Foreign,
    /// Being executed, or about to be gone.
    NotYet,
    Block(Vec<u8>),
}

fn environment(pid: i32, user: u32) -> io::Result<Environment> {
    // Another user's process can claim any mark; ours run as we do.
    if present(fs::metadata(format!("/proc/{pid}")))?.is_none_or(|metadata| metadata.uid() != user) {
        return Ok(Environment::Foreign);
    }
    // The arguments first: they are there before the environment is, so that an environment
    // which is empty after arguments were seen stays empty.
    let (Some(arguments), Some(block)) = (read(pid, "cmdline")?, read(pid, "environ")?) else {
        return Ok(Environment::Foreign);
    };
    Ok(if arguments.is_empty() && block.is_empty() { Environment::NotYet } else { Environment::Block(block) })
}

/// A file of a process; none if the process is gone or not ours to look at.
fn read(pid: i32, file: &str) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    let read = fs::File::open(format!("/proc/{pid}/{file}"))
        .and_then(|file| file.take(MAX_ENVIRONMENT).read_to_end(&mut bytes));
    Ok(present(read)?.map(|_| bytes))
}

/// Signals exactly this process; one that ended meanwhile is no failure.
pub(super) fn signal(identity: Identity, signal: Signal) -> io::Result<()> {
    let Some(pid) = Pid::from_raw(identity.pid) else { return Ok(()) };
    // The descriptor names one process for good; that it is the meant one is checked after it
    // was opened.
    let Some(descriptor) = present(pidfd_open(pid, PidfdFlags::empty()).map_err(io::Error::from))? else {
        return Ok(());
    };
    if lives(identity)? {
        present(pidfd_send_signal(descriptor, signal).map_err(io::Error::from))?;
    }
    Ok(())
}

/// None for a process that is gone, or that is none of ours to look at.
pub(super) fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    const ABSENT: [Errno; 4] = [Errno::NOENT, Errno::SRCH, Errno::ACCESS, Errno::PERM];
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if Errno::from_io_error(&error).is_some_and(|errno| ABSENT.contains(&errno)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads `pid (name) state parent group …`; the name may hold anything, parentheses too.
fn parse(pid: i32, stat: &str) -> Option<Process> {
    // Fields as numbered by proc(5); the third is the first after the name.
    let fields: Vec<&str> = stat.get(stat.rfind(')')? + 1..)?.split_whitespace().collect();
    let field = |number: usize| fields.get(number - 3).copied();
    let threads: u32 = field(20)?.parse().ok()?;
    let flags: u64 = field(9)?.parse().ok()?;
    Some(Process {
        identity: Identity { pid, start: field(22)?.parse().ok()? },
        parent: field(4)?.parse().ok()?,
        group: field(5)?.parse().ok()?,
        // A first thread that ended before the others looks like a zombie, and is none.
        dead: matches!(field(3)?, "X" | "x") || (field(3)? == "Z" && threads <= 1),
        kernel: flags & KERNEL_THREAD != 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(state: &str, threads: u32) -> String {
        format!("42 (a) (b c) {state} 7 41 40 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 {threads} 0 175271 3133440")
    }

    #[test]
    fn a_line_of_the_table_is_read_whatever_the_name() {
        let process = parse(42, &line("S", 3)).unwrap();
        assert_eq!(process.identity, Identity { pid: 42, start: 175_271 });
        assert_eq!((process.parent, process.group, process.dead), (7, 41, false));
    }

    #[test]
    fn a_zombie_is_dead_unless_other_threads_live() {
        assert!(parse(42, &line("Z", 1)).unwrap().dead);
        assert!(!parse(42, &line("Z", 2)).unwrap().dead);
        assert!(parse(42, &line("X", 1)).unwrap().dead);
    }

    #[test]
    fn a_reused_pid_is_another_process() {
        let me = process(i32::try_from(std::process::id()).unwrap()).unwrap().unwrap().identity;
        assert!(lives(me).unwrap());
        assert!(!lives(Identity { start: me.start + 1, ..me }).unwrap());
    }
}
