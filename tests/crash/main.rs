//! The crash test, from a command line: `cargo xtask crash --rounds N [--seed S]`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line talks to its user")]

use std::process::ExitCode;

use wharfinger_tests::crash::{Kind, Plan, Report, run};

const USAGE: &str = "usage: crash [--rounds N] [--seed S]";
/// What CI does.
const ROUNDS: u32 = 200;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some(plan) = plan(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(64);
    };
    println!("crash: {} rounds, seed {}", plan.rounds, plan.seed);
    let report = run(plan, |line| println!("  {line}")).await;
    tell(&report);
    match &report.wrong {
        None => ExitCode::SUCCESS,
        Some((wrong, data)) => {
            eprintln!("WRONG: {wrong}\nseed {}; its data and its log are in {}", plan.seed, data.display());
            ExitCode::FAILURE
        }
    }
}

fn plan(arguments: &[String]) -> Option<Plan> {
    let mut plan = Plan { rounds: ROUNDS, seed: fastrand::u64(..) };
    for pair in arguments.chunks(2) {
        match pair {
            [flag, value] if flag == "--rounds" => plan.rounds = value.parse().ok()?,
            [flag, value] if flag == "--seed" => plan.seed = value.parse().ok()?,
            _ => return None,
        }
    }
    Some(plan)
}

fn tell(report: &Report) {
    let count = |kind| u32::from(report.wrong.as_ref().is_some_and(|(wrong, _)| wrong.kind == kind));
    println!(
        "{} rounds ({} struck a start, {} servers killed beside) · accepted {} · unanswered {} · events {}",
        report.rounds,
        report.in_start_up,
        report.servers_killed,
        report.accepted,
        report.unanswered,
        report.events
    );
    println!(
        "lost {} · duplicate {} · orphan {} · otherwise wrong {}",
        count(Kind::Lost),
        count(Kind::Duplicate),
        count(Kind::Orphan),
        u32::from(report.wrong.is_some()) - count(Kind::Lost) - count(Kind::Duplicate) - count(Kind::Orphan)
    );
    println!(
        "from the kill to rest, {} times: p50 {:.1?} · p99 {:.1?} · max {:.1?}",
        report.rests.len(),
        report.rest(50),
        report.rest(99),
        report.rest(100)
    );
}
