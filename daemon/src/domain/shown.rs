//! What somebody wrote, as messages and logs repeat it.

/// Characters that are repeated: enough to recognize it by.
const SHOWN: usize = 80;

/// The beginning of `text`.
pub fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
