//! The request to make an instance, and what a dry run answers.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde::Serialize;
use utoipa::ToSchema;

use super::Admission;
use crate::api::extract::{FromBody, Members};
use crate::domain::{self, Secret, Secrets, Spec, Violation};
use crate::service::AdmissionReport;

/// What to make.
// Has no `Debug`: it holds secrets.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateRequest {
    /// Unique among living instances: a DNS label that is no UUID.
    #[schema(pattern = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
    pub(crate) name: String,
    /// What to make it from.
    pub(crate) template: String,
    /// Else the template's, else the configured default.
    pub(crate) provisioner: Option<String>,
    /// Environment of the workload: the template's inputs, and more.
    #[schema(required = false)]
    pub(crate) environment: BTreeMap<String, String>,
    /// Environment of the workload whose values are never shown again.
    #[schema(required = false)]
    pub(crate) secrets: BTreeMap<String, String>,
    /// For selection.
    #[schema(required = false)]
    pub(crate) labels: BTreeMap<String, String>,
    /// For people.
    pub(crate) description: Option<String>,
}

impl FromBody for CreateRequest {
    const REQUIRED: bool = true;

    fn from_body(members: &mut Members) -> Self {
        Self {
            name: members.text("name"),
            template: members.text("template"),
            provisioner: members.optional_text("provisioner"),
            environment: members.texts("environment"),
            secrets: members.texts("secrets"),
            labels: members.texts("labels"),
            description: members.optional_text("description"),
        }
    }
}

impl TryFrom<CreateRequest> for domain::CreateRequest {
    type Error = Vec<Violation>;

    /// Checks the names; the rest is checked where the template is known.
    fn try_from(request: CreateRequest) -> Result<Self, Vec<Violation>> {
        let CreateRequest { name, template, provisioner, environment, secrets, labels, description } =
            request;
        let mut violations = Vec::new();
        let name = parse(&name, "/name", "invalid_name", &mut violations);
        // A name that breaks the rule cannot be a template's or provisioner's: same code as one that
        // follows it and is nobody's.
        let template = parse(&template, "/template", "unknown_template", &mut violations);
        let provisioner = match provisioner {
            Some(name) => parse(&name, "/provisioner", "unknown_provisioner", &mut violations).map(Some),
            None => Some(None),
        };
        let secrets = secrets.into_iter().map(|(key, value)| (key, Secret::new(value)));
        match (name, template, provisioner) {
            (Some(name), Some(template), Some(provisioner)) => Ok(Self {
                name,
                template,
                provisioner,
                environment,
                secrets: Secrets(secrets.collect()),
                labels,
                description,
            }),
            _ => Err(violations),
        }
    }
}

fn parse<T>(text: &str, pointer: &str, code: &str, violations: &mut Vec<Violation>) -> Option<T>
where
    T: FromStr,
    T::Err: Display,
{
    match text.parse() {
        Ok(name) => Some(name),
        Err(error) => {
            let message = error.to_string();
            violations.push(Violation { pointer: pointer.to_owned(), code: code.to_owned(), message });
            None
        }
    }
}

/// What a dry run came to.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DryRun {
    /// Always true: nothing was created.
    pub(crate) dry_run: bool,
    pub(crate) request: EffectiveRequest,
    /// What every hook said.
    pub(crate) admission: Vec<Admission>,
    /// What hooks warned of.
    pub(crate) warnings: Vec<String>,
}

/// A request as it would be stored: defaults filled in, template's and request's values merged.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EffectiveRequest {
    pub(crate) name: String,
    #[schema(required)]
    pub(crate) description: Option<String>,
    pub(crate) template: String,
    pub(crate) provisioner: String,
    pub(crate) environment: BTreeMap<String, String>,
    /// Names only: values are never shown.
    pub(crate) secrets: Vec<String>,
    pub(crate) labels: BTreeMap<String, String>,
}

impl DryRun {
    /// Of a request that would be accepted.
    pub(crate) fn new(spec: &Spec, admission: AdmissionReport) -> Self {
        Self {
            dry_run: true,
            request: EffectiveRequest {
                name: spec.name.to_string(),
                description: spec.description.clone(),
                template: spec.template.name.to_string(),
                provisioner: spec.provisioner.to_string(),
                environment: spec.environment.clone(),
                secrets: spec.secret_names.clone(),
                labels: spec.labels.clone(),
            },
            admission: admission.verdicts.iter().map(Admission::from).collect(),
            warnings: admission.warnings,
        }
    }
}
