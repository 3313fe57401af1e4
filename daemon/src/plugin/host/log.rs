//! `log`: a guest's lines in the daemon's log.
//!
//! Every line carries the plugin's name and the function it runs in. Length and number are bounded:
//! lines beyond the plugin's rate are counted, and the count is said once lines flow again. Secret
//! values of the call are replaced, and control characters too, so that no line can pass for two.

use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::State;
use crate::domain::Secrets;
use crate::plugin::bindings::imports::log::{Entry, Host, Level};

/// Lines a plugin may write at once.
const BURST: u32 = 100;
/// After so long it may write one line more.
const REFILL: Duration = Duration::from_millis(50);
/// Bytes of one line; what is longer is cut.
const MAX_LINE: usize = 2_048;
/// Fields of one line; what is more is left out.
const MAX_FIELDS: usize = 16;

/// How many lines one plugin may still write; shared by its calls.
pub(in crate::plugin) struct LogBudget {
    plugin: String,
    bucket: Mutex<Bucket>,
}

struct Bucket {
    left: u32,
    filled: Instant,
    dropped: u64,
}

impl LogBudget {
    /// A full one.
    pub(in crate::plugin) fn new(plugin: &str) -> Arc<Self> {
        let bucket = Bucket { left: BURST, filled: Instant::now(), dropped: 0 };
        Arc::new(Self { plugin: plugin.to_owned(), bucket: Mutex::new(bucket) })
    }

    /// Takes one line: the number of lines dropped before it, or none if it is dropped too.
    fn take(&self) -> Option<u64> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let refills = bucket.filled.elapsed().as_millis() / REFILL.as_millis();
        if refills > 0 {
            let refills = u32::try_from(refills).unwrap_or(u32::MAX);
            bucket.left = bucket.left.saturating_add(refills).min(BURST);
            bucket.filled = Instant::now();
        }
        if bucket.left == 0 {
            bucket.dropped = bucket.dropped.saturating_add(1);
            return None;
        }
        bucket.left -= 1;
        Some(std::mem::take(&mut bucket.dropped))
    }
}

/// How serious a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::plugin) enum Severity {
    Debug,
    Info,
    Warn,
    Error,
}

/// The log of one call.
#[derive(Clone)]
pub(in crate::plugin) struct GuestLog {
    budget: Arc<LogBudget>,
    function: &'static str,
    secrets: Arc<Secrets>,
}

impl GuestLog {
    /// Of a call of `function` that may know `secrets`.
    pub(in crate::plugin) const fn new(
        budget: Arc<LogBudget>,
        function: &'static str,
        secrets: Arc<Secrets>,
    ) -> Self {
        Self { budget, function, secrets }
    }

    /// `text` without the secrets of this call.
    pub(in crate::plugin) fn redact<'text>(&self, text: &'text str) -> Cow<'text, str> {
        self.secrets.redact(text)
    }

    /// Where a secret of this call begins that a cut of `text` at `end` would hide from [`Self::redact`].
    pub(super) fn cut_secret(&self, text: &[u8], end: usize) -> Option<usize> {
        self.secrets.cut_by(text, end)
    }

    /// Writes one line.
    pub(in crate::plugin) fn write(&self, severity: Severity, message: &str, fields: &[(String, String)]) {
        let Some(dropped) = self.budget.take() else { return };
        let (plugin, function) = (self.budget.plugin.as_str(), self.function);
        if dropped > 0 {
            tracing::warn!(plugin, dropped, "the plugin logs too much; lines were dropped");
        }
        let message = one_line(&self.redact(message));
        let fields = one_line(&self.in_words(fields));
        let fields = (!fields.is_empty()).then_some(fields);
        // Levels are part of a callsite, hence one for each.
        match severity {
            Severity::Debug => tracing::debug!(plugin, function, fields, "{message}"),
            Severity::Info => tracing::info!(plugin, function, fields, "{message}"),
            Severity::Warn => tracing::warn!(plugin, function, fields, "{message}"),
            Severity::Error => tracing::error!(plugin, function, fields, "{message}"),
        }
    }
}

impl GuestLog {
    /// `key="value"`, one after the other.
    fn in_words(&self, fields: &[(String, String)]) -> String {
        // Replaced before they are quoted: what is escaped is not recognized.
        let words =
            |(key, value): &(String, String)| format!("{}={:?}", self.redact(key), self.redact(value));
        fields.iter().take(MAX_FIELDS).map(words).collect::<Vec<_>>().join(" ")
    }
}

/// `text` cut to one line of bounded length.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len().min(MAX_LINE));
    for character in text.trim_end().chars() {
        if line.len() >= MAX_LINE {
            line.push('…');
            break;
        }
        line.push(if character.is_control() { ' ' } else { character });
    }
    line
}

impl Host for State {
    async fn write(&mut self, entry: Entry) -> wasmtime::Result<()> {
        let severity = match entry.level {
            Level::Debug => Severity::Debug,
            Level::Info | Level::Other(_) => Severity::Info,
            Level::Warn => Severity::Warn,
            Level::Error => Severity::Error,
        };
        self.log.write(severity, &entry.message, &entry.extra);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Secret;

    #[test]
    fn a_line_stays_one_line_of_bounded_length() {
        assert_eq!(one_line("a\nb\u{1b}[31m\n"), "a b [31m");
        assert!(one_line(&"é".repeat(10_000)).len() < MAX_LINE + 8);
    }

    #[test]
    fn a_secret_that_is_changed_by_quoting_is_replaced_too() {
        let value = "-----BEGIN KEY-----\nsays \"no\"\n-----END KEY-----";
        let secrets = Secrets([("KEY".to_owned(), Secret::new(value.to_owned()))].into());
        let log = GuestLog::new(LogBudget::new("p"), "create", Arc::new(secrets));
        let fields = [("key".to_owned(), format!("<{value}>")), (value.to_owned(), "plain".to_owned())];
        assert_eq!(log.in_words(&fields), r#"key="<[secret]>" [secret]="plain""#);
    }

    #[test]
    fn lines_beyond_the_burst_are_dropped_and_counted() {
        let budget = LogBudget::new("p");
        let passed = (0..10 * BURST).filter(|_| budget.take().is_some()).count();
        assert!(passed < 2 * usize::try_from(BURST).unwrap(), "{passed}");
        std::thread::sleep(REFILL * 2);
        assert!(budget.take().is_some_and(|dropped| dropped > 0));
    }
}
