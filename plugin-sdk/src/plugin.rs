//! What every plugin says about itself.

use serde::de::DeserializeOwned;

use crate::Pairs;
use crate::settings::Report;

/// A plugin: a struct whose fields are its settings, read anew for each call.
///
/// Derive `serde::Deserialize` with `#[serde(deny_unknown_fields)]`, so that a misspelt key is told to
/// the operator; give optional keys a `#[serde(default)]`. A plugin without settings is
/// `struct Mine {}` (with braces: its settings are an empty table).
pub trait Plugin: DeserializeOwned {
    /// Who this is. Called before the plugin goes live, with nothing reachable.
    fn describe() -> Description;

    /// Checks what types cannot say, after every key had the right type. Complain in `report`, once
    /// for each bad key; a report without violations accepts the settings.
    fn check(&self, report: &mut Report) {
        let _ = report;
    }
}

/// Who a plugin is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// The plugin's identity: a provisioner that owns instances is never silently replaced by one
    /// with another name.
    pub name: String,
    /// The plugin's version, for people.
    pub version: String,
    /// JSON Schema of the settings table, if the plugin has settings.
    pub settings_schema: Option<String>,
    /// For example `logs`, `owned`. Unknown ones are shown and otherwise ignored.
    pub capabilities: Vec<String>,
    /// What this plugin wants to say beside that.
    pub extra: Pairs,
}

impl Description {
    /// A plugin with this identity and version, without settings and capabilities.
    pub fn new(name: impl Into<String>, version: impl Into<String>) -> Self {
        Self { name: name.into(), version: version.into(), ..Self::default() }
    }

    /// Adds the JSON Schema of the settings table.
    #[must_use]
    pub fn settings_schema(mut self, schema: impl Into<String>) -> Self {
        self.settings_schema = Some(schema.into());
        self
    }

    /// Adds a capability, for example `logs`.
    #[must_use]
    pub fn capability(mut self, capability: impl Into<String>) -> Self {
        self.capabilities.push(capability.into());
        self
    }
}
