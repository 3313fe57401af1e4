//! Another build of a plugin: the same code with another digest.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// The component in `path` with a custom section that says which build it is.
pub(crate) fn another(path: &Path, number: usize) -> Result<Vec<u8>> {
    let mut bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (name, text) = ("build", number.to_string());
    // Section 0 is a custom one: its length, its name's length, its name, and what it likes.
    let length = 1 + name.len() + text.len();
    bytes.extend([0, u8::try_from(length)?, u8::try_from(name.len())?]);
    bytes.extend(name.bytes().chain(text.bytes()));
    Ok(bytes)
}
