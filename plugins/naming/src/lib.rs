//! A hook: what instances may be called.
//!
//! The operator writes a regular expression, and perhaps a length and a message. Nothing else of a
//! request is looked at. The expression is not anchored by itself: write `^` and `$`.

use regex_lite::Regex;
use serde::Deserialize;
use wharfinger_plugin_sdk::prelude::*;

/// The settings; a JSON Schema says the same to tools.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Naming {
    /// What a name must match.
    pattern: String,
    /// The most characters a name may have.
    #[serde(default)]
    max_length: Option<usize>,
    /// Told to the user instead of the pattern.
    #[serde(default)]
    message: Option<String>,
}

const SCHEMA: &str = r#"{
  "type": "object",
  "additionalProperties": false,
  "required": ["pattern"],
  "properties": {
    "pattern": { "type": "string", "description": "Regular expression that names must match." },
    "max_length": { "type": "integer", "minimum": 1, "description": "The most characters a name may have." },
    "message": { "type": "string", "description": "Told to the user instead of the pattern." }
  }
}"#;

impl Plugin for Naming {
    fn describe() -> Description {
        Description::new("naming", env!("CARGO_PKG_VERSION")).settings_schema(SCHEMA)
    }

    fn check(&self, report: &mut settings::Report) {
        if let Err(error) = Regex::new(&self.pattern) {
            report.violation("/pattern", "bad_pattern", format!("not a regular expression: {error}"));
        }
        if self.max_length == Some(0) {
            report.violation("/max_length", "too_small", "at least 1, or no name at all is allowed");
        }
    }
}

impl Hook for Naming {
    fn review(&self, call: ReviewCall) -> Result<Verdict, Failure> {
        let name = &call.request.name;
        let pattern = Regex::new(&self.pattern)
            .map_err(|error| Failure::invalid(format!("`pattern` is not a regular expression: {error}")))?;
        let mut violations = Vec::new();
        if !pattern.is_match(name) {
            let message =
                self.message.clone().unwrap_or_else(|| format!("a name must match `{}`", self.pattern));
            violations.push(Violation::new("/name", "name_not_allowed", message));
        }
        if let Some(limit) = self.max_length.filter(|limit| name.chars().count() > *limit) {
            let message =
                format!("a name has at most {limit} characters, this one has {}", name.chars().count());
            violations.push(Violation::new("/name", "name_too_long", message));
        }
        Ok(Verdict::of(violations))
    }
}

export_hook!(Naming);

#[cfg(test)]
mod tests;
