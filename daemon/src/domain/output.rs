//! What a workload wrote, as long as it can be asked for and after that.

use super::Timestamp;

/// One line of a workload's output, without its line break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// RFC 3339, if known.
    pub at: Option<String>,
    /// `stdout`, `stderr`, or another word of the backend.
    pub source: String,
    /// Secrets are replaced.
    pub text: String,
}

/// What is kept of a workload that is given up or removed. A workload that was made anew takes the
/// place of the one before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LastOutput {
    /// When it was read.
    pub at: Timestamp,
    /// Which creation it is of, counted from 1; 0: nothing was ever kept.
    pub creation: u32,
    /// How the workload ended, if its backend told it.
    pub exit_code: Option<i32>,
    /// The newest lines, oldest first.
    pub lines: Vec<LogLine>,
}

impl LastOutput {
    /// Lines that are kept.
    pub const MAX_LINES: usize = 200;
    /// Bytes that are kept, the newest; a page of a provisioner never has a longer line.
    pub const MAX_BYTES: usize = 64 << 10;

    /// Of these lines, as many as may be kept.
    pub fn new(at: Timestamp, creation: u32, exit_code: Option<i32>, mut lines: Vec<LogLine>) -> Self {
        let mut left = Self::MAX_BYTES;
        let fits = |line: &&LogLine| {
            let rest = left.checked_sub(line.text.len());
            left = rest.unwrap_or(0);
            rest.is_some()
        };
        let kept = lines.iter().rev().take(Self::MAX_LINES).take_while(fits).count();
        lines.drain(..lines.len() - kept);
        Self { at, creation, exit_code, lines }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: String) -> LogLine {
        LogLine { at: None, source: "stdout".to_owned(), text }
    }

    #[test]
    fn the_newest_lines_are_kept_within_both_bounds() {
        let of = |lines: Vec<LogLine>| LastOutput::new(Timestamp(1), 1, None, lines).lines;
        let short: Vec<LogLine> = (0..300).map(|number| line(number.to_string())).collect();
        assert_eq!(of(short.clone()), short[100..]);
        let long: Vec<LogLine> = (0..9).map(|number| line(number.to_string().repeat(10 << 10))).collect();
        assert_eq!(of(long.clone()), long[3..]);
        assert_eq!(of(Vec::new()), []);
    }
}
