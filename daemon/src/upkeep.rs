//! `wharfinger backup`, `restore` and `fsck`: what an operator does with a whole database.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::control;
use crate::runtime::{Clock as _, SystemClock};
use crate::store::{self, Findings, Options};

/// Copies the database into `to`; a daemon that runs on it does it itself. Says what was copied.
pub fn backup(options: &Options, to: &Path, replace: bool) -> Result<String> {
    // The daemon works elsewhere.
    let to = std::path::absolute(to).with_context(|| format!("{} is no path", to.display()))?;
    let backup = match store::backup(options, &to, replace) {
        Err(store::Error::InUse { .. }) => control::backup(&options.data_dir, &to, replace)?,
        made => made?,
    };
    Ok(format!("{} holds {} records in {} bytes", to.display(), backup.records, backup.bytes))
}

/// Puts the backup `from` in the place of the database. Says what is there now, and what is odd
/// about it.
pub fn restore(options: &Options, from: &Path, replace: bool) -> Result<String> {
    let restored = store::restore(options, from, replace, SystemClock.now())?;
    let records = restored.findings.records();
    let mut told = format!("{} is restored: {records} records", options.data_dir.display());
    if let Some(replaced) = restored.replaced {
        write!(told, "; the database that was there is {} now", replaced.display())?;
    }
    for trouble in troubles(&restored.findings) {
        write!(told, "\n{trouble}")?;
    }
    Ok(told)
}

/// Checks the database: what was found, and all that is wrong.
pub fn fsck(options: &Options) -> Result<(String, Vec<String>)> {
    let findings = store::fsck(options)?;
    let rows: Vec<String> = findings.rows.iter().map(|(table, rows)| format!("{table} {rows}")).collect();
    let told = format!("format {}: {}", findings.format, rows.join(", "));
    Ok((told, troubles(&findings)))
}

fn troubles(findings: &Findings) -> Vec<String> {
    let mut troubles: Vec<String> = findings.broken.iter().chain(&findings.troubles).cloned().collect();
    if findings.more > 0 {
        troubles.push(format!("and {} more", findings.more));
    }
    troubles
}
