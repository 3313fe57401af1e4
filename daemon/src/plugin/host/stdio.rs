//! What a guest prints goes to the log, line by line.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use super::log::{GuestLog, Severity};

/// Bytes of one write, and bytes kept while their line is unfinished. A secret that began is kept until it is
/// whole: it is in our memory anyway.
const MAX_BUFFERED: usize = 16 << 10;

/// Standard output or standard error of one call. All its streams share one buffer.
#[derive(Clone)]
pub(super) struct Printed(Arc<Mutex<Buffer>>);

struct Buffer {
    log: GuestLog,
    stream: &'static str,
    unfinished: Vec<u8>,
}

impl Printed {
    /// Writes to `log`, saying that it came by `stream`.
    pub(super) fn new(log: GuestLog, stream: &'static str) -> Self {
        Self(Arc::new(Mutex::new(Buffer { log, stream, unfinished: Vec::new() })))
    }

    fn buffer(&self) -> MutexGuard<'_, Buffer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Buffer {
    fn push(&mut self, bytes: &[u8]) {
        self.unfinished.extend_from_slice(bytes);
        let mut end = self.end_before(self.unfinished.len());
        // Whoever prints line by line prints a key in PEM in several pieces.
        while let Some(begun) = self.log.cut_secret(&self.unfinished, end) {
            end = self.end_before(begun);
        }
        if end > 0 {
            let finished: Vec<u8> = self.unfinished.drain(..end).collect();
            self.print(&finished);
        }
    }

    /// The end of the last line before `limit`; `limit` itself if there is none, and too much to wait for it.
    fn end_before(&self, limit: usize) -> usize {
        let line = self.unfinished[..limit].iter().rposition(|&byte| byte == b'\n').map(|at| at + 1);
        line.unwrap_or(if self.unfinished.len() >= MAX_BUFFERED { limit } else { 0 })
    }

    /// Secrets are replaced before lines are split: a key in PEM has several.
    fn print(&self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let field = [("stream".to_owned(), self.stream.to_owned())];
        for line in self.log.redact(&text).lines().filter(|line| !line.trim().is_empty()) {
            self.log.write(Severity::Info, line, &field);
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if !self.unfinished.is_empty() {
            self.print(&self.unfinished);
        }
    }
}

impl IsTerminal for Printed {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Printed {
    // For WASI 0.3, which is not linked.
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

#[async_trait::async_trait]
impl Pollable for Printed {
    async fn ready(&mut self) {}
}

impl OutputStream for Printed {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.buffer().push(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(MAX_BUFFERED)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Seek as _};

    use super::super::log::LogBudget;
    use super::*;
    use crate::domain::{Secret, Secrets};

    const SECRET: &str = "-----BEGIN KEY-----\nhunter2\n-----END KEY-----";

    /// What is in the log after a guest printed these pieces, the odd ones by another stream of the same output.
    fn logged(pieces: &[&str]) -> Vec<String> {
        let mut file = tempfile::tempfile().unwrap();
        let writer = file.try_clone().unwrap();
        let log = tracing_subscriber::fmt().json().with_writer(writer).finish();
        // This thread's log alone.
        tracing::subscriber::with_default(log, || {
            let secrets = Secrets([("KEY".to_owned(), Secret::new(SECRET.to_owned()))].into());
            let log = GuestLog::new(LogBudget::new("p"), "create", Arc::new(secrets));
            let printed = Printed::new(log, "stdout");
            let mut streams = [printed.p2_stream(), printed.p2_stream()];
            for (number, piece) in pieces.iter().enumerate() {
                streams[number % 2].write(Bytes::copy_from_slice(piece.as_bytes())).unwrap();
            }
        });
        file.rewind().unwrap();
        let mut text = String::new();
        file.read_to_string(&mut text).unwrap();
        let message = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["fields"]["fields"], r#"stream="stdout""#);
            line["fields"]["message"].as_str().unwrap().to_owned()
        };
        text.lines().map(message).collect()
    }

    #[test]
    fn what_is_printed_is_logged_by_lines_the_unfinished_one_at_the_end() {
        assert_eq!(logged(&["one\ntw", "o\n\n  \nthr", "ee"]), ["one", "two", "three"]);
        assert!(logged(&["", "\n"]).is_empty());
    }

    #[test]
    fn a_line_that_does_not_end_is_logged_in_bounded_pieces() {
        let piece = "x".repeat(MAX_BUFFERED / 4);
        let lines = logged(&[piece.as_str(); 12]);
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line.len() < MAX_BUFFERED / 4 && line.ends_with('…')));
    }

    #[test]
    fn secrets_of_the_call_are_replaced_however_they_are_printed() {
        let twice = format!("<{SECRET}>\n<{SECRET}");
        assert_eq!(logged(&[&twice, ">"]), ["<[secret]>", "<[secret]>"]);
        let by_line: Vec<&str> = SECRET.split_inclusive('\n').chain(["\n"]).collect();
        assert_eq!(logged(&by_line), ["[secret]"]);
        // Where a line without an end would be cut.
        let (begin, rest) = SECRET.split_at(10);
        let full = format!("{}{begin}", "x".repeat(MAX_BUFFERED - begin.len()));
        let lines = logged(&[&full, rest]);
        assert_eq!((lines.len(), lines[1].as_str()), (2, "[secret]"));
        // What only looks like one is not kept for long.
        assert_eq!(logged(&["-----BEGIN KEY-----\nhun", "ger\n"]), ["-----BEGIN KEY-----", "hunger"]);
    }
}
