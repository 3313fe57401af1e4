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
        let mut values: Vec<&str> = self
            .0
            .values()
            .map(Secret::expose)
            .filter(|value| value.len() >= Self::MIN_REDACTED_BYTES && text.contains(value))
            .collect();
        if values.is_empty() {
            return Cow::Borrowed(text);
        }
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Cow::Owned(values.into_iter().fold(text.to_owned(), |text, value| text.replace(value, Self::MASK)))
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
    fn debug_shows_no_value() {
        assert!(!format!("{:?}", secrets(&["hunter2"])).contains("hunter2"));
    }
}
