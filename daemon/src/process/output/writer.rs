//! Writes a child's output into files of bounded size.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::super::folder::{existing, private};
use super::{MAX_LINE, part_path, parts};
use crate::domain::Timestamp;

/// Below this a file would hold a line or two.
const MIN_PART: u64 = 4 * MAX_LINE as u64;

/// Writes lines. A disk that takes none loses them: a child never waits for it.
pub(in super::super) struct OutputWriter {
    folder: PathBuf,
    max_part: u64,
    part: Option<OpenPart>,
}

struct OpenPart {
    file: BufWriter<File>,
    offset: u64,
    length: u64,
}

impl OutputWriter {
    /// Goes on after what stands in `folder`; keeps about `max_output` bytes in two files.
    pub(in super::super) fn new(folder: &Path, max_output: u64) -> Self {
        Self { folder: folder.to_path_buf(), max_part: (max_output / 2).max(MIN_PART), part: None }
    }

    /// Writes one line, at the latest with the next [`OutputWriter::flush`].
    pub(in super::super) fn write(&mut self, at: Timestamp, source: &str, text: &str) {
        let at = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
        let line = format!("{at:.3} {source} {text}\n");
        if self.try_write(&line).is_err() {
            // Opened anew for the next line, at what really stands on the disk by then.
            self.part = None;
        }
    }

    /// Lets readers see what was written.
    pub(in super::super) fn flush(&mut self) {
        if self.part.as_mut().is_some_and(|part| part.file.flush().is_err()) {
            self.part = None;
        }
    }

    fn try_write(&mut self, line: &str) -> io::Result<()> {
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let mut part = match self.part.take() {
            Some(part) => part,
            None => self.resume()?,
        };
        if part.length > 0 && part.length + length > self.max_part {
            part.file.flush()?;
            part = self.start(part.offset + part.length)?;
        }
        part.file.write_all(line.as_bytes())?;
        part.length += length;
        self.part = Some(part);
        Ok(())
    }

    /// The newest file, or the first.
    fn resume(&self) -> io::Result<OpenPart> {
        let Some(newest) = parts(&self.folder)?.pop() else { return self.start(0) };
        let mut file = private().read(true).append(true).open(&newest.path)?;
        let mut length = newest.length;
        let mut last = [b'\n'];
        if length > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        if last != [b'\n'] {
            // A supervisor that was killed, or a full disk, left half a line.
            file.write_all(b"\n")?;
            length += 1;
        }
        Ok(OpenPart { file: BufWriter::new(file), offset: newest.offset, length })
    }

    /// A new file; only the one before it is kept.
    fn start(&self, offset: u64) -> io::Result<OpenPart> {
        let mut old = parts(&self.folder)?;
        old.pop();
        for part in old {
            existing(fs::remove_file(part.path))?;
        }
        let file = private().create(true).append(true).open(part_path(&self.folder, offset))?;
        Ok(OpenPart { file: BufWriter::new(file), offset, length: 0 })
    }
}
