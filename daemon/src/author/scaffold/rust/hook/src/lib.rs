//! A hook: every instance says whose it is.
//!
//! The operator names labels that no instance may lack, and perhaps the values that each may have.

use std::collections::BTreeMap;

use serde::Deserialize;
use wharfinger_plugin_sdk::prelude::*;

/// The settings; [`SCHEMA`] says the same to the host, which checks them before this plugin does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Labels {
    /// Label → the values it may have; an empty list allows any.
    required: BTreeMap<String, Vec<String>>,
}

const SCHEMA: &str = r#"{
  "type": "object",
  "additionalProperties": false,
  "required": ["required"],
  "properties": {
    "required": {
      "type": "object",
      "minProperties": 1,
      "additionalProperties": { "type": "array", "items": { "type": "string" } },
      "description": "Label to the values it may have; an empty list allows any."
    }
  }
}"#;

impl Plugin for Labels {
    fn describe() -> Description {
        Description::new("{{name}}", env!("CARGO_PKG_VERSION")).settings_schema(SCHEMA)
    }

    /// What no schema can say.
    fn check(&self, report: &mut settings::Report) {
        for (label, values) in &self.required {
            let place = Violation::pointer_to(["required", label.as_str()]);
            if label.contains('=') {
                report.violation(place, "bad_label", "no label has a `=` in its name");
            } else if values.len() == 1 {
                report.warning(format!("every instance must have `{label}={}`: a template could set it", values[0]));
            }
        }
    }
}

impl Hook for Labels {
    fn review(&self, call: ReviewCall) -> Result<Verdict, Failure> {
        let mut violations = Vec::new();
        for (label, values) in &self.required {
            let place = Violation::pointer_to(["labels", label.as_str()]);
            match call.request.labels.get(label) {
                None => {
                    let message = format!("every instance needs the label `{label}`");
                    violations.push(Violation::new(place, "label_required", message));
                }
                Some(value) if !values.is_empty() && !values.contains(value) => {
                    let message = format!("`{label}` is one of {}", values.join(", "));
                    violations.push(Violation::new(place, "label_not_allowed", message));
                }
                Some(_) => {}
            }
        }
        log::debug!("{}: {} violations", call.request.name, violations.len());
        Ok(Verdict::of(violations))
    }
}

export_hook!(Labels);

#[cfg(test)]
mod tests {
    use wharfinger_plugin_sdk::testing;

    use super::*;

    const SETTINGS: &str = include_str!("../settings.json");

    #[test]
    fn an_instance_of_a_known_team_is_allowed() {
        let hook: Labels = testing::plugin(SETTINGS);
        let verdict = hook.review(testing::request("files").label("team", "docs").review()).unwrap();
        assert_eq!(verdict, Verdict::allow());
        assert_eq!(testing::log_lines().len(), 1);
    }

    #[test]
    fn every_bad_label_is_told_at_its_place() {
        let hook: Labels = testing::plugin(r#"{ "required": { "team": ["docs"], "cost/centre": [] } }"#);
        let verdict = hook.review(testing::request("files").label("team", "sales").review()).unwrap();
        let told: Vec<(&str, &str)> =
            verdict.violations.iter().map(|bad| (bad.pointer.as_str(), bad.code.as_str())).collect();
        assert_eq!(told, [("/labels/cost~1centre", "label_required"), ("/labels/team", "label_not_allowed")]);
    }

    #[test]
    fn a_label_that_cannot_be_is_refused_before_it_goes_live() {
        let failure = settings::check::<Labels>(r#"{ "required": { "a=b": [] } }"#).unwrap_err();
        assert_eq!(failure.violations[0].pointer, "/required/a=b");
    }
}
