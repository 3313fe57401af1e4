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
/// Before the first swap, and between two.
const CALM: Duration = Duration::from_secs(1);
/// How long a swap is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
/// Swaps of each kind.
const SWAPS: usize = 3;
/// Answers that wait to be looked at.
const BACKLOG: usize = 10_000;

/// What became of one request.
struct Answered {
    at: Instant,
    took: Duration,
    /// The digest, or what went wrong.
    outcome: Result<String>,
}

/// What came of all of them.
struct Tally {
    answered: mpsc::Receiver<Answered>,
    asked: usize,
    failures: Vec<anyhow::Error>,
}

impl Tally {
    /// The next answer's end and digest, unless it failed.
    async fn next(&mut self, samples: &mut Samples) -> Result<Option<(Instant, String)>> {
        let answer = self.answered.recv().await.context("the load ended")?;
        self.asked += 1;
        samples.add(answer.took);
        match answer.outcome {
            Ok(digest) => return Ok(Some((answer.at, digest))),
            Err(error) => self.failures.push(error),
        }
        Ok(None)
    }
}

pub(crate) async fn measure() -> Result<()> {
    heading("a swap under 1,000 reviews a second");
    let daemon = Arc::new(TestDaemon::builder().local().hook(&ours::table("naming", "naming")).start().await);
    let file = daemon.dir().join("plugins/naming.wasm");
    let first = fs::read(&file)?;
    let (answers, answered) = mpsc::channel(BACKLOG);
    let stop = Arc::new(AtomicBool::new(false));
    let mut loader = JoinSet::new();
    loader.spawn(load(daemon.clone(), load::client()?, answers, stop.clone()));
    let mut tally = Tally { answered, asked: 0, failures: Vec::new() };
    let (mut calm, mut swapping) = (Samples::default(), Samples::default());
    let [mut compiled, mut cached] = [Samples::default(), Samples::default()];
    for number in 0..SWAPS {
        // A build nobody has seen, and back to one that was compiled before.
        let another = build::another(&file, number)?;
        for (bytes, times) in [(&another, &mut compiled), (&first, &mut cached)] {
            let begun = Instant::now();
            while begun.elapsed() < CALM {
                tally.next(&mut calm).await?;
            }
            let expected = build::digest(bytes);
            let temporary = file.with_file_name(".naming.wasm.tmp");
            fs::write(&temporary, bytes)?;
            fs::rename(&temporary, &file)?;
            let renamed = Instant::now();
            loop {
                match tally.next(&mut swapping).await? {
                    Some((at, digest)) if digest == expected => {
                        times.add(at.saturating_duration_since(renamed));
                        break;
                    }
                    _ => ensure!(renamed.elapsed() < PATIENCE, "no new generation\n{}", daemon.log()),
                }
            }
        }
    }
    stop.store(true, Ordering::Relaxed);
    let Tally { answered, asked, failures } = tally;
    drop(answered);
    loader.join_next().await.context("the load was spawned")???;

    line("failures", failures.len(), format!("of {asked} reviews, {} swaps (goal: 0)", 2 * SWAPS));
    if let Some(failure) = failures.first() {
        line("the first of them", "", format!("{failure:#}"));
    }
    let row = |name: &str, times: &mut Samples, goal: &str| {
        let (median, worst) = (times.percentile(50), times.percentile(100));
        line(name, format!("{worst:.0?}"), format!("the slowest; median {median:.0?} (goal: {goal})"));
    };
    row("rename → serving, never seen before", &mut compiled, "at most 1 s");
    row("rename → serving, compiled before", &mut cached, "at most 300 ms");
    let before = calm.percentile(99);
    line(
        "a review, p99 until the swap is done",
        format!("{:.1?}", swapping.percentile(99)),
        format!("{before:.1?} in between"),
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
