//! The process as the kernel sees it: `/proc`. What cannot be read is left out.

use std::fs;
use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Unit;

use super::catalogue::{Catalogue, gauge};
use crate::domain::Timestamp;

/// Ticks of a second in `/proc/self/stat`: a part of the kernel's ABI on all machines this runs on.
const TICKS: f64 = 100.0;

/// What is known of this process, which began at `started`.
pub(super) fn readings(started: Timestamp) -> Catalogue {
    let mut catalogue = Catalogue::new("process");
    let (seconds, bytes) = (Some(Unit::Seconds), Some(Unit::Bytes));
    let began = Gauge::<f64, AtomicU64>::default();
    #[expect(clippy::cast_precision_loss, reason = "exact for some hundred thousand years")]
    began.set(started.0 as f64 / 1_000.0);
    let help = "When the daemon began, in Unix time";
    catalogue.reading("start_time", seconds.clone(), "gauge", help, Some(began));
    let used = processor_time().map(|used| {
        let counter = Counter::<f64, AtomicU64>::default();
        counter.inc_by(used);
        counter
    });
    catalogue.reading("cpu", seconds, "counter", "Processor time that was used", used);
    let resident = resident_memory().map(gauge);
    catalogue.reading("resident_memory", bytes, "gauge", "Memory that is resident", resident);
    catalogue.reading("open_fds", None, "gauge", "Open file descriptors", open_files().map(gauge));
    let help = "File descriptors that may be open";
    catalogue.reading("max_fds", None, "gauge", help, most_files().map(gauge));
    catalogue
}

/// Of all threads, in user and kernel mode.
fn processor_time() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is the name in parentheses, which may hold anything: fields 14 and 15 are
    // the 12th and 13th after it (proc_pid_stat(5)).
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let kernel: f64 = fields.next()?.parse().ok()?;
    Some((user + kernel) / TICKS)
}

fn resident_memory() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes << 10)
}

fn open_files() -> Option<u64> {
    let count = fs::read_dir("/proc/self/fd").ok()?.count();
    // One of them is the directory that is read.
    u64::try_from(count.saturating_sub(1)).ok()
}

fn most_files() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}
