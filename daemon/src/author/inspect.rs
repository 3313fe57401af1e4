//! `plugin inspect`: what a file is, without running anything in it.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Error, Outcome, Report};
use crate::domain::PluginKind;
use crate::plugin::{self, Anatomy};

/// See the module.
#[derive(Debug, Args)]
pub struct Inspect {
    /// The component.
    #[arg(value_name = "FILE")]
    plugin: PathBuf,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub(super) fn run(self) -> Result<Report, Error> {
        let anatomy = plugin::inspect(&self.plugin)?;
        let text = if self.json { as_json(&anatomy) } else { as_text(&anatomy) };
        Ok(Report { text, outcome: Outcome::Good })
    }
}

const fn kind(anatomy: &Anatomy) -> Option<&'static str> {
    match anatomy.kind {
        Some(PluginKind::Hook) => Some("hook"),
        Some(PluginKind::Provisioner) => Some("provisioner"),
        None => None,
    }
}

fn as_json(anatomy: &Anatomy) -> String {
    let producers = anatomy
        .producers
        .iter()
        .map(|(field, name, version)| json!({ "field": field, "name": name, "version": version }));
    let sections = anatomy.custom_sections.iter().map(|(name, size)| json!({ "name": name, "size": size }));
    let report = json!({
        "kind": kind(anatomy),
        "wit_versions": anatomy.wit_versions,
        "digest": anatomy.digest,
        "size": anatomy.size,
        "imports": anatomy.imports,
        "exports": anatomy.exports,
        "producers": producers.collect::<Vec<_>>(),
        "custom_sections": sections.collect::<Vec<_>>(),
        "modules": anatomy.modules,
    });
    format!("{report:#}")
}

fn as_text(anatomy: &Anatomy) -> String {
    let mut text = format!(
        "kind      {}\nwit       {}\ndigest    {}\nsize      {} bytes, in {} core modules",
        kind(anatomy).unwrap_or("none: it exports neither extension point, or both"),
        anatomy.wit_versions.join(", "),
        anatomy.digest,
        anatomy.size,
        anatomy.modules.len(),
    );
    // Writing to a string cannot fail.
    for import in &anatomy.imports {
        let _ = write!(text, "\nimport    {import}");
    }
    for export in &anatomy.exports {
        let _ = write!(text, "\nexport    {export}");
    }
    for (field, name, version) in &anatomy.producers {
        let _ = write!(text, "\nproducer  {field}: {name} {version}");
    }
    for (name, size) in &anatomy.custom_sections {
        let _ = write!(text, "\nsection   {name}: {size} bytes");
    }
    text
}
