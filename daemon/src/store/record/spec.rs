//! Specifications on the disk: cold, written once.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::violation::ViolationRecord;
use super::{Unreadable, decode, name, time};
use crate::domain::{
    Admission, Decision, HealthPolicy, HookCode, HookMode, Input, Origin, PluginIdentity, Spec, Template,
    Violation,
};

#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct SpecRecord {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    template: TemplateRecord,
    provisioner: String,
    plugin_name: String,
    plugin_digest: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    environment: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    secret_names: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    admission: Vec<AdmissionRecord>,
    created_at: i64,
}

#[derive(Debug, Serialize, Deserialize)]
struct TemplateRecord {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provisioner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    command: Vec<String>,
    port: u16,
    path: String,
    transport: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    environment: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    labels: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    resources: BTreeMap<String, String>,
    health: HealthRecord,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    inputs: Vec<InputRecord>,
}

#[derive(Debug, Serialize, Deserialize)]
struct HealthRecord {
    interval_ms: u64,
    timeout_ms: u64,
    failures: u32,
    start_period_ms: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    expect_tools: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct InputRecord {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    secret: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    default: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    choices: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    format: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct AdmissionRecord {
    hook: String,
    allowed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    mode: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    violations: Vec<ViolationRecord>,
    digest: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settings_hash: Option<String>,
    generation: u64,
    at: i64,
    took_us: u64,
}

/// What an instance was made from, without reading the rest. None: it cannot be read.
pub(in crate::store) fn origin_of_spec(bytes: &[u8]) -> Option<Origin> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
    }
    #[derive(Deserialize)]
    struct Part {
        template: Named,
        provisioner: String,
        #[serde(default)]
        labels: BTreeMap<String, String>,
    }
    let Part { template, provisioner, labels } = decode(bytes).ok()?;
    Some(Origin { template: template.name, provisioner, labels })
}

impl From<&Spec> for SpecRecord {
    fn from(spec: &Spec) -> Self {
        Self {
            name: spec.name.to_string(),
            description: spec.description.clone(),
            template: TemplateRecord::from(&spec.template),
            provisioner: spec.provisioner.to_string(),
            plugin_name: spec.plugin.name.clone(),
            plugin_digest: spec.plugin.digest.clone(),
            environment: spec.environment.clone(),
            secret_names: spec.secret_names.clone(),
            labels: spec.labels.clone(),
            admission: spec.admission.iter().map(AdmissionRecord::from).collect(),
            created_at: spec.created_at.0,
        }
    }
}

impl TryFrom<SpecRecord> for Spec {
    type Error = Unreadable;

    fn try_from(record: SpecRecord) -> Result<Self, Unreadable> {
        Ok(Self {
            name: name("the instance's name", &record.name)?,
            description: record.description,
            template: record.template.try_into()?,
            provisioner: name("the provisioner's name", &record.provisioner)?,
            plugin: PluginIdentity { name: record.plugin_name, digest: record.plugin_digest },
            environment: record.environment,
            secret_names: record.secret_names,
            labels: record.labels,
            admission: record.admission.into_iter().map(Admission::try_from).collect::<Result<_, _>>()?,
            created_at: time(record.created_at),
        })
    }
}

impl From<&Template> for TemplateRecord {
    fn from(template: &Template) -> Self {
        let health = &template.health;
        Self {
            name: template.name.to_string(),
            description: template.description.clone(),
            provisioner: template.provisioner.as_ref().map(ToString::to_string),
            image: template.image.clone(),
            command: template.command.clone(),
            port: template.port,
            path: template.path.clone(),
            transport: template.transport.clone(),
            environment: template.environment.clone(),
            labels: template.labels.clone(),
            resources: template.resources.clone(),
            health: HealthRecord {
                interval_ms: milliseconds(health.interval),
                timeout_ms: milliseconds(health.timeout),
                failures: health.failures,
                start_period_ms: milliseconds(health.start_period),
                expect_tools: health.expect_tools.clone(),
            },
            inputs: template.inputs.iter().cloned().map(InputRecord::from).collect(),
        }
    }
}

impl TryFrom<TemplateRecord> for Template {
    type Error = Unreadable;

    fn try_from(record: TemplateRecord) -> Result<Self, Unreadable> {
        let provisioner = record.provisioner.as_deref();
        Ok(Self {
            name: name("the template's name", &record.name)?,
            description: record.description,
            // Not stored: it belongs to the catalogue's template, not to what was made from it.
            icon: None,
            provisioner: provisioner.map(|text| name("the provisioner's name", text)).transpose()?,
            image: record.image,
            command: record.command,
            port: record.port,
            path: record.path,
            transport: record.transport,
            environment: record.environment,
            labels: record.labels,
            resources: record.resources,
            health: HealthPolicy {
                interval: Duration::from_millis(record.health.interval_ms),
                timeout: Duration::from_millis(record.health.timeout_ms),
                failures: record.health.failures,
                start_period: Duration::from_millis(record.health.start_period_ms),
                expect_tools: record.health.expect_tools,
            },
            inputs: record.inputs.into_iter().map(Input::from).collect(),
        })
    }
}

impl From<Input> for InputRecord {
    fn from(input: Input) -> Self {
        let Input { name, description, required, secret, default, choices, format, pattern } = input;
        Self { name, description, required, secret, default, choices, format, pattern }
    }
}

impl From<InputRecord> for Input {
    fn from(record: InputRecord) -> Self {
        let InputRecord { name, description, required, secret, default, choices, format, pattern } = record;
        Self { name, description, required, secret, default, choices, format, pattern }
    }
}

impl From<&Admission> for AdmissionRecord {
    fn from(admission: &Admission) -> Self {
        Self {
            hook: admission.hook.to_string(),
            allowed: admission.decision == Decision::Allow,
            code: admission.code.map(|code| code.as_str().to_owned()),
            mode: admission.mode.as_str().to_owned(),
            message: admission.message.clone(),
            violations: admission.violations.iter().cloned().map(ViolationRecord::from).collect(),
            digest: admission.digest.clone(),
            settings_hash: admission.settings_hash.clone(),
            generation: admission.generation,
            at: admission.at.0,
            took_us: u64::try_from(admission.took.as_micros()).unwrap_or(u64::MAX),
        }
    }
}

impl TryFrom<AdmissionRecord> for Admission {
    type Error = Unreadable;

    fn try_from(record: AdmissionRecord) -> Result<Self, Unreadable> {
        let code = |word: String| {
            let known = HookCode::ALL.into_iter().find(|code| code.as_str() == word);
            known.ok_or_else(|| Unreadable::word("the code of a review", &word))
        };
        Ok(Self {
            hook: name("the hook's name", &record.hook)?,
            decision: if record.allowed { Decision::Allow } else { Decision::Deny },
            mode: [HookMode::Enforce, HookMode::Audit, HookMode::Off]
                .into_iter()
                .find(|mode| mode.as_str() == record.mode)
                .ok_or_else(|| Unreadable::word("the hook's mode", &record.mode))?,
            code: record.code.map(code).transpose()?,
            message: record.message,
            violations: record.violations.into_iter().map(Violation::from).collect(),
            digest: record.digest,
            settings_hash: record.settings_hash,
            generation: record.generation,
            at: time(record.at),
            took: Duration::from_micros(record.took_us),
        })
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
