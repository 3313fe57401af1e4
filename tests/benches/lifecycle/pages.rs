//! Is a page of the list as quick among many records as among few?

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use wharfinger::domain::Query;
use wharfinger::lifecycle::Lifecycle;
use wharfinger::runtime::Activator;

use crate::report::{Samples, heading, line, ratio};
use crate::{calm, fill};

const ROUNDS: usize = 400;
const LIMIT: usize = 50;

pub(crate) fn measure(dir: &Path) -> Result<()> {
    heading(&format!("a page of {LIMIT}"));
    let (few, many) = (prepare(&dir.join("few"), 1_000)?, prepare(&dir.join("many"), 100_000)?);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (mut among_few, mut among_many) = (Samples::default(), Samples::default());
    // In turns, so that both see the same machine.
    for _ in 0..ROUNDS {
        among_few.add(runtime.block_on(page(&few, 500))?);
        among_many.add(runtime.block_on(page(&many, 50_000))?);
    }
    let (few, many) = (among_few.percentile(50), among_many.percentile(50));
    line("p50 among 1,000 / p99", format!("{few:.1?}"), format!("{:.1?}", among_few.percentile(99)));
    line("p50 among 100,000 / p99", format!("{many:.1?}"), format!("{:.1?}", among_many.percentile(99)));
    line("100,000 beside 1,000", ratio(many, few), "goal: at most 1.20 x");
    Ok(())
}

fn prepare(dir: &Path, records: u64) -> Result<Lifecycle> {
    fill::fill(dir, records)?;
    calm::open(dir, &calm::clock(), &Activator::new())
}

/// One page from the middle.
async fn page(lifecycle: &Lifecycle, middle: u64) -> Result<std::time::Duration> {
    let after = wharfinger::domain::InstanceId::from_u128(u128::from(middle) << 64);
    let asked = Instant::now();
    let page = lifecycle.list(Query { limit: LIMIT, after: Some(after), ..Query::default() }).await?;
    let took = asked.elapsed();
    anyhow::ensure!(page.instances.len() == LIMIT, "the page is not full");
    Ok(took)
}
