//! A plugin's file is replaced while 1,000 reviews a second are asked for.
//!
//! The load is an open loop: a request is sent when it is due, whether or not the last one was answered, so
//! that a daemon that stands still is seen. A new generation serves from the first answer that carries the
//! new file's digest.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use reqwest::{Client, StatusCode};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use wharfinger_tests::daemon::TestDaemon;

use crate::report::{Samples, heading, line};
use crate::{build, load, ours};

const INTERVAL: Duration = Duration::from_millis(1);
const BEFORE: Duration = Duration::from_secs(2);
/// How long a swap is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// Swaps of each kind.
const SWAPS: usize = 3;
/// Answers whose requests wait to be looked at.
const BACKLOG: usize = 10_000;

/// What became of one request.
struct Answered {
    at: Instant,
    took: Duration,
    /// The digest, or what went wrong.
    outcome: Result<String>,
}

pub(crate) async fn measure() -> Result<()> {
    heading("a swap under 1,000 reviews a second");
    let daemon = Arc::new(TestDaemon::builder().local().hook(&ours::table("naming", "naming")).start().await);
    let file = daemon.dir().join("plugins/naming.wasm");
    let first = fs::read(&file)?;
    let client = load::client()?;
    let (_, _, answer) = load::dry_run(&client, &daemon).await?;
    let mut serving = load::digest(&answer)?.to_owned();

    let (answers, mut answered) = mpsc::channel(BACKLOG);
    let stop = Arc::new(AtomicBool::new(false));
    let mut loader = JoinSet::new();
    loader.spawn(load(daemon.clone(), client, answers, stop.clone()));
    let (mut calm, mut swapping, mut failures, mut asked) =
        (Samples::default(), Samples::default(), Vec::new(), 0_usize);
    let begun = Instant::now();
    while begun.elapsed() < BEFORE {
        let answer = answered.recv().await.context("the load ended")?;
        calm.add(answer.took);
    }

    let mut times = [Vec::new(), Vec::new()];
    for number in 0..SWAPS {
        // A build nobody has seen, and back to one that was compiled before.
        for (kind, bytes) in [build::another(&file, number)?, first.clone()].into_iter().enumerate() {
            let temporary = file.with_file_name(".naming.wasm.tmp");
            fs::write(&temporary, bytes)?;
            fs::rename(&temporary, &file)?;
            let renamed = Instant::now();
            loop {
                let answer = answered.recv().await.context("the load ended")?;
                asked += 1;
                swapping.add(answer.took);
                match answer.outcome {
                    Ok(digest) if digest != serving => {
                        serving = digest;
                        times[kind].push(answer.at.saturating_duration_since(renamed));
                        break;
                    }
                    Ok(_) => {}
                    Err(error) => failures.push(error),
                }
                ensure!(renamed.elapsed() < PATIENCE, "no new generation\n{}", daemon.log());
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    drop(answered);
    loader.join_next().await.context("the load was spawned")???;

    let worst = |times: &[Duration]| times.iter().max().copied().unwrap_or_default();
    let all =
        |times: &[Duration]| times.iter().map(|time| format!("{time:.0?}")).collect::<Vec<_>>().join(", ");
    line("failures", failures.len(), format!("of {asked} reviews in {} swaps (goal: 0)", 2 * SWAPS));
    if let Some(failure) = failures.first() {
        line("the first of them", "", format!("{failure:#}"));
    }
    let [compiled, cached] = &times;
    line(
        "rename → serving, never seen before",
        format!("{:.0?}", worst(compiled)),
        format!("{} (goal: at most 1 s)", all(compiled)),
    );
    line(
        "rename → serving, compiled before",
        format!("{:.0?}", worst(cached)),
        format!("{} (goal: at most 300 ms)", all(cached)),
    );
    line(
        "a review, p99 while swapping",
        format!("{:.1?}", swapping.percentile(99)),
        format!("{:.1?} before", calm.percentile(99)),
    );
    Ok(())
}

/// Asks every millisecond, until it is told to stop.
async fn load(
    daemon: Arc<TestDaemon>,
    client: Client,
    answers: mpsc::Sender<Answered>,
    stop: Arc<AtomicBool>,
) -> Result<()> {
    let mut due = tokio::time::interval(INTERVAL);
    due.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut under_way = JoinSet::new();
    while !stop.load(Ordering::Relaxed) {
        due.tick().await;
        while under_way.try_join_next().is_some() {}
        let (daemon, client, answers) = (daemon.clone(), client.clone(), answers.clone());
        under_way.spawn(async move {
            let begun = Instant::now();
            let outcome = review(&client, &daemon).await;
            let answer = Answered { at: Instant::now(), took: begun.elapsed(), outcome };
            // The bench may have seen enough.
            let _ = answers.send(answer).await;
        });
    }
    under_way.join_all().await;
    Ok(())
}

async fn review(client: &Client, daemon: &TestDaemon) -> Result<String> {
    let (_, status, answer) = load::dry_run(client, daemon).await?;
    ensure!(status == StatusCode::OK, "{status}: {answer}");
    Ok(load::digest(&answer)?.to_owned())
}
