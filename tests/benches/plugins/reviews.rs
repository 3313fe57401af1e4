//! One hook review in a fresh sandbox, beside the same rule in other hosts.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::task::JoinSet;

use crate::bare::Bare;
use crate::extism;
use crate::native;
use crate::ours::{self, Ours};
use crate::report::{Samples, heading, line, ratio};
use crate::request;

/// The hosts take turns, so that a slow moment of the machine is everybody's.
const BLOCKS: usize = 40;
const CALLS: usize = 250;
/// Of a hook in another language.
const OTHER_CALLS: usize = 500;
/// Between two calls, as between two requests: others ran meanwhile, and the processor forgot.
const PAUSE: Duration = Duration::from_millis(1);
const PAUSED_CALLS: usize = 1_000;

pub(crate) async fn measure() -> Result<()> {
    heading("one review by the hook `naming`, its sandbox made for it");
    let ours = Arc::new(Ours::start().await?);
    let bare = Arc::new(Bare::new(&ours.plugin, &request::native()).map_err(readable)?);
    // On a worker, where the daemon's own calls are made.
    let mut worker = JoinSet::new();
    worker.spawn(async move {
        let (review, call) = (request::review(), request::native());
        let [mut of_native, mut of_bare, mut of_ours] = [(); 3].map(|()| Samples::default());
        for block in 0..=BLOCKS {
            let [mut natives, mut bares, mut ourses] = [(); 3].map(|()| Samples::default());
            for _ in 0..CALLS {
                let begun = Instant::now();
                native::review(&call)?;
                natives.add(begun.elapsed());
            }
            for _ in 0..CALLS {
                let begun = Instant::now();
                bare.review().await.map_err(readable)?;
                bares.add(begun.elapsed());
            }
            for _ in 0..CALLS {
                let begun = Instant::now();
                ours.review(&review).await?;
                ourses.add(begun.elapsed());
            }
            // The first block warms.
            if block > 0 {
                of_native.extend(natives);
                of_bare.extend(bares);
                of_ours.extend(ourses);
            }
        }
        let [mut paused_bare, mut paused_ours] = [(); 2].map(|()| Samples::default());
        for _ in 0..PAUSED_CALLS {
            tokio::time::sleep(PAUSE).await;
            let begun = Instant::now();
            bare.review().await.map_err(readable)?;
            paused_bare.add(begun.elapsed());
            tokio::time::sleep(PAUSE).await;
            let begun = Instant::now();
            ours.review(&review).await?;
            paused_ours.add(begun.elapsed());
        }
        let mut of_others = Vec::new();
        for (name, hook) in &ours.others {
            let mut samples = Samples::default();
            for _ in 0..OTHER_CALLS {
                let begun = Instant::now();
                ours::review(hook.as_ref(), &review).await?;
                samples.add(begun.elapsed());
            }
            of_others.push((name.clone(), samples));
        }
        anyhow::Ok((of_native, of_bare, of_ours, (paused_bare, paused_ours), of_others))
    });
    let (mut native, mut bare, mut ours, (mut paused_bare, mut paused_ours), others) =
        worker.join_next().await.context("the task was just spawned")???;
    println!("  {} calls of each, in turns", ours.len());
    let ours_p50 = ours.percentile(50);
    let row = |name: &str, p50: Duration, p99: Duration, beside: &str| {
        line(name, format!("{p50:.1?}"), format!("p99 {p99:.1?}, {beside}"));
    };
    let against = |p50: Duration| format!("ours is {}", ratio(ours_p50, p50));
    row("native", native.percentile(50), native.percentile(99), &against(native.percentile(50)));
    let beside = format!("{} (goal: at most 1.3 x)", against(bare.percentile(50)));
    row("bare wasmtime, pooling", bare.percentile(50), bare.percentile(99), &beside);
    row("ours", ours_p50, ours.percentile(99), "every limit, turn, deadline and metric included");
    let paused = paused_ours.percentile(50);
    let beside = format!("ours is {}", ratio(paused, paused_bare.percentile(50)));
    row("bare, after a pause", paused_bare.percentile(50), paused_bare.percentile(99), &beside);
    row("ours, after a pause", paused, paused_ours.percentile(99), "as the first hook of a request");
    for (name, mut samples) in others {
        let beside = format!("{} of ours", ratio(samples.percentile(50), ours_p50));
        row(&format!("ours, {name}"), samples.percentile(50), samples.percentile(99), &beside);
    }
    let Some(rows) = extism::measure(BLOCKS * CALLS / 4)? else {
        println!("  Extism is not built: `cargo xtask bench plugins --extism` builds it (some minutes)");
        return Ok(());
    };
    for (number, other) in rows.into_iter().enumerate() {
        let goal = if number == 0 { " (goal: at least 5 x)" } else { "" };
        let beside = format!("{} of ours{goal}", ratio(other.p50, ours_p50));
        row(&format!("Extism, {}", other.name), other.p50, other.p99, &beside);
    }
    Ok(())
}

fn readable(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:#}")
}
