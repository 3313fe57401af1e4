//! Requests that can be repeated: what a client calls its request by.

use std::fmt;

/// What a client calls one request by, so that it can send it again and nothing is done twice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

/// Text that is no key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidKey;

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a key is 1 to {} printable ASCII characters", IdempotencyKey::MAX_BYTES)
    }
}

impl std::error::Error for InvalidKey {}

impl IdempotencyKey {
    /// The longest key.
    pub const MAX_BYTES: usize = 255;

    /// Checks it.
    pub fn new(text: String) -> Result<Self, InvalidKey> {
        let fits = (1..=Self::MAX_BYTES).contains(&text.len());
        let printable = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if fits && printable { Ok(Self(text)) } else { Err(InvalidKey) }
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_short_and_printable() {
        for text in ["a", "8e03978e-40d5-43dd-bc93-6894a57f9324", "two words", &"x".repeat(255)] {
            assert_eq!(IdempotencyKey::new(text.to_owned()).unwrap().as_str(), text);
        }
        for text in ["", "a\n", "schl\u{fc}ssel", &"x".repeat(256)] {
            assert_eq!(IdempotencyKey::new(text.to_owned()), Err(InvalidKey), "{text}");
        }
    }
}
