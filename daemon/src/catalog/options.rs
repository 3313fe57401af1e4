//! What can be set about the catalogue.

use std::path::PathBuf;
use std::time::Duration;

/// Checked by whoever builds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// One TOML file per template.
    pub dir: PathBuf,
    /// Provisioners are asked for their templates this often.
    pub refresh: Duration,
    /// Bytes of one file.
    pub max_file: u64,
    /// Templates in all.
    pub max_templates: usize,
}
