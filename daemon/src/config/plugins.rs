//! Everything that is plugged in: `[provisioners.NAME]`, `[[hooks]]`, `[defaults]`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Context, hooks, provisioners, sandbox};
use crate::domain::{PluginKind, PluginVersion, ProvisionerName};
use crate::plugin;
use crate::runtime::document::{
    Complaints, Document, Node, Table, Value, count, duration, parsed, path, size,
};

pub(super) fn read(root: &mut Table<'_>, context: &mut Context, data_dir: &Path) -> Option<plugin::Options> {
    let loading = loading(root, data_dir);
    let provisioners = provisioners::read(root, context);
    let hooks = hooks::read(root, context);
    let quarantine = sandbox::quarantine(root);
    let names: Vec<String> = root.names_in("provisioners");
    if names.is_empty() {
        root.complain("provisioners", "at least one [provisioners.NAME] is required");
    }
    let default_provisioner = root.table("defaults", |defaults| {
        let name = defaults.required("provisioner", parsed::<ProvisionerName>())?;
        // A table that is there with mistakes of its own is not unknown.
        if !names.is_empty() && !names.iter().any(|known| known == name.as_str()) {
            let message =
                format!("{name:?} is not configured; there are: {}", names.join(", "), name = name.as_str());
            defaults.complain("provisioner", message);
        }
        Some(name)
    });
    let default_provisioner = default_provisioner?;
    Some(plugin::Options { provisioners, hooks, default_provisioner, loading, quarantine })
}

fn loading(root: &mut Table<'_>, data_dir: &Path) -> plugin::LoadingOptions {
    const SECOND: Duration = Duration::from_secs(1);
    let usual = plugin::LoadingOptions::in_dir(data_dir.join("plugins"));
    root.table("plugins", |plugins| plugin::LoadingOptions {
        max_file: plugins.or("max_file", size(1 << 10..=1 << 30), usual.max_file),
        compile_memory: plugins.or("compile_memory", size(256 << 20..=64 << 30), usual.compile_memory),
        compile_time: plugins.or("compile_time", duration(SECOND..=3_600 * SECOND), usual.compile_time),
        drain: plugins.or("drain", duration(SECOND..=86_400 * SECOND), usual.drain),
        keep: plugins.or("keep", count(0..=100), usual.keep),
        ..usual
    })
}

/// Reads a table that was stored as [text](Table::text). Paths in it start where the configuration
/// does now.
pub(super) fn read_stored(
    version: &PluginVersion,
    context: &mut Context,
) -> Result<plugin::StoredTable, Complaints> {
    let file = PathBuf::from(format!("the stored table of {} {:?}", version.kind.as_str(), version.name));
    match version.kind {
        PluginKind::Provisioner => {
            let document = Document::of_table(&file, &version.table, &["provisioners", &version.name])?;
            document
                .read(|root| provisioners::read(root, context).pop())
                .map(plugin::StoredTable::Provisioner)
        }
        PluginKind::Hook => {
            let document = Document::of_item(&file, &version.table, "hooks")?;
            document.read(|root| hooks::read(root, context).pop()).map(plugin::StoredTable::Hook)
        }
    }
}

/// The `plugin` key. Whether the file is there, and any good, is found when it is loaded: a lost file
/// is served from the last good copy.
pub(super) fn file(table: &mut Table<'_>, context: &mut Context) -> Option<PathBuf> {
    let file = table.required("plugin", path(&context.base))?;
    context.files.push(file.clone());
    Some(file)
}

/// The `settings` key: any table, as JSON text. What is in it is the plugin's to check.
pub(super) fn settings(table: &mut Table<'_>) -> String {
    let json = match table.any("settings") {
        None => Ok(serde_json::Value::Object(serde_json::Map::new())),
        Some(node @ Node { value: Value::Table(_), .. }) => json(&node.value),
        Some(node) => Err(format!("is {}; a table is wanted", node.value.what())),
    };
    match json {
        Ok(json) => json.to_string(),
        Err(message) => {
            table.complain("settings", message);
            String::new()
        }
    }
}

fn json(value: &Value) -> Result<serde_json::Value, String> {
    use serde_json::Value as Json;
    Ok(match value {
        Value::Text(text) | Value::Datetime(text) => Json::String(text.clone()),
        Value::Integer(number) => Json::from(*number),
        Value::Float(number) => Json::Number(
            serde_json::Number::from_f64(*number)
                .ok_or_else(|| format!("{number} cannot be handed over: JSON has no such number"))?,
        ),
        Value::Boolean(boolean) => Json::Bool(*boolean),
        Value::Array(items) => {
            Json::Array(items.iter().map(|item| json(&item.value)).collect::<Result<_, _>>()?)
        }
        Value::Table(entries) => {
            let entry = |(key, node): (&String, &Node)| Ok((key.clone(), json(&node.value)?));
            Json::Object(entries.iter().map(entry).collect::<Result<_, String>>()?)
        }
    })
}
