//! Templates: what instances can be made from.

use super::{Error, Service};
use crate::catalog::CatalogEntry;
use crate::domain::{TemplateName, shown};

impl Service {
    /// What instances can be made from, by name.
    pub fn templates(&self) -> Vec<CatalogEntry> {
        self.inner.catalog.list()
    }

    /// One template.
    pub fn template(&self, name: &str) -> Result<CatalogEntry, Error> {
        let parsed: Option<TemplateName> = name.parse().ok();
        parsed
            .and_then(|name| self.inner.catalog.get(&name))
            .ok_or_else(|| Error::TemplateNotFound(shown(name)))
    }
}
