//! SHA-256 as text, for names of folders and for stamps.

use sha2::{Digest, Sha256};

/// The digest of one content.
pub(crate) fn of(content: impl AsRef<[u8]>) -> String {
    hex(Sha256::new_with_prefix(content))
}

/// The digest of what went in.
pub(crate) fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
