//! Everything that is plugged in: `[provisioners.NAME]`, `[[hooks]]`, `[defaults]`.

use std::path::PathBuf;

use super::{Context, hooks, provisioners, sandbox};
use crate::domain::ProvisionerName;
use crate::plugin;
use crate::runtime::document::{Node, Table, Value, parsed, path};

pub(super) fn read(root: &mut Table<'_>, context: &mut Context) -> Option<plugin::Options> {
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
    Some(plugin::Options { provisioners, hooks, default_provisioner: default_provisioner?, quarantine })
}

/// The `plugin` key: a file that must be there.
pub(super) fn file(table: &mut Table<'_>, context: &mut Context) -> Option<PathBuf> {
    let file = table.required("plugin", path(&context.base))?;
    context.files.push(file.clone());
    if !file.is_file() {
        table.complain("plugin", format!("there is no file {}: build the plugins first?", file.display()));
    }
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
