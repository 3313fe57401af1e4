//! What a pass over many healthy instances costs.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use wharfinger::domain::PhaseKind;
use wharfinger::runtime::{Activator, Clock};

use crate::report::{Samples, heading, line};
use crate::{calm, fill};

const RECORDS: u64 = 100_000;
const ROUNDS: u32 = 200;

pub(crate) fn measure(dir: &Path) -> Result<()> {
    heading(&format!("a full pass over {RECORDS} healthy instances, none of them due"));
    fill::fill(dir, RECORDS)?;
    let bell = Activator::new();
    let clock: Arc<dyn Clock> = Arc::new(calm::StillClock(calm::clock().now()));
    let lifecycle = calm::open(dir, &clock, &bell)?;
    anyhow::ensure!(lifecycle.phases().get(&PhaseKind::Running) == Some(&usize::try_from(RECORDS)?));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let reconciler = calm::reconciler(&lifecycle, clock, &bell);
    let mut samples = Samples::default();
    // Of all rounds together: the kernel counts CPU time in ticks of some milliseconds.
    let before = cpu()?;
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        lifecycle.schedule_forgotten(Duration::from_secs(3_600));
        runtime.block_on(reconciler.pass());
        samples.add(begun.elapsed());
    }
    let used = cpu()?.saturating_sub(before) / ROUNDS;
    line("CPU", format!("{used:.1?}"), "mean; goal: at most 100 ms".to_owned());
    line("p50 / p99", format!("{:.1?}", samples.percentile(50)), format!("{:.1?}", samples.percentile(99)));
    Ok(())
}

/// CPU time of this thread, on which the pass runs.
fn cpu() -> Result<Duration> {
    let schedstat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = schedstat.split_whitespace().next().context("schedstat is empty")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}
