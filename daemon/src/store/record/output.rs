//! What is kept of a workload's output, on the disk.

use serde::{Deserialize, Serialize};

use super::time;
use crate::domain::{LastOutput, LogLine};

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct OutputRecord {
    at: i64,
    pub(in crate::store) creation: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    lines: Vec<LineRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
struct LineRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    source: String,
    text: String,
}

impl From<LastOutput> for OutputRecord {
    fn from(output: LastOutput) -> Self {
        let LastOutput { at, creation, exit_code, lines } = output;
        let line = |LogLine { at, source, text }| LineRecord { at, source, text };
        Self { at: at.0, creation, exit_code, lines: lines.into_iter().map(line).collect() }
    }
}

impl From<OutputRecord> for LastOutput {
    fn from(record: OutputRecord) -> Self {
        let OutputRecord { at, creation, exit_code, lines } = record;
        let line = |LineRecord { at, source, text }| LogLine { at, source, text };
        Self { at: time(at), creation, exit_code, lines: lines.into_iter().map(line).collect() }
    }
}
