//! What wins over the file: environment variables, then flags.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::runtime::document::{Complaint, Document, Node, Place, Value};

/// Variables that begin so, in any case, are keys: `WHARFINGER__SERVER__LISTEN` is
/// `server.listen`. A part finds a name whatever its case and with `_` for `-`, and a hook by its
/// name: `WHARFINGER__HOOKS__NAMING__MODE`.
const PREFIX: &str = "WHARFINGER__";

/// What the command line says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// `--listen`.
    pub listen: Option<String>,
    /// `--data-dir`, relative to the working directory.
    pub data_dir: Option<PathBuf>,
    /// `--log-filter`.
    pub log_filter: Option<String>,
    /// `--log-format`.
    pub log_format: Option<String>,
}

/// Puts every override into the document. Answers with those that have no place in it.
pub(super) fn apply(
    document: &mut Document,
    environment: &BTreeMap<String, String>,
    overrides: &Overrides,
) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for (variable, value) in environment {
        let Some(path) = key_of(variable) else { continue };
        let node = Document::parse_override(value, Place::Environment(variable.clone()));
        complaints.extend(document.set(&path, node).err());
    }
    for (flag, path, value) in overrides.entries() {
        let node = Node { value: Value::Text(value), place: Place::Flag(flag) };
        complaints.extend(document.set(&path, node).err());
    }
    complaints
}

fn key_of(variable: &str) -> Option<Vec<&str>> {
    let prefix = variable.get(..PREFIX.len())?;
    prefix.eq_ignore_ascii_case(PREFIX).then(|| variable[PREFIX.len()..].split("__").collect())
}

impl Overrides {
    fn entries(&self) -> Vec<(&'static str, [&'static str; 2], String)> {
        let data_dir = self.data_dir.as_ref().map(|dir| {
            let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.clone());
            dir.to_string_lossy().into_owned()
        });
        let all = [
            ("--listen", ["server", "listen"], self.listen.clone()),
            ("--data-dir", ["server", "data_dir"], data_dir),
            ("--log-filter", ["log", "filter"], self.log_filter.clone()),
            ("--log-format", ["log", "format"], self.log_format.clone()),
        ];
        all.into_iter().filter_map(|(flag, path, value)| Some((flag, path, value?))).collect()
    }
}
