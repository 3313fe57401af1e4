//! Debian's packages: the one place that installs what a machine lacks, and says so.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// A slow mirror may take its time; a machine without a way out should not keep its user waiting.
const PATIENCE: Duration = Duration::from_secs(600);

/// Installs packages, for `purpose`; an error says why it cannot.
pub(crate) fn install(purpose: &str, packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    if !Path::new("/etc/debian_version").exists() {
        bail!("this is not Debian: {names} cannot be installed by apt-get");
    }
    if !rustix::process::geteuid().is_root() {
        bail!("only root can install the Debian packages {names}");
    }
    println!("{purpose}: installing the Debian packages {names} (apt-get install)");
    let mut install = vec!["install", "--yes", "--no-install-recommends"];
    install.extend(packages);
    // The package lists of a fresh machine or image are empty or old.
    apt_get(&install).or_else(|_| apt_get(&["update"]).and_then(|()| apt_get(&install)))
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    run_for("apt-get", arguments, PATIENCE)
}

/// Runs a command that may wait for the network, and not for ever.
pub(crate) fn run_for(program: &str, arguments: &[&str], patience: Duration) -> Result<()> {
    let mut command = Command::new(program);
    wait_for(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"), patience)
}

/// Runs a command, and not for ever.
pub(crate) fn wait_for(command: &mut Command, patience: Duration) -> Result<()> {
    let words = command.get_args().map(|word| word.to_string_lossy());
    let words: Vec<_> = std::iter::once(command.get_program().to_string_lossy()).chain(words).collect();
    let what = format!("`{}`", words.join(" "));
    let mut child =
        command.stdin(Stdio::null()).spawn().with_context(|| format!("{what} cannot be started"))?;
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return if status.success() { Ok(()) } else { Err(anyhow::anyhow!("{what} failed")) };
        }
        if start.elapsed() > patience {
            child.kill()?;
            child.wait()?;
            bail!("{what} did not end within {} s", patience.as_secs());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}
