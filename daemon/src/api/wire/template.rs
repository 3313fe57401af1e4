//! Templates.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::Time;
use crate::domain::{self, format_duration};
use crate::service::{CatalogEntry, TemplateSource};

/// What instances can be made from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Template {
    pub(crate) name: String,
    /// For people.
    pub(crate) description: String,
    /// A small picture, as a `data:` URL; null if it has none.
    #[schema(required)]
    pub(crate) icon: Option<String>,
    /// Used unless the request names one.
    #[schema(required)]
    pub(crate) provisioner: Option<String>,
    #[schema(required)]
    pub(crate) image: Option<String>,
    /// Program and arguments; empty when the image decides.
    pub(crate) command: Vec<String>,
    /// Inside the workload.
    pub(crate) port: u16,
    /// Of the MCP endpoint.
    pub(crate) path: String,
    pub(crate) transport: String,
    /// Every instance gets it; the request's keys win.
    pub(crate) environment: BTreeMap<String, String>,
    /// Every instance gets them; the request's keys win.
    pub(crate) labels: BTreeMap<String, String>,
    /// Quantities by name, for example `memory`: `256Mi`.
    pub(crate) resources: BTreeMap<String, String>,
    pub(crate) health: TemplateHealth,
    /// What a user may or must give.
    pub(crate) inputs: Vec<Input>,
    pub(crate) source: Source,
    /// A file: when it was first read as it is. A provisioner: when it last gave it.
    pub(crate) observed_at: Time,
    /// Why there is no newer one; null when this is what its source has now.
    #[schema(required)]
    pub(crate) error: Option<String>,
}

/// When an instance counts as healthy.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateHealth {
    /// Between two probes.
    #[schema(example = "10s")]
    pub(crate) interval: String,
    /// Of one question of one probe.
    #[schema(example = "2s")]
    pub(crate) timeout: String,
    /// So many failed probes in a row make it unhealthy.
    pub(crate) failures: u32,
    /// Failures so soon after its creation do not count.
    #[schema(example = "30s")]
    pub(crate) start_period: String,
    /// Tools that must be listed.
    pub(crate) expect_tools: Vec<String>,
}

/// One value a user may or must give: an environment variable of the workload.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Input {
    pub(crate) name: String,
    /// For people.
    pub(crate) description: String,
    pub(crate) required: bool,
    /// Give it in `secrets`; it is never shown again.
    pub(crate) secret: bool,
    #[schema(required)]
    pub(crate) default: Option<String>,
    /// If not empty, the only values allowed.
    pub(crate) choices: Vec<String>,
    /// `string` (also when null), `number`, `boolean` or `filepath`.
    #[schema(required)]
    pub(crate) format: Option<String>,
    /// A regular expression the whole value must match.
    #[schema(required)]
    pub(crate) pattern: Option<String>,
}

/// Where a template comes from.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Source {
    /// A file of the operator.
    File {
        /// Its name, without its directory.
        file: String,
    },
    /// The backend of a provisioner.
    Provisioner {
        /// Which.
        provisioner: String,
    },
}

/// Every template, by name.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateList {
    pub(crate) templates: Vec<Template>,
}

impl From<CatalogEntry> for Template {
    fn from(entry: CatalogEntry) -> Self {
        let domain::Template {
            name,
            description,
            icon,
            provisioner,
            image,
            command,
            port,
            path,
            transport,
            environment,
            labels,
            resources,
            health,
            inputs,
        } = (*entry.template).clone();
        Self {
            name: name.to_string(),
            description,
            icon,
            provisioner: provisioner.map(|name| name.to_string()),
            image,
            command,
            port,
            path,
            transport,
            environment,
            labels,
            resources,
            health: health.into(),
            inputs: inputs.into_iter().map(Input::from).collect(),
            source: match entry.source {
                // Where the operator keeps them is nobody else's business.
                TemplateSource::File(path) => {
                    Source::File { file: path.file_name().unwrap_or_default().to_string_lossy().into_owned() }
                }
                TemplateSource::Provisioner(name) => Source::Provisioner { provisioner: name.to_string() },
            },
            observed_at: entry.observed_at.into(),
            error: entry.error,
        }
    }
}

impl From<domain::HealthPolicy> for TemplateHealth {
    fn from(health: domain::HealthPolicy) -> Self {
        let domain::HealthPolicy { interval, timeout, failures, start_period, expect_tools } = health;
        Self {
            interval: format_duration(interval),
            timeout: format_duration(timeout),
            failures,
            start_period: format_duration(start_period),
            expect_tools,
        }
    }
}

impl From<domain::Input> for Input {
    fn from(input: domain::Input) -> Self {
        let domain::Input { name, description, required, secret, default, choices, format, pattern } = input;
        Self { name, description, required, secret, default, choices, format, pattern }
    }
}
