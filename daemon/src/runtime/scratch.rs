//! A folder for one run of a command, which nobody else may enter and which goes with its owner.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// Names that are tried: a taken one was guessed by somebody.
const TRIES: usize = 16;

/// See the module.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new, empty folder with mode 0700 among the temporary ones.
    pub fn new() -> io::Result<Self> {
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for _ in 0..TRIES {
            let path = std::env::temp_dir().join(format!("wharfinger-{:016x}", fastrand::u64(..)));
            // It must not be there: what somebody else put there must not be believed.
            match DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left of it is the system's to clean.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn it_is_our_own_and_goes_with_its_owner() {
        let (one, two) = (Scratch::new().unwrap(), Scratch::new().unwrap());
        assert_ne!(one.path(), two.path());
        assert_eq!(std::fs::metadata(one.path()).unwrap().mode() & 0o777, 0o700);
        let path = one.path().to_owned();
        std::fs::write(path.join("a"), "x").unwrap();
        drop(one);
        assert!(!path.exists());
    }
}
