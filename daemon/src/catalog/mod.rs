//! Placeholder until the catalogue is merged.
#![allow(missing_docs)]
mod options;

pub use options::*;

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{ProvisionerName, Template, TemplateName, Timestamp};

#[derive(Debug, Clone)]
pub enum Source {
    File(PathBuf),
    Provisioner(ProvisionerName),
}

#[derive(Debug, Clone)]
pub struct CatalogEntry {
    pub template: Arc<Template>,
    pub source: Source,
    pub observed_at: Timestamp,
    pub error: Option<String>,
}

#[derive(Clone)]
pub struct Catalog;

impl Catalog {
    pub fn get(&self, _: &TemplateName) -> Option<CatalogEntry> {
        None
    }
    pub fn list(&self) -> Vec<CatalogEntry> {
        Vec::new()
    }
}
