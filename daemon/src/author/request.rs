//! Request files: what a plugin is asked, in the daemon's wire words.
//!
//! A file holds one call, or a list of calls that are made one after the other. A call of a hook is
//! the body of `POST /mcp/instances`, or an object with `request` and `dry_run`; one of a
//! provisioner is an object with `function` and what that needs:
//!
//! | function | members |
//! |---|---|
//! | `review` | `request`, `dry_run` |
//! | `create` | `request`, `target` |
//! | `inspect`, `destroy` | `target` |
//! | `logs` | `target`, `cursor`, `max_bytes` |
//! | `owned` | `cursor` |
//! | `templates` | – |
//!
//! Whatever is left out is filled in, the same each time, so that an `inspect` is about what a
//! `create` before it made. A template is written out in the request, or named and found in the
//! folder of a configuration.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, from_value};

use super::request_file::{Call, Request, parse, target, template};
use super::{Error, json};
use crate::catalog;
use crate::config::{self, Overrides};
use crate::domain::{
    CreateRequest, PluginIdentity, Secret, Secrets, Spec, Target, Template, Timestamp, Violation,
};
use crate::extension::{CreateOrder, LogsRequest, Review};
use crate::service;

/// Calls of one file.
const MAX_CALLS: usize = 1_000;
/// Of logs, unless the file says more.
const MAX_BYTES: u32 = 64 << 10;

/// One call.
#[derive(Debug, Clone)]
pub(super) enum Question {
    Review(Review),
    Templates,
    Create(CreateOrder),
    Inspect(Target, Arc<Secrets>),
    Destroy(Target, Arc<Secrets>),
    Owned(Option<String>),
    Logs(Target, LogsRequest, Arc<Secrets>),
}

impl Question {
    /// As in the WIT.
    pub(super) const fn function(&self) -> &'static str {
        match self {
            Self::Review(_) => "review",
            Self::Templates => "templates",
            Self::Create(_) => "create",
            Self::Inspect(..) => "inspect",
            Self::Destroy(..) => "destroy",
            Self::Owned(_) => "owned",
            Self::Logs(..) => "logs",
        }
    }
}

/// Where templates are found, and who makes what names nobody.
pub(super) struct Surroundings {
    templates: Vec<Template>,
    provisioner: String,
}

impl Surroundings {
    /// Those of a configuration, or none.
    pub(super) fn of(configuration: Option<&Path>) -> Result<Self, Error> {
        let Some(file) = configuration else {
            return Ok(Self { templates: Vec::new(), provisioner: "provisioner".to_owned() });
        };
        let options = config::load(file, config::environment(), &Overrides::default());
        let options = options.map_err(|refused| refused.complaints)?.options;
        let provisioners =
            options.plugin.provisioners.iter().map(|provisioner| provisioner.name.clone()).collect();
        let entries = catalog::read(&options.catalog, &provisioners)?;
        Ok(Self {
            templates: entries.into_iter().map(|entry| (*entry.template).clone()).collect(),
            provisioner: options.plugin.default_provisioner.to_string(),
        })
    }

    /// Every call of a file. `function` wins over what the file says.
    pub(super) fn read(
        &self,
        file: &Path,
        function: Option<&str>,
        hook: bool,
    ) -> Result<Vec<Question>, Error> {
        let calls = match json(file)? {
            Value::Array(calls) if calls.len() <= MAX_CALLS => calls,
            Value::Array(_) => {
                return Err(Error::Unusable(format!("{} holds more than {MAX_CALLS} calls", file.display())));
            }
            call => vec![call],
        };
        let mut questions = Vec::new();
        for (number, call) in calls.into_iter().enumerate() {
            let question = self.question(call, function, hook).map_err(|reason| {
                Error::Unusable(format!("{}: call {}: {reason}", file.display(), number + 1))
            })?;
            questions.push(question);
        }
        match questions.is_empty() {
            true => Err(Error::Unusable(format!("{} holds no call", file.display()))),
            false => Ok(questions),
        }
    }

    /// A call that needs no file: a hook's.
    pub(super) fn example(&self) -> Result<Vec<Question>, Error> {
        let call = serde_json::json!({
            "name": "example",
            "template": {
                "name": "example",
                "image": "registry.example/mcp/files:1.4",
                "port": 8080,
                "environment": { "LOG_LEVEL": "info" },
                "labels": { "team": "docs" },
            },
            "environment": { "ROOT": "/srv/files" },
            "secrets": { "API_TOKEN": "an example, no secret" },
        });
        self.question(call, None, true).map(|question| vec![question]).map_err(Error::Unusable)
    }

    fn question(&self, call: Value, function: Option<&str>, hook: bool) -> Result<Question, String> {
        // The body of a request is a call by itself.
        let body =
            call.get("function").is_none() && call.get("request").is_none() && call.get("name").is_some();
        let call = if body { serde_json::json!({ "request": call }) } else { call };
        let call: Call = from_value(call).map_err(|error| error.to_string())?;
        let usual = match (hook, &call.request) {
            (true, _) => Some("review"),
            (false, Some(_)) => Some("create"),
            (false, None) => None,
        };
        let function = function
            .or(call.function.as_deref())
            .or(usual)
            .ok_or("function is missing: create, inspect, destroy, owned, logs or templates")?;
        if hook != (function == "review") {
            let wanted = if hook { "review" } else { "create, inspect, destroy, owned, logs or templates" };
            return Err(format!("function {function:?} is not this kind's: {wanted} is"));
        }
        let secrets = call.request.as_ref().map(|request| secrets(&request.secrets));
        let spec = call.request.map(|request| self.spec(request)).transpose()?;
        let target = target(call.target)?;
        let id = target.instance;
        let needed = || format!("{function} needs a request: what POST /mcp/instances takes");
        let secrets = Arc::new(secrets.unwrap_or_default());
        Ok(match function {
            "review" => Question::Review(Review {
                id,
                spec: Arc::new(spec.ok_or_else(needed)?),
                dry_run: call.dry_run,
            }),
            "create" => Question::Create(CreateOrder {
                id,
                spec: Arc::new(spec.ok_or_else(needed)?),
                target,
                secrets,
            }),
            "inspect" => Question::Inspect(target, secrets),
            "destroy" => Question::Destroy(target, secrets),
            "owned" => Question::Owned(call.cursor),
            "templates" => Question::Templates,
            "logs" => {
                let max_bytes = call.max_bytes.unwrap_or(MAX_BYTES);
                Question::Logs(target, LogsRequest { cursor: call.cursor, max_bytes }, secrets)
            }
            other => return Err(format!("there is no function {other:?}")),
        })
    }

