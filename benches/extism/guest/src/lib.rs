//! The hook `naming` as an Extism plugin: the same rule over the same request. What travels as WIT
//! records there is JSON here, as Extism has it.

use std::collections::BTreeMap;

use extism_pdk::{FnResult, Json, config, plugin_fn};
use regex_lite::Regex;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct Naming {
    pattern: String,
    max_length: Option<usize>,
    message: Option<String>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "the whole request is read, as the other guest reads it")]
struct ReviewCall {
    operation: String,
    request: Request,
    provisioner: String,
    secret_names: Vec<String>,
    dry_run: bool,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "the whole request is read, as the other guest reads it")]
struct Request {
    id: String,
    name: String,
    template: Template,
    environment: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "the whole request is read, as the other guest reads it")]
struct Template {
    name: String,
    description: String,
    image: Option<String>,
    command: Vec<String>,
    port: u16,
    path: String,
    transport: String,
    environment: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    resources: BTreeMap<String, String>,
    inputs: String,
}

#[derive(Serialize)]
struct Verdict {
    decision: &'static str,
    violations: Vec<Violation>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct Violation {
    pointer: &'static str,
    code: &'static str,
    message: String,
}

#[plugin_fn]
pub fn review(Json(call): Json<ReviewCall>) -> FnResult<Json<Verdict>> {
    let settings: Naming = serde_json::from_str(&config::get("settings")?.unwrap_or_default())?;
    let name = &call.request.name;
    let pattern = Regex::new(&settings.pattern)?;
    let mut violations = Vec::new();
    if !pattern.is_match(name) {
        let message = settings.message.unwrap_or_else(|| format!("a name must match `{}`", settings.pattern));
        violations.push(Violation { pointer: "/name", code: "name_not_allowed", message });
    }
    if let Some(limit) = settings.max_length.filter(|limit| name.chars().count() > *limit) {
        let message = format!("a name has at most {limit} characters, this one has {}", name.chars().count());
        violations.push(Violation { pointer: "/name", code: "name_too_long", message });
    }
    let decision = if violations.is_empty() { "allow" } else { "deny" };
    Ok(Json(Verdict { decision, violations, warnings: Vec::new() }))
}
