//! What the fake was asked: the evidence for a test's assertions.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

/// One request as it arrived, whether or not it was ever answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// `GET`, `POST`, `DELETE`, …
    pub method: String,
    /// Path and query, as sent.
    pub path: String,
    /// The body as JSON; a string when it was not JSON, null when there was none.
    pub body: Value,
}

#[derive(Debug, Default)]
pub(crate) struct Journal {
    requests: Mutex<Vec<Request>>,
    creates_in_flight: AtomicUsize,
    most_creates_in_flight: AtomicUsize,
}

impl Journal {
    pub(crate) fn record(&self, method: &str, path: &str, body: &[u8]) {
        let body = match body {
            [] => Value::Null,
            bytes => serde_json::from_slice(bytes)
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned())),
        };
        let request = Request { method: method.to_owned(), path: path.to_owned(), body };
        self.requests.lock().expect("no holder panics").push(request);
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no holder panics").clone()
    }

    pub(crate) fn most_creates_in_flight(&self) -> usize {
        self.most_creates_in_flight.load(Ordering::SeqCst)
    }

    /// Counts a create until the guard is dropped, which a hang-up does too.
    pub(crate) fn create_begins(&self) -> CreateInFlight<'_> {
        let now = self.creates_in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_creates_in_flight.fetch_max(now, Ordering::SeqCst);
        CreateInFlight { journal: self }
    }
}

pub(crate) struct CreateInFlight<'a> {
    journal: &'a Journal,
}

impl Drop for CreateInFlight<'_> {
    fn drop(&mut self) {
        self.journal.creates_in_flight.fetch_sub(1, Ordering::SeqCst);
    }
}
