//! What may stand in a request file, as serde reads it, and the parts of a call that it stands for.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde::Deserialize;
use serde_json::Value;

use crate::domain::{HealthPolicy, Input, InstanceId, OwnerId, Target, Template, Workload, WorkloadName};

/// Whose workloads these are.
pub(super) const OWNER: OwnerId = OwnerId::from_u128(0xa07_0000_0000_0000_0000_0000_0000_0001);
/// The instance that is meant unless another one is named; a UUID of version 7.
const INSTANCE: InstanceId = InstanceId::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0001);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    pub(super) function: Option<String>,
    pub(super) request: Option<Request>,
    pub(super) target: Option<Meant>,
    #[serde(default)]
    pub(super) dry_run: bool,
    pub(super) cursor: Option<String>,
    pub(super) max_bytes: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Request {
    pub(super) name: String,
    /// A name, or a template that is written out.
    pub(super) template: Value,
    pub(super) provisioner: Option<String>,
    #[serde(default)]
    pub(super) environment: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) secrets: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) labels: BTreeMap<String, String>,
    pub(super) description: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(default)]
    description: String,
    provisioner: Option<String>,
    image: Option<String>,
    #[serde(default)]
    command: Vec<String>,
    port: u16,
    path: Option<String>,
    transport: Option<String>,
    #[serde(default)]
    environment: BTreeMap<String, String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    resources: BTreeMap<String, String>,
    #[serde(default)]
    inputs: Vec<WrittenInput>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenInput {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    secret: bool,
    default: Option<String>,
    #[serde(default)]
    choices: Vec<String>,
    format: Option<String>,
    pattern: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Meant {
    workload_name: Option<String>,
    instance_id: Option<String>,
    #[serde(default)]
    attempt: u32,
    last_known: Option<Known>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    id: String,
    name: String,
    url: Option<String>,
    port: Option<u16>,
    #[serde(default)]
    details: BTreeMap<String, String>,
}

/// A name, or why it is none.
pub(super) fn parse<T>(text: &str) -> Result<T, String>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|error: T::Err| error.to_string())
}

/// A template that is written out.
pub(super) fn template(written: Value) -> Result<Template, String> {
    let written: Written = serde_json::from_value(written).map_err(|error| format!("template: {error}"))?;
    let inputs = written.inputs.into_iter().map(|input| Input {
        name: input.name,
        description: input.description,
        required: input.required,
        secret: input.secret,
        default: input.default,
        choices: input.choices,
        format: input.format,
        pattern: input.pattern,
    });
    Ok(Template {
        name: parse(&written.name)?,
        description: written.description,
        icon: None,
        provisioner: written.provisioner.as_deref().map(parse).transpose()?,
        image: written.image,
        command: written.command,
        port: if written.port == 0 {
            return Err("a template's port is 1 to 65535".to_owned());
        } else {
            written.port
        },
        path: written.path.unwrap_or_else(|| "/mcp".to_owned()),
        transport: written.transport.unwrap_or_else(|| "streamable-http".to_owned()),
        environment: written.environment,
        labels: written.labels,
        resources: written.resources,
        health: HealthPolicy::default(),
        inputs: inputs.collect(),
    })
}

/// Which workload is meant.
pub(super) fn target(meant: Option<Meant>) -> Result<Target, String> {
    let meant =
        meant.unwrap_or(Meant { workload_name: None, instance_id: None, attempt: 0, last_known: None });
    let instance = match meant.instance_id.as_deref() {
        Some(id) => id.parse().map_err(|_| format!("instance_id {id:?} is no UUID"))?,
        None => INSTANCE,
    };
    let name = match meant.workload_name.as_deref() {
        Some(name) => parse(name)?,
        None => WorkloadName::of(OWNER, instance),
    };
    let last_known = meant.last_known.map(|known| Workload {
        id: known.id,
        name: known.name,
        url: known.url,
        port: known.port,
        details: known.details,
    });
    Ok(Target { name, instance, owner: OWNER, incarnation: meant.attempt, last_known })
}
