//! One template, and what is known of where it came from.

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{ProvisionerName, Template, Timestamp};

/// Where a template came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file of the operator's.
    File(PathBuf),
    /// The provisioner's backend.
    Provisioner(ProvisionerName),
}

/// One template of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogEntry {
    /// The template.
    pub template: Arc<Template>,
    /// Where it came from.
    pub source: Source,
    /// A file's: when it was first read as it is. A provisioner's: when it was last given.
    pub observed_at: Timestamp,
    /// Why there is no newer one: the file as it stands is refused, or the provisioner's last
    /// answer failed. For people.
    pub error: Option<String>,
}
