//! Cuts a stream of bytes into lines.

use super::MAX_LINE;

/// Holds the line that is not finished yet, never more than [`MAX_LINE`] bytes.
#[derive(Debug, Default)]
pub(in super::super) struct Lines {
    rest: Vec<u8>,
}

impl Lines {
    /// Takes bytes and gives the lines they finish. Invalid UTF-8 is replaced.
    pub(in super::super) fn push(&mut self, mut bytes: &[u8], mut line: impl FnMut(&str)) {
        while !bytes.is_empty() {
            let room = &bytes[..bytes.len().min(MAX_LINE - self.rest.len())];
            if let Some(end) = room.iter().position(|&byte| byte == b'\n') {
                self.rest.extend_from_slice(&room[..end]);
                bytes = &bytes[end + 1..];
                self.give(self.rest.len(), &mut line);
            } else {
                self.rest.extend_from_slice(room);
                bytes = &bytes[room.len()..];
                if self.rest.len() == MAX_LINE {
                    self.give(boundary(&self.rest), &mut line);
                }
            }
        }
    }

    /// The stream ended: what it said last is a line too.
    pub(in super::super) fn finish(&mut self, mut line: impl FnMut(&str)) {
        if !self.rest.is_empty() {
            self.give(self.rest.len(), &mut line);
        }
    }

    fn give(&mut self, length: usize, line: &mut impl FnMut(&str)) {
        let text = self.rest[..length].strip_suffix(b"\r").unwrap_or(&self.rest[..length]);
        line(&String::from_utf8_lossy(text));
        self.rest.drain(..length);
    }
}

/// Where to cut without cutting a character: it has at most three bytes after its first.
fn boundary(bytes: &[u8]) -> usize {
    let is_inner = |byte: u8| byte & 0b1100_0000 == 0b1000_0000;
    (1..=4)
        .filter_map(|back| bytes.len().checked_sub(back))
        .find(|&at| !is_inner(bytes[at]))
        .filter(|&at| at > 0 && !bytes[at].is_ascii())
        .unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<String> {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        for chunk in chunks {
            lines.push(chunk, |line| found.push(line.to_owned()));
        }
        lines.finish(|line| found.push(line.to_owned()));
        found
    }

    #[test]
    fn lines_are_found_across_chunks() {
        assert_eq!(lines(&[b"on", b"e\r\n\ntw", b"o\nlast"]), ["one", "", "two", "last"]);
        assert_eq!(lines(&[b"one\n"]), ["one"]);
    }

    #[test]
    fn invalid_utf8_is_replaced() {
        assert_eq!(lines(&[b"a\xffb\n"]), ["a\u{fffd}b"]);
    }

    #[test]
    fn a_long_line_comes_in_pieces_without_cutting_a_character() {
        let text = "aä".repeat(MAX_LINE);
        let pieces = lines(&[text.as_bytes()]);
        assert!(pieces.iter().all(|piece| piece.len() <= MAX_LINE));
        assert_eq!(pieces.concat(), text);
    }
}
