//! What a guest prints goes to the log, line by line.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

use super::log::{GuestLog, Severity};

/// Bytes of one write, and bytes kept while their line is unfinished.
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
        let end = self.unfinished.iter().rposition(|&byte| byte == b'\n').map(|at| at + 1);
        let end = end.or_else(|| (self.unfinished.len() >= MAX_BUFFERED).then_some(self.unfinished.len()));
        if let Some(end) = end {
            let finished: Vec<u8> = self.unfinished.drain(..end).collect();
            self.print(&finished);
        }
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
