//! The figures of the plugin platform, as ratios of one run.
//!
//! ```text
//! cargo xtask bench plugins [reviews] [creates] [swap] [restart] [hostile]
//! ```
//!
//! `reviews` asks one hook in four hosts: natively, in bare wasmtime, in ours, and in Extism (a program of
//! its own, `benches/extism`, which `--extism` builds). The others ask a daemon from outside, over HTTP, as
//! its users do. Nothing here fails for being slow: people read it, and the goals stand beside the figures.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints its figures")]

mod bare;
mod build;
mod creates;
mod extism;
mod hostile;
mod load;
mod native;
mod ours;
#[path = "../lifecycle/report.rs"]
mod report;
mod request;
mod restart;
mod reviews;
mod swap;

use anyhow::{Result, bail};

const FIGURES: [&str; 5] = ["reviews", "creates", "swap", "restart", "hostile"];

fn main() -> Result<()> {
    // `cargo bench` adds this flag.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let wanted: Vec<&str> = if words.is_empty() { FIGURES.to_vec() } else { words };
    println!("{} cores", std::thread::available_parallelism()?);
    // As the daemon has it: calls of plugins are tasks of its workers.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for figure in wanted {
        match figure {
            "reviews" => runtime.block_on(reviews::measure())?,
            "creates" => runtime.block_on(creates::measure())?,
            "swap" => runtime.block_on(swap::measure())?,
            "restart" => runtime.block_on(restart::measure())?,
            "hostile" => runtime.block_on(hostile::measure())?,
            other => bail!("there is no figure {other:?}: there are {}", FIGURES.join(", ")),
        }
    }
    Ok(())
}
