//! One plugin's table by itself: for those who write plugins and have no whole configuration.
//!
//! What is not written has its usual default, for the same code reads it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Context, MAX_FILE, hooks, provisioners};
use crate::plugin::{HookOptions, ProvisionerOptions};
use crate::runtime::document::{Complaint, Complaints, Document, Node, Place, Table, Value, read_text};

/// A plugin that is given on a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByItself {
    /// What it is called.
    pub name: String,
    /// The component's file.
    pub plugin: PathBuf,
    /// A file with what would stand in its table.
    pub table: Option<PathBuf>,
    /// In the place of those of the table.
    pub grants: Vec<&'static str>,
}

impl ByItself {
    /// As an element of `[[hooks]]`.
    pub fn hook(&self) -> Result<HookOptions, Complaints> {
        let mut document = self.document()?;
        document.set(&["name"], given(&self.name))?;
        self.read(&document, |table, context| hooks::hook(table, context, &mut BTreeSet::new()))
    }

    /// As a `[provisioners.NAME]`.
    pub fn provisioner(&self) -> Result<ProvisionerOptions, Complaints> {
        self.read(&self.document()?, |table, context| provisioners::provisioner(&self.name, table, context))
    }

    fn document(&self) -> Result<Document, Complaint> {
        let mut document = match &self.table {
            Some(file) => Document::parse(file, &read_text(file, MAX_FILE)?)?,
            None => Document::parse(Path::new("the command line"), "")?,
        };
        let plugin = std::path::absolute(&self.plugin).unwrap_or_else(|_| self.plugin.clone());
        document.set(&["plugin"], given(&plugin.to_string_lossy()))?;
        if !self.grants.is_empty() {
            let grants = self.grants.iter().map(|grant| given(grant)).collect();
            document.set(&["grants"], Node { value: Value::Array(grants), place: Place::Flag("--grant") })?;
        }
        Ok(document)
    }

    fn read<T>(
        &self,
        document: &Document,
        read: impl FnOnce(&mut Table<'_>, &mut Context) -> Option<T>,
    ) -> Result<T, Complaints> {
        let folder = self
            .table
            .as_deref()
            .and_then(|file| std::path::absolute(file).ok()?.parent().map(Path::to_path_buf));
        let mut context =
            Context { base: folder.unwrap_or_default(), warnings: Vec::new(), files: Vec::new() };
        document.read(|root| read(root, &mut context))
    }
}

fn given(text: &str) -> Node {
    Node { value: Value::Text(text.to_owned()), place: Place::Flag("FILE") }
}
