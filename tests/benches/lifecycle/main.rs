//! The figures of the lifecycle, each beside its floor, as ratios of one run.
//!
//! ```text
//! cargo xtask bench lifecycle [creates] [reads] [pages] [passes] [starts] [million]
//! ```
//!
//! A disk's rate of `fdatasync` swings by a factor of 30 within an hour, so the floor is measured
//! before and after each figure that writes, and a figure is only as good as the floor beside it.
//! Nothing here fails for being slow: people read it.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints its figures")]

mod calm;
mod creates;
mod fill;
mod floor;
mod pages;
mod passes;
mod reads;
mod report;
mod starts;

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

/// What is measured when nothing is named; `million` takes minutes.
const FIGURES: [&str; 5] = ["creates", "reads", "pages", "passes", "starts"];

fn main() -> Result<()> {
    // `cargo bench` adds this flag.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        // The bench's own children: what is killed, and what starts after it.
        ["fill", dir, records] => return fill::and_die(dir.as_ref(), records.parse()?),
        ["start", dir] => return starts::child(dir.as_ref()),
        _ => {}
    }
    let wanted: Vec<&str> = if words.is_empty() { FIGURES.to_vec() } else { words };
    let root = scratch()?;
    println!("on {}, {} cores", root.display(), std::thread::available_parallelism()?);
    for figure in wanted {
        let dir = root.join(figure);
        match figure {
            "creates" => creates::measure(&dir)?,
            "reads" => reads::measure(&dir)?,
            "pages" => pages::measure(&dir)?,
            "passes" => passes::measure(&dir)?,
            "starts" => starts::measure(&dir, 100_000)?,
            "million" => starts::measure(&dir, 1_000_000)?,
            other => bail!("there is no figure {other:?}: there are {}, million", FIGURES.join(", ")),
        }
    }
    std::fs::remove_dir_all(&root).context("the bench's data cannot be removed")
}

/// On the disk of the build, never in a `/tmp` that may be memory.
fn scratch() -> Result<PathBuf> {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let root = target.join(format!("bench-lifecycle-{}", std::process::id()));
    std::fs::create_dir_all(&root)?;
    Ok(root)
}
