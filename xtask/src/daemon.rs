//! The daemon: built, and run for the length of a command.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::program;
use crate::workspace::Workspace;

/// Builds the daemon and the programs of `examples/`, always the same selection: another one would
/// compile shared libraries anew for other features.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    println!("daemon: building (the first time takes several minutes: wasmtime is large)");
    program::run(workspace, "cargo", &["build", "--release", "--workspace", "--bins"])
}

/// Stopped, with everything it left running, when it is dropped.
pub(crate) struct Daemon {
    child: Child,
    data: PathBuf,
    pub(crate) url: String,
}

impl Daemon {
    /// Starts it with `config/dev.toml` on a free port, its data in a fresh folder below `target/`.
    pub(crate) fn start(workspace: &Workspace) -> Result<Self> {
        let data = workspace.path(format!("target/demo-{}", std::process::id()));
        let mut child = Command::new(workspace.path("target/release/wharfinger"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log-filter", "warn", "--config"])
            .arg(workspace.path("config/dev.toml"))
            .arg("--data-dir")
            .arg(&data)
            .stdout(Stdio::piped())
            .spawn()
            .context("the daemon could not be started")?;
        let output = child.stdout.take().context("the daemon has no output")?;
        let mut daemon = Self { child, data, url: String::new() };
        for line in BufReader::new(output).lines() {
            if let Some(url) = line?.strip_prefix("wharfinger listening on ") {
                url.clone_into(&mut daemon.url);
                return Ok(daemon);
            }
        }
        bail!("the daemon ended before it listened: its complaint is above")
    }

    /// Tells it to stop, and waits until it has drained.
    pub(crate) fn stop(mut self) -> Result<()> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        let status = self.child.wait()?;
        if !status.success() {
            bail!("the daemon did not stop cleanly ({status})");
        }
        Ok(())
    }

    /// Ends every process that belongs to this daemon's data folder: its children outlive it.
    fn end_leftovers(&self) {
        let folder = self.data.as_os_str().as_encoded_bytes();
        let Ok(entries) = fs::read_dir("/proc") else { return };
        for entry in entries.flatten() {
            let pid = entry.file_name().to_str().and_then(|name| name.parse().ok());
            let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) else { continue };
            let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            if command.windows(folder.len()).any(|part| part == folder) {
                // The supervisor's end takes its child's group along.
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            }
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.end_leftovers();
        let _ = fs::remove_dir_all(&self.data);
    }
}
