//! Debian's packages: the one place that installs what a machine lacks, and says so.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::program;

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
    let mut command = Command::new("apt-get");
    program::wait_for(command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"), PATIENCE)
}
