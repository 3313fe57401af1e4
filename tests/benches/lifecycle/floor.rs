//! What the disk and the network give to anybody.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::report::line;

const BLOCK: usize = 4_096;
const LONG_ENOUGH: Duration = Duration::from_millis(1_500);

/// How often a second this disk makes 4 KiB durable, one after the other.
pub(crate) fn syncs(dir: &Path) -> Result<f64> {
    let file = file(dir)?;
    rate(|| {
        file.write_all_at(&[7; BLOCK], 0)?;
        Ok(file.sync_data()?)
    })
}

/// How often a second this disk makes a batch of `records` of `bytes` each durable.
pub(crate) fn batches(dir: &Path, records: usize, bytes: usize) -> Result<f64> {
    let file = file(dir)?;
    let batch = vec![7; records * bytes];
    rate(|| {
        file.write_all_at(&batch, 0)?;
        Ok(file.sync_data()?)
    })
}

/// Prints the floor; called before and after each figure that writes.
pub(crate) fn print(when: &str, dir: &Path) -> Result<f64> {
    let syncs = syncs(dir)?;
    line(&format!("floor {when}"), format!("{syncs:.0}/s"), "fdatasync of 4 KiB");
    Ok(syncs)
}

fn file(dir: &Path) -> Result<File> {
    std::fs::create_dir_all(dir)?;
    let path = dir.join("floor");
    let mut file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(path)?;
    // Overwritten blocks, as a database's: a growing file would pay for its growth.
    file.write_all(&vec![0; 4 << 20])?;
    file.sync_all()?;
    Ok(file)
}

fn rate(mut once: impl FnMut() -> Result<()>) -> Result<f64> {
    let (begun, mut times) = (Instant::now(), 0_u32);
    while begun.elapsed() < LONG_ENOUGH {
        once()?;
        times += 1;
    }
    Ok(f64::from(times) / begun.elapsed().as_secs_f64())
}