    fn template(&self, name: &str) -> Result<Template, String> {
        let found = self.templates.iter().find(|template| template.name.as_str() == name);
        found.cloned().ok_or_else(|| match self.templates.as_slice() {
            [] => {
                format!("template {name:?} is not known: write it out, or name a configuration with --config")
            }
            known => {
                let known: Vec<&str> = known.iter().map(|template| template.name.as_str()).collect();
                format!("there is no template {name:?}; there are: {}", known.join(", "))
            }
        })
    }

    /// Request and template, resolved as the daemon does it.
    fn spec(&self, request: Request) -> Result<Spec, String> {
        let template = match &request.template {
            Value::String(name) => self.template(name)?,
            _ => template(request.template)?,
        };
        let asked = CreateRequest {
            name: parse(&request.name)?,
            template: template.name.clone(),
            provisioner: request.provisioner.as_deref().map(parse).transpose()?,
            environment: request.environment,
            secrets: secrets(&request.secrets),
            labels: request.labels,
            description: request.description,
        };
        let resolved = service::resolve(&asked, &template).map_err(|violations| told(&violations))?;
        let provisioner = match asked.provisioner.or_else(|| template.provisioner.clone()) {
            Some(provisioner) => provisioner,
            None => parse(&self.provisioner)?,
        };
        Ok(Spec {
            name: asked.name,
            description: asked.description,
            plugin: PluginIdentity { name: provisioner.to_string(), digest: String::new() },
            provisioner,
            template,
            environment: resolved.environment,
            secret_names: resolved.secrets.names(),
            labels: resolved.labels,
            admission: Vec::new(),
            created_at: Timestamp(0),
        })
    }
}

fn secrets(given: &BTreeMap<String, String>) -> Secrets {
    Secrets(given.iter().map(|(key, value)| (key.clone(), Secret::new(value.clone()))).collect())
}

fn told(violations: &[Violation]) -> String {
    let lines = violations.iter().map(|violation| format!("{}: {}", violation.pointer, violation.message));
    lines.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked(call: Value, hook: bool) -> Result<Question, String> {
        Surroundings::of(None).unwrap().question(call, None, hook)
    }

    fn body() -> Value {
        json!({
            "name": "files",
            "template": { "name": "t", "port": 1, "inputs": [{ "name": "DEPTH", "default": "9" }] },
            "secrets": { "TOKEN": "hunter2-long" },
        })
    }

    #[test]
    fn a_requests_body_is_a_review_of_what_the_daemon_makes_of_it() {
        let Question::Review(review) = asked(body(), true).unwrap() else { panic!() };
        assert_eq!(review.spec.environment["DEPTH"], "9");
        assert_eq!(review.spec.secret_names, ["TOKEN"]);
        assert!(!review.dry_run);
    }

    #[test]
    fn the_same_workload_is_meant_unless_another_one_is_named() {
        let Question::Create(order) =
            asked(json!({ "function": "create", "request": body() }), false).unwrap()
        else {
            panic!()
        };
        let Question::Inspect(target, _) = asked(json!({ "function": "inspect" }), false).unwrap() else {
            panic!()
        };
        assert_eq!(order.target, target);
        assert_eq!(order.secrets.0["TOKEN"].expose(), "hunter2-long");
        let other = json!({ "function": "inspect", "target": { "instance_id": "0190aaaa-0000-7000-8000-000000000009" } });
        let Question::Inspect(other, _) = asked(other, false).unwrap() else { panic!() };
        assert_ne!(other.name, target.name);
    }

    #[test]
    fn what_cannot_be_asked_is_refused_with_what_can() {
        for (call, hook, why) in [
            (json!({ "function": "create", "request": body() }), true, "review"),
            (json!({ "function": "review", "request": body() }), false, "create"),
            (json!({ "function": "create" }), false, "needs a request"),
            (json!({}), false, "function is missing"),
            (json!({ "functoin": "inspect" }), false, "unknown field"),
            (json!({ "name": "files", "template": "demo" }), true, "--config"),
            (json!({ "name": "No Name", "template": { "name": "t", "port": 1 } }), true, "not allowed"),
            (json!({ "name": "files", "template": { "name": "t", "port": 0 } }), true, "port"),
            (
                json!({ "name": "files", "template": { "name": "t", "prot": 1 } }),
                true,
                "unknown field `prot`",
            ),
            (
                json!({ "name": "f", "template": { "name": "t", "port": 1 }, "environment": { "PATH": "x" } }),
                true,
                "/environment/PATH",
            ),
        ] {
            let refused = asked(call.clone(), hook).unwrap_err();
            assert!(refused.contains(why), "{call}: {refused}");
        }
    }
}
