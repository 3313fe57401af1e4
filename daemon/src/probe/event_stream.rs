//! Finds messages in a server-sent event stream (HTML Living Standard, 9.2.6), as they arrive.

/// What has arrived and was not yet part of a whole event. Its size is bounded by whoever feeds it.
#[derive(Debug, Default)]
pub(super) struct EventStream {
    pending: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
}

impl EventStream {
    /// Takes bytes and gives the data of every event they complete.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.pending.extend_from_slice(bytes);
        let mut events = Vec::new();
        let mut start = 0;
        // A line ends with LF, CR LF or CR; a CR at the very end may be half of a CR LF.
        while let Some(end) = self.pending[start..].iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let end = start + end;
            let next = match (self.pending[end], self.pending.get(end + 1)) {
                (b'\r', None) => break,
                (b'\r', Some(b'\n')) => end + 2,
                _ => end + 1,
            };
            let line = self.pending[start..end].to_vec();
            events.extend(self.line(&line));
            start = next;
        }
        self.pending.drain(..start);
        events
    }

    fn line(&mut self, line: &[u8]) -> Option<Vec<u8>> {
        if line.is_empty() {
            let data = std::mem::take(&mut self.data);
            return std::mem::take(&mut self.has_data).then_some(data);
        }
        let value = line.strip_prefix(b"data:").or_else(|| (line == b"data").then_some(b"".as_slice()))?;
        if self.has_data {
            self.data.push(b'\n');
        }
        self.has_data = true;
        self.data.extend_from_slice(value.strip_prefix(b" ").unwrap_or(value));
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_found_however_they_are_cut() {
        let stream =
            ": hello\r\nid: 1\r\ndata: {\"a\":\r\ndata: 1}\r\n\r\nevent: x\n\ndata:b\rdata\r\rdata: c\n\n";
        let whole: Vec<Vec<u8>> = EventStream::default().feed(stream.as_bytes());
        assert_eq!(whole, [b"{\"a\":\n1}".to_vec(), b"b\n".to_vec(), b"c".to_vec()]);
        for cut in 1..stream.len() {
            let mut events = EventStream::default();
            let mut found = events.feed(&stream.as_bytes()[..cut]);
            found.extend(events.feed(&stream.as_bytes()[cut..]));
            assert_eq!(found, whole, "cut at {cut}");
        }
    }
}
