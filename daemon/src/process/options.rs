//! What can be set about local child processes.

use std::path::PathBuf;

/// Checked by whoever builds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// One folder per child, for its output and its end.
    pub dir: PathBuf,
    /// This program, which also is every child's supervisor.
    pub program: PathBuf,
    /// Bytes of output that are kept of one child, about.
    pub max_output: u64,
    /// Children at the same time.
    pub max_children: usize,
}
