//! Other programs: run them, wait for them, and say which one failed.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process_group};

use crate::workspace::Workspace;

/// What a shell says of a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Runs a program in the workspace's root, its output going where ours goes.
pub(crate) fn run(workspace: &Workspace, program: &str, arguments: &[&str]) -> Result<()> {
    let shown = format!("{program} {}", arguments.join(" "));
    let status = Command::new(program)
        .args(arguments)
        .current_dir(workspace.path(""))
        .status()
        .with_context(|| format!("cannot run `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Runs a command, and not for ever.
pub(crate) fn wait_for(command: &mut Command, patience: Duration) -> Result<()> {
    let child = start(command)?;
    watch(child, &shown(command), patience, Child::kill)
}

/// The same for a command whose children start more of them: when it takes too long, its whole process group
/// is killed, and not npm alone. It can be called once, since there is one handler of Ctrl-C.
pub(crate) fn wait_for_group(command: &mut Command, patience: Duration) -> Result<()> {
    let group = Arc::new(Mutex::new(None));
    let at_ctrl_c = Arc::clone(&group);
    // A terminal sends Ctrl-C to our group and not to theirs, so it is passed on.
    ctrlc::set_handler(move || {
        if let Some(group) = *at_ctrl_c.lock().unwrap_or_else(PoisonError::into_inner) {
            let _ = kill_process_group(group, Signal::INT);
        }
        std::process::exit(INTERRUPTED);
    })?;
    let (child, leader) = {
        // Locked, so that Ctrl-C does not come between a child and its name.
        let mut group = group.lock().unwrap_or_else(PoisonError::into_inner);
        let child = start(command.process_group(0))?;
        let leader = Pid::from_child(&child);
        *group = Some(leader);
        (child, leader)
    };
    let kill = |_: &mut Child| Ok(kill_process_group(leader, Signal::KILL)?);
    let ended = watch(child, &shown(command), patience, kill);
    *group.lock().unwrap_or_else(PoisonError::into_inner) = None;
    ended
}

fn start(command: &mut Command) -> Result<Child> {
    let child = command.stdin(Stdio::null()).spawn();
    child.with_context(|| format!("{} cannot be started", shown(command)))
}

fn shown(command: &Command) -> String {
    let words = command.get_args().map(|word| word.to_string_lossy());
    let words: Vec<_> = std::iter::once(command.get_program().to_string_lossy()).chain(words).collect();
    format!("`{}`", words.join(" "))
}

fn watch(
    mut child: Child,
    what: &str,
    patience: Duration,
    kill: impl FnOnce(&mut Child) -> io::Result<()>,
) -> Result<()> {
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return if status.success() { Ok(()) } else { Err(anyhow::anyhow!("{what} failed")) };
        }
        if start.elapsed() > patience {
            kill(&mut child)?;
            child.wait()?;
            bail!("{what} did not end within {} s", patience.as_secs());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
