//! Extism, in a program of its own: `benches/extism`.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use wharfinger_tests::bin_path;

use crate::request::{self, SETTINGS};

/// One way to use it.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) p50: Duration,
    pub(crate) p99: Duration,
}

/// Runs it, if it is built.
pub(crate) fn measure(rounds: usize) -> Result<Option<Vec<Row>>> {
    let target = bin_path::workspace_root().join("target/extism");
    let (program, guest) = (target.join("release/extism-bench"), target.join("naming.wasm"));
    if !program.is_file() || !guest.is_file() {
        return Ok(None);
    }
    let folder = tempfile::tempdir()?;
    let call = folder.path().join("call.json");
    std::fs::write(&call, request::json().to_string())?;
    let output = Command::new(&program)
        .arg(&guest)
        .arg(SETTINGS)
        .arg(&call)
        .arg(rounds.to_string())
        .output()
        .with_context(|| format!("cannot run {}", program.display()))?;
    ensure!(output.status.success(), "extism-bench failed: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)?.lines().map(row).collect::<Result<Vec<Row>>>().map(Some)
}

fn row(line: &str) -> Result<Row> {
    let mut fields = line.split('\t');
    let mut field = || fields.next().with_context(|| format!("not a row: {line}"));
    let name = field()?.to_owned();
    let p50 = Duration::from_nanos(field()?.parse()?);
    let p99 = Duration::from_nanos(field()?.parse()?);
    Ok(Row { name, p50, p99 })
}
