//! Another build of a plugin: the same code with another digest.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

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

/// What a daemon calls these bytes.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
