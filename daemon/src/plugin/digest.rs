//! What a component is known by: the SHA-256 (FIPS 180-4) of its bytes.

use std::fmt::{self, Write as _};
use std::io::{self, Read};

use sha2::{Digest as _, Sha256};

const PREFIX: &str = "sha256:";
/// Bytes of a file that are hashed at a time: they fit into a core's own cache.
const PART: usize = 128 << 10;

/// Shown as `sha256:<hex>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Digest(String);

impl Digest {
    /// Of `bytes`.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self::shown(&Sha256::digest(bytes))
    }

    /// Of what `file` has to read, which is kept nowhere.
    pub(super) fn of_file(mut file: impl Read) -> io::Result<Self> {
        let mut hash = Sha256::new();
        let mut part = vec![0; PART];
        loop {
            match file.read(&mut part) {
                Ok(0) => return Ok(Self::shown(&hash.finalize())),
                Ok(read) => hash.update(&part[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn shown(hash: &[u8]) -> Self {
        Self(hash.iter().fold(PREFIX.to_owned(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        }))
    }

    /// Reads what was shown; none if it is no digest, which must not become a path.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let hex = text.strip_prefix(PREFIX)?;
        let plain = hex.len() == 64 && hex.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        plain.then(|| Self(text.to_owned()))
    }

    /// Without the prefix.
    pub(super) fn hex(&self) -> &str {
        &self.0[PREFIX.len()..]
    }

    /// With it.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_read_as_it_was_shown_and_nothing_else_is() {
        let digest = Digest::of(b"abc");
        assert_eq!(digest.hex(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(Digest::parse(digest.as_str()), Some(digest.clone()));
        assert_eq!(Digest::of_file(&b"abc"[..]).unwrap(), digest);
        for other in [digest.hex(), "sha256:../../etc/passwd", "sha256:BA78"] {
            assert_eq!(Digest::parse(other), None);
        }
    }
}
