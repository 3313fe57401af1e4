//! A start after a kill: time until every record is planned, and memory then.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use wharfinger::runtime::Activator;

use crate::calm;
use crate::report::{heading, line};

/// Starts that are timed; the first one reads a cold file.
const STARTS: usize = 3;

pub(crate) fn measure(dir: &Path, records: u64) -> Result<()> {
    heading(&format!("a start after a kill, {records} records, store and first pass alone"));
    let program = std::env::current_exe()?;
    let words = [dir.to_string_lossy().into_owned(), records.to_string()];
    let begun = Instant::now();
    let filled = Command::new(&program).arg("fill").args(&words).stdin(Stdio::null()).status()?;
    ensure!(!filled.success(), "the filling process was to be killed");
    line("filled and killed after", format!("{:.1?}", begun.elapsed()), size(dir)?);
    for number in 1..=STARTS {
        let output = Command::new(&program).arg("start").arg(dir).stdin(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let (took, memory) = said.trim().split_once(' ').with_context(|| {
            format!("the start failed: {said}{}", String::from_utf8_lossy(&output.stderr))
        })?;
        let goal = if records > 100_000 { "goal: at most 3 s" } else { "goal: at most 1 s and 400 MiB" };
        line(&format!("start {number}"), format!("{took} ms"), format!("{memory} MiB resident, {goal}"));
    }
    Ok(())
}

/// Starts as the daemon does, says how long it took, and is killed, too.
pub(crate) fn child(dir: &Path) -> Result<()> {
    let begun = Instant::now();
    let bell = Activator::new();
    let lifecycle = calm::open(dir, &calm::clock(), &bell)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let reconciler = calm::reconciler(&lifecycle, calm::clock(), &bell);
    runtime.block_on(reconciler.pass());
    println!("{} {}", begun.elapsed().as_millis(), resident()?);
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)?;
    Ok(())
}

/// Resident memory in MiB.
fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").trim().parse::<u64>()? / 1_024)
}

fn size(dir: &Path) -> Result<String> {
    let bytes = std::fs::metadata(dir.join("wharfinger.redb"))?.len();
    Ok(format!("{} MiB on the disk", bytes >> 20))
}
