//! `plugin bench`: how long a call takes, sandbox and all. A hook's next sandbox may be ready before the call,
//! as it is in the daemon.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;

use super::given::{Given, Plugin};
use super::redaction::redacted;
use super::request::{Question, Surroundings};
use super::{Error, Outcome, Report, answer, fixture};
use crate::domain::format_duration;
use crate::runtime::Telemetry;

/// Calls whose duration is kept.
const MAX_SAMPLES: usize = 10_000_000;

/// See the module.
#[derive(Debug, Args)]
pub struct Bench {
    #[command(flatten)]
    given: Given,
    /// What to ask, as for `run`; the calls of a list take turns. A hook has an example of its own.
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    /// Upstreams answer from this file, as JSON, instead of from a network.
    #[arg(long, value_name = "FILE")]
    upstreams: Option<PathBuf>,
    /// A configuration of the daemon, where templates are found by their name.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How long.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    seconds: u64,
    /// Calls at the same time.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=128))]
    concurrency: u16,
}

impl Bench {
    pub(super) async fn run(self) -> Result<Report, Error> {
        Telemetry { filter: "error".to_owned(), ..Telemetry::default() }.install();
        let script = self.upstreams.as_deref().map(fixture::read).transpose()?;
        let surroundings = Surroundings::of(self.config.as_deref())?;
        let subject = self.given.load(script).await?;
        let hook = matches!(subject.plugin, Plugin::Hook(_));
        let questions = match &self.request {
            Some(file) => surroundings.read(file, None, hook)?,
            None if hook => surroundings.example()?,
            None => return Err(Error::Usage("a provisioner needs --request FILE".to_owned())),
        };
        // The first call pays for pages that are touched the first time.
        let (mut outcome, first) = answer::ask(&subject.plugin, &questions[0]).await;
        let began = Instant::now();
        let end = began + Duration::from_secs(self.seconds);
        let turns = (0..self.concurrency).map(|_| turn(&subject.plugin, &questions, end));
        let turns = futures_util::future::join_all(turns).await;
        let took = began.elapsed();
        let failed: usize = turns.iter().map(|turn| turn.failed).sum();
        let mut samples: Vec<Duration> = turns.into_iter().flat_map(|turn| turn.samples).collect();
        samples.sort_unstable();
        if failed > 0 {
            outcome = Outcome::Failed;
        }
        let (compiling, code) = match &subject.plugin {
            Plugin::Hook(loaded) => (loaded.compiling, loaded.code),
            Plugin::Provisioner(loaded) => (loaded.compiling, loaded.code),
        };
        let mut text = format!(
            "{} calls, {} at a time, in {}: {:.0} calls/s\np50        {}\np90        {}\np99        {}\nmost       {}\n\
             memory     {} KiB of a call at most, of {} KiB allowed\ncompiled   in {}, {} KiB of code, {} KiB of file",
            samples.len(),
            self.concurrency,
            format_duration(Duration::from_secs(took.as_secs())),
            rate(samples.len(), took),
            shown(&samples, 50),
            shown(&samples, 90),
            shown(&samples, 99),
            shown(&samples, 100),
            subject.peak_memory() >> 10,
            subject.limits.memory >> 10,
            format_duration(compiling),
            code >> 10,
            subject.anatomy.size >> 10,
        );
        if failed > 0 {
            let first = redacted(first, &questions[0]);
            text += &format!("\nfailed     {failed}; the first call was answered with {first}");
        }
        subject.finish().await;
        // A denial takes as long as a permission: the figures stand.
        Ok(Report { text, outcome: if outcome == Outcome::Denied { Outcome::Good } else { outcome } })
    }
}

#[derive(Default)]
struct Turn {
    samples: Vec<Duration>,
    failed: usize,
}

async fn turn(plugin: &Plugin, questions: &[Question], end: Instant) -> Turn {
    let mut turn = Turn::default();
    for question in questions.iter().cycle().take(MAX_SAMPLES) {
        let began = Instant::now();
        let (ended, _) = answer::ask(plugin, question).await;
        turn.samples.push(began.elapsed());
        if ended == Outcome::Failed {
            turn.failed += 1;
        }
        if Instant::now() >= end {
            break;
        }
    }
    turn
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn rate(calls: usize, took: Duration) -> f64 {
    calls as f64 / took.as_secs_f64().max(f64::MIN_POSITIVE)
}

/// In microseconds, which is what a call takes.
fn shown(sorted: &[Duration], percent: usize) -> String {
    let last = sorted.len().saturating_sub(1);
    let sample = sorted.get(last * percent / 100).copied().unwrap_or_default();
    format!("{:.1} µs", sample.as_secs_f64() * 1e6)
}
