//! What children write: bounded files that are written by the supervisor and read by the daemon.
//!
//! The output of a child is one stream of bytes; a file `output-<offset>.log` holds the part of
//! it that starts at this offset, and only the newest two files are kept. A cursor is an offset
//! in the stream, so it stays right when a file is replaced. Each line is
//! `<RFC 3339 time> <source> <text>`.
//!
//! The stream goes on when a child is made anew: what the one before said last is often why.

mod lines;
mod reader;
mod writer;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

pub(super) use lines::Lines;
pub(super) use reader::page;
pub(super) use writer::OutputWriter;

use super::folder::existing;

/// Longer lines are cut in pieces.
pub(super) const MAX_LINE: usize = 8 << 10;

/// A file of a stream.
#[derive(Debug)]
struct Part {
    /// Where in the stream it starts.
    offset: u64,
    length: u64,
    path: PathBuf,
}

impl Part {
    fn end(&self) -> u64 {
        self.offset + self.length
    }
}

fn part_path(folder: &Path, offset: u64) -> PathBuf {
    folder.join(format!("output-{offset:020}.log"))
}

/// The files of a stream, oldest first.
fn parts(folder: &Path) -> io::Result<Vec<Part>> {
    let mut parts = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let digits = name.to_str().and_then(|name| name.strip_prefix("output-")?.strip_suffix(".log"));
        let Some(offset) = digits.and_then(|digits| digits.parse().ok()) else { continue };
        // It may have been replaced meanwhile.
        if let Some(metadata) = existing(entry.metadata())? {
            parts.push(Part { offset, length: metadata.len(), path: entry.path() });
        }
    }
    parts.sort_by_key(|part| part.offset);
    Ok(parts)
}
