//! Watches the stream of all events over every start of the daemon: each event once, in order, with
//! no number left out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use super::client::Http;
use super::wrong::{Kind, Wrong};

/// Before it is asked again.
const PAUSE: Duration = Duration::from_millis(5);

/// The last event that was seen. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen(Arc<AtomicU64>);

impl Seen {
    pub(super) fn last(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// One more event.
    fn event(&self, revision: u64) -> Result<(), Wrong> {
        let last = self.last();
        if revision != last + 1 {
            return Err(Wrong::new(Kind::History, format!("event {revision} came after event {last}")));
        }
        self.0.store(revision, Ordering::SeqCst);
        Ok(())
    }
}

/// Goes on where it was, wherever the daemon is. Ends only when something is wrong.
pub(super) async fn watch(seen: Seen, mut base: watch::Receiver<Option<String>>) -> Wrong {
    let http = Http::new();
    loop {
        let at = base.borrow_and_update().clone();
        let Some(at) = at else {
            // Whoever sends lives as long as this is watched.
            let _ = base.changed().await;
            continue;
        };
        let url = format!("{at}/mcp/events?since={}", seen.last());
        let Some(mut response) = http.open(url).await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        if response.status().as_u16() == 503 {
            tokio::time::sleep(PAUSE).await;
            continue;
        }
        if response.status().as_u16() != 200 {
            return Wrong::new(Kind::Answer, format!("the stream was refused: {}", response.status()));
        }
        let mut text = Vec::new();
        while let Ok(Some(part)) = response.chunk().await {
            text.extend_from_slice(&part);
            if let Err(wrong) = read(&mut text, &seen) {
                return wrong;
            }
        }
    }
}

/// Takes every whole frame out of the text.
fn read(text: &mut Vec<u8>, seen: &Seen) -> Result<(), Wrong> {
    while let Some(end) = text.windows(2).position(|pair| pair == b"\n\n") {
        let frame: Vec<u8> = text.drain(..end + 2).collect();
        let frame = String::from_utf8_lossy(&frame);
        let field = |name: &str| frame.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let Some(data) = field("data:").filter(|_| !matches!(field("event:"), Some("start" | "end"))) else {
            continue;
        };
        let event: Value = serde_json::from_str(data).unwrap_or_default();
        let revision = event["revision"].as_u64();
        if revision.map(|revision| revision.to_string()).as_deref() != field("id:") {
            return Err(Wrong::new(Kind::History, format!("a frame says {frame:?}")));
        }
        seen.event(revision.unwrap_or_default())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(text: &str) -> (Result<(), Wrong>, u64) {
        let seen = Seen::default();
        (read(&mut text.as_bytes().to_vec(), &seen), seen.last())
    }

    fn frame(id: u64) -> String {
        format!("event: accepted\nid: {id}\ndata: {{\"revision\": {id}}}\n\n")
    }

    #[test]
    fn a_number_that_is_left_out_or_comes_again_is_wrong() {
        let start = "event: start\nid: 0\ndata: {\"revision\": 0}\n\n";
        let (heard_all, last) = heard(&[start, ": still here\n\n", &frame(1), &frame(2)].concat());
        assert_eq!((heard_all, last), (Ok(()), 2));
        assert_eq!(heard(&[frame(1), frame(3)].concat()).0.unwrap_err().kind, Kind::History);
        assert_eq!(heard(&[frame(1), frame(1)].concat()).0.unwrap_err().kind, Kind::History);
    }

    #[test]
    fn half_a_frame_waits_for_its_end() {
        assert_eq!(heard(&frame(1)[..20]), (Ok(()), 0));
    }
}
