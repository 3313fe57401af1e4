//! Secret values: what must never reach a log, an answer, an event, an error or a metric.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// A secret value. Has no `Display`, and its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: String) -> Self {
        Self(value)
    }

    /// The value itself. Every call of this is a place to review.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// The secrets of one instance, by environment key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Secrets(pub BTreeMap<String, Secret>);

impl Secrets {
    /// Shorter values are not replaced: they would turn ordinary words into holes.
    pub const MIN_REDACTED_BYTES: usize = 6;

    /// What stands in the place of a value.
    pub const MASK: &'static str = "[secret]";

    /// The keys, in order.
    pub fn names(&self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }

    /// `text` with every exact value of at least [`Self::MIN_REDACTED_BYTES`] replaced, the
    /// longest first: one value may contain another.
    pub fn redact<'text>(&self, text: &'text str) -> Cow<'text, str> {
        let mut values: Vec<&str> = self.replaced().filter(|value| text.contains(value)).collect();
        if values.is_empty() {
            return Cow::Borrowed(text);
        }
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Cow::Owned(values.into_iter().fold(text.to_owned(), |text, value| text.replace(value, Self::MASK)))
    }

    /// Where the first value begins that a cut of `text` at `end` would leave in two pieces, which nobody
    /// recognizes. One that `text` ends in the middle of counts too.
    pub fn cut_by(&self, text: &[u8], end: usize) -> Option<usize> {
        (0..end).find(|&start| {
            let rest = &text[start..];
            self.replaced().map(str::as_bytes).any(|value| {
                let known = rest.len().min(value.len());
                start + value.len() > end && rest[..known] == value[..known]
            })
        })
    }

    /// The values that are replaced.
    fn replaced(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(Secret::expose).filter(|value| value.len() >= Self::MIN_REDACTED_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(values: &[&str]) -> Secrets {
        let entry = |(index, value): (usize, &&str)| (format!("K{index}"), Secret::new((*value).to_owned()));
        Secrets(values.iter().enumerate().map(entry).collect())
    }

    #[test]
    fn values_are_replaced_the_longest_first() {
        let secrets = secrets(&["hunter2", "hunter2-longer", "short"]);
        assert_eq!(secrets.redact("a hunter2-longer b hunter2 c short"), "a [secret] b [secret] c short");
    }

    #[test]
    fn a_value_that_would_be_cut_is_found_also_when_it_only_begins() {
        let secrets = secrets(&["hunter2\nhunter3", "short"]);
        for (text, end, begins) in [
            ("a hunter2\nhunter3 b", 10, Some(2)),
            ("a hunter2\n", 10, Some(2)),
            ("a hunter2\nhunter3\n", 18, None),
            ("a hunter2\nhunter4", 10, None),
            ("a hunter2\n", 2, None),
            ("a short", 4, None),
            ("", 0, None),
        ] {
            assert_eq!(secrets.cut_by(text.as_bytes(), end), begins, "{text:?}");
        }
    }

    #[test]
    fn debug_shows_no_value() {
        assert!(!format!("{:?}", secrets(&["hunter2"])).contains("hunter2"));
    }
}
