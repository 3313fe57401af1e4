//! Durable creates a second, beside what the same disk gives for batches of the same bytes.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;
use wharfinger::domain::{InstanceId, Secrets};
use wharfinger::lifecycle::Lifecycle;
use wharfinger::runtime::Activator;

use crate::report::{Samples, heading, line};
use crate::{calm, floor};

const WRITERS: usize = 64;
const LONG_ENOUGH: Duration = Duration::from_secs(5);
/// What a record, its status and its event are on the disk together.
const RECORD: usize = 2_048;

pub(crate) fn measure(dir: &Path) -> Result<()> {
    heading(&format!("durable creates, {WRITERS} concurrent writers"));
    floor::print("before", dir)?;
    let batches = floor::batches(dir, WRITERS, RECORD)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let lifecycle = calm::open(&dir.join("data"), &calm::clock(), &Activator::new())?;
    let (begun, mut samples) = (Instant::now(), Samples::default());
    runtime.block_on(async {
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            writers.spawn(create(lifecycle.clone(), writer, begun));
        }
        while let Some(done) = writers.join_next().await {
            samples.extend(done??);
        }
        anyhow::Ok(())
    })?;
    let rate = samples.len() as f64 / begun.elapsed().as_secs_f64();
    let after = floor::batches(dir, WRITERS, RECORD)?;
    floor::print("after", dir)?;
    let disk = f64::midpoint(batches, after) * WRITERS as f64;
    line(
        "creates",
        format!("{rate:.0}/s"),
        format!("{:.2} of the disk's {disk:.0}/s in fsynced batches of {WRITERS}", rate / disk),
    );
    line(
        "p50 / p99 of a create",
        format!("{:.1?}", samples.percentile(50)),
        format!("{:.1?}", samples.percentile(99)),
    );
    Ok(())
}

async fn create(lifecycle: Lifecycle, writer: usize, begun: Instant) -> Result<Samples> {
    let mut samples = Samples::default();
    for number in 0_u64.. {
        if begun.elapsed() > LONG_ENOUGH {
            break;
        }
        let id = InstanceId::from_u128((u128::from(number) << 64) | writer as u128);
        let spec = Arc::new(calm::spec(&format!("w{writer}-{number}")));
        let asked = Instant::now();
        lifecycle.accept(id, spec, Secrets::default()).await?;
        samples.add(asked.elapsed());
    }
    Ok(samples)
}
