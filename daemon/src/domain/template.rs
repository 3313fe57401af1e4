//! Templates: what instances can be made from.

use std::collections::BTreeMap;

use super::{HealthPolicy, ProvisionerName, TemplateName};

/// A predefined specification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Unique in the catalogue.
    pub name: TemplateName,
    /// For people.
    pub description: String,
    /// A small picture, as a `data:` URL: whoever shows it asks nobody.
    pub icon: Option<String>,
    /// The provisioner to use unless the request names one.
    pub provisioner: Option<ProvisionerName>,
    /// Container image, for backends that run images.
    pub image: Option<String>,
    /// Program and arguments, for backends that run programs; empty when the image decides.
    pub command: Vec<String>,
    /// TCP port the server listens on inside its workload; never 0.
    pub port: u16,
    /// Path of the MCP endpoint, with a leading slash.
    pub path: String,
    /// `streamable-http`.
    pub transport: String,
    /// Environment every instance gets; the request's keys win.
    pub environment: BTreeMap<String, String>,
    /// Labels every instance gets; the request's keys win.
    pub labels: BTreeMap<String, String>,
    /// Quantities by name, for example `memory` → `256Mi`.
    pub resources: BTreeMap<String, String>,
    /// When an instance counts as healthy.
    pub health: HealthPolicy,
    /// What a user may or must give.
    pub inputs: Vec<Input>,
}

/// One value a user may or must give: an environment variable of the workload.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Input {
    /// The environment key.
    pub name: String,
    /// For people.
    pub description: String,
    /// A request without it, and without a default, is refused.
    pub required: bool,
    /// It belongs into `secrets`, and is never shown again.
    pub secret: bool,
    /// Used when the request leaves it out. A secret input has none.
    pub default: Option<String>,
    /// If not empty, the only values allowed.
    pub choices: Vec<String>,
    /// `string` (the default), `number`, `boolean` or `filepath` (server.json, 2025-12-11).
    pub format: Option<String>,
    /// A regular expression the whole value must match.
    pub pattern: Option<String>,
}
