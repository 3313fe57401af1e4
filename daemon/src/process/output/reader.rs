//! Reads a child's output page by page.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use super::super::{OutputLine, OutputPage};
use super::{MAX_LINE, Part, parts};

/// A page is never larger, whatever is asked.
const MAX_PAGE: u32 = 1 << 20;

/// Room for one line with its time and source, so that every page goes on.
const MIN_WINDOW: u64 = 4 * MAX_LINE as u64;

/// Lines from `cursor` on, or the newest; about `max_bytes` of text, at least one line.
/// A cursor to what is not kept any more goes on with the oldest that is.
pub(in super::super) fn page(folder: &Path, cursor: Option<u64>, max_bytes: u32) -> io::Result<OutputPage> {
    let budget = u64::from(max_bytes.clamp(1, MAX_PAGE));
    let parts = parts(folder)?;
    let (start, end) = (parts.first().map_or(0, |part| part.offset), parts.last().map_or(0, Part::end));
    let newest = end.saturating_sub(budget).max(start);
    let mut position = cursor.filter(|cursor| (start..=end).contains(cursor)).unwrap_or(match cursor {
        Some(_) => start,
        None => newest,
    });
    // The middle of a line is no place to begin.
    let mut skip = cursor.is_none() && position > start;
    let mut lines = Vec::new();
    let mut spent = 0;
    for (index, part) in parts.iter().enumerate() {
        if position >= part.end() {
            continue;
        }
        position = position.max(part.offset);
        // From one byte earlier: if that ends a line, nothing is skipped.
        let back = u64::from(skip && position > part.offset);
        let Some(window) = read(part, position - back, budget.max(MIN_WINDOW) + back)? else { continue };
        let mut rest = window.as_slice();
        position -= back;
        if skip {
            let Some(line) = take_line(&mut rest) else { break };
            position += length(line) + 1;
            skip = false;
        }
        while let Some(line) = take_line(&mut rest) {
            let line_length = length(line) + 1;
            if !lines.is_empty() && spent + line_length > budget {
                return Ok(finished(lines, position));
            }
            spent += line_length;
            position += line_length;
            lines.push(parse(line));
        }
        let whole = position + length(rest) >= part.end();
        if whole && index + 1 < parts.len() {
            // Nobody writes to this file any more: what is left of it will never be a line.
            position = part.end();
        } else {
            break;
        }
    }
    Ok(finished(lines, position))
}

fn finished(lines: Vec<OutputLine>, position: u64) -> OutputPage {
    OutputPage { lines, next_cursor: Some(position.to_string()) }
}

/// Bytes of the stream from `position` on; none when the file was replaced meanwhile.
fn read(part: &Part, position: u64, length: u64) -> io::Result<Option<Vec<u8>>> {
    let Some(mut file) = super::existing(File::open(&part.path))? else { return Ok(None) };
    file.seek(SeekFrom::Start(position - part.offset))?;
    let mut bytes = Vec::new();
    // Not beyond the end as it was listed: a page is cut from one moment.
    file.take(length.min(part.end() - position)).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// The next finished line, without its break.
fn take_line<'bytes>(rest: &mut &'bytes [u8]) -> Option<&'bytes [u8]> {
    let end = rest.iter().position(|&byte| byte == b'\n')?;
    let line = &rest[..end];
    *rest = &rest[end + 1..];
    Some(line)
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// A line that has not our form was cut by a crash; it is shown as it is.
fn parse(line: &[u8]) -> OutputLine {
    let line = String::from_utf8_lossy(line);
    let mut words = line.splitn(3, ' ');
    match (words.next(), words.next(), words.next()) {
        (Some(at), Some(source), Some(text)) if at.parse::<jiff::Timestamp>().is_ok() => {
            OutputLine { at: Some(at.to_owned()), source: source.to_owned(), text: text.to_owned() }
        }
        _ => OutputLine { at: None, source: "unknown".to_owned(), text: line.into_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;
    use crate::process::output::OutputWriter;

    fn write(folder: &Path, range: std::ops::Range<u32>) {
        let mut writer = OutputWriter::new(folder, 0);
        for number in range {
            writer.write(Timestamp(0), "stdout", &format!("line {number}"));
        }
        writer.flush();
    }

    fn follow(folder: &Path, mut cursor: Option<u64>, max_bytes: u32) -> (Vec<String>, u64) {
        let mut texts = Vec::new();
        loop {
            let page = page(folder, cursor, max_bytes).unwrap();
            cursor = page.next_cursor.map(|cursor| cursor.parse().unwrap());
            if page.lines.is_empty() {
                return (texts, cursor.unwrap());
            }
            texts.extend(page.lines.into_iter().map(|line| line.text));
        }
    }

    #[test]
    fn pages_of_any_size_give_every_line_once() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), 0..900);
        write(dir.path(), 900..1500);
        assert_eq!(parts(dir.path()).unwrap().len(), 2);
        let expected: Vec<_> = (0..1500).map(|number| format!("line {number}")).collect();
        for max_bytes in [1, 100, 5_000, u32::MAX] {
            assert_eq!(follow(dir.path(), Some(0), max_bytes).0, expected, "{max_bytes}");
        }
    }

    #[test]
    fn without_a_cursor_the_newest_lines_come_and_following_goes_on_there() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), 0..100);
        let first = page(dir.path(), None, 120).unwrap();
        assert_eq!(first.lines.last().map(|line| line.text.as_str()), Some("line 99"));
        assert!((1..5).contains(&first.lines.len()), "{first:?}");
        assert_eq!(first.lines[0].at.as_deref(), Some("1970-01-01T00:00:00.000Z"));
        write(dir.path(), 100..103);
        let cursor = first.next_cursor.map(|cursor| cursor.parse().unwrap());
        assert_eq!(follow(dir.path(), cursor, 10).0, ["line 100", "line 101", "line 102"]);
    }

    #[test]
    fn old_output_is_dropped_and_a_cursor_to_it_goes_on_with_the_oldest_kept() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), 0..20_000);
        let size: u64 = parts(dir.path()).unwrap().iter().map(|part| part.length).sum();
        assert!(size <= 2 * MIN_WINDOW, "{size}");
        let (texts, end) = follow(dir.path(), Some(0), 10_000);
        assert_eq!(texts.last().map(String::as_str), Some("line 19999"));
        assert!(end > size);
    }

    #[test]
    fn half_a_line_of_a_killed_supervisor_joins_no_other() {
        use std::io::Write as _;
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), 0..1);
        let path = parts(dir.path()).unwrap().pop().unwrap().path;
        File::options().append(true).open(path).unwrap().write_all(b"1970-01-0").unwrap();
        write(dir.path(), 1..2);
        assert_eq!(follow(dir.path(), Some(0), 1000).0, ["line 0", "1970-01-0", "line 1"]);
    }

    #[test]
    fn a_folder_without_output_gives_an_empty_page() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(page(dir.path(), None, 10).unwrap(), finished(Vec::new(), 0));
    }
}
