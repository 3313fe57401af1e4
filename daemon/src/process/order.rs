//! What a supervisor is told: it travels in memory, never over the disk, because it holds secrets.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek as _, Write as _};
use std::path::PathBuf;

use rustix::fs::{MemfdFlags, memfd_create};
use serde::{Deserialize, Serialize};

use super::record::Record;

/// Above what any system would execute.
const MAX_ORDER: u64 = 32 << 20;

/// Everything a supervisor needs.
#[derive(Serialize, Deserialize)]
pub(super) struct Order {
    /// As it stands in the folder already.
    pub(super) record: Record,
    /// What is executed.
    pub(super) program: PathBuf,
    /// With the program as it was written, first.
    pub(super) command: Vec<String>,
    /// The whole environment, marks included.
    pub(super) environment: BTreeMap<String, String>,
    /// Bytes of output that are kept, about.
    pub(super) max_output: u64,
}

impl Order {
    /// A nameless file in memory, ready to be read from its start.
    pub(super) fn seal(&self) -> io::Result<File> {
        let mut file = File::from(memfd_create("order", MemfdFlags::CLOEXEC)?);
        file.write_all(&serde_json::to_vec(self)?)?;
        file.rewind()?;
        Ok(file)
    }

    /// Reads what [`Order::seal`] wrote.
    pub(super) fn read(file: impl Read) -> io::Result<Self> {
        let mut bytes = Vec::new();
        file.take(MAX_ORDER).read_to_end(&mut bytes)?;
        // The parser's own message could quote a value.
        serde_json::from_slice(&bytes).map_err(|_| io::Error::other("the order makes no sense"))
    }
}
