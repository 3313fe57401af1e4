//! Request + template = specification. Pure; every complaint at once, each with its pointer.

use std::collections::BTreeMap;

use crate::catalog::check_value;
use crate::domain::{CreateRequest, Input, Secrets, Template, Violation, pointer};

/// Entries of one map of a request.
const MAX_ENTRIES: usize = 256;
/// Bytes of one environment value.
const MAX_VALUE: usize = 32 << 10;
/// Bytes of a label's key or value.
const MAX_LABEL: usize = 256;
/// Bytes of a description.
const MAX_DESCRIPTION: usize = 1_024;

/// What the template and the request make together.
pub struct Resolved {
    /// Template's environment, inputs' defaults and the request's environment.
    pub environment: BTreeMap<String, String>,
    /// Template's and request's labels.
    pub labels: BTreeMap<String, String>,
    /// The request's, which no environment repeats.
    pub secrets: Secrets,
}

/// Merges: template first, then inputs' defaults, then the request's keys.
pub fn resolve(request: &CreateRequest, template: &Template) -> Result<Resolved, Vec<Violation>> {
    let mut complaints = Complaints::default();
    complaints.check_keys("environment", request.environment.keys(), template);
    complaints.check_keys("secrets", request.secrets.0.keys(), template);
    for (key, value) in &request.environment {
        complaints.check_value("environment", key, value);
        if request.secrets.0.contains_key(key) {
            complaints.add(
                &["secrets", key],
                "duplicate_key",
                format!("{key} is given twice: in environment and in secrets"),
            );
        }
    }
    for (key, value) in &request.secrets.0 {
        complaints.check_value("secrets", key, value.expose());
    }
    for input in &template.inputs {
        complaints.check_input(input, request);
    }
    complaints.check_labels(&request.labels);
    if request.description.as_ref().is_some_and(|text| text.len() > MAX_DESCRIPTION) {
        complaints.add(&["description"], "too_long", format!("at most {MAX_DESCRIPTION} bytes are allowed"));
    }
    if !complaints.0.is_empty() {
        return Err(complaints.0);
    }

    let mut environment = template.environment.clone();
    for input in &template.inputs {
        if let Some(default) = &input.default {
            environment.insert(input.name.clone(), default.clone());
        }
    }
    environment.extend(request.environment.clone());
    // A secret takes the place of the template's value: it is not shown beside it.
    environment.retain(|key, _| !request.secrets.0.contains_key(key));
    let mut labels = template.labels.clone();
    labels.extend(request.labels.clone());
    Ok(Resolved { environment, labels, secrets: request.secrets.clone() })
}

#[derive(Default)]
struct Complaints(Vec<Violation>);

impl Complaints {
    fn add(&mut self, path: &[&str], code: &str, message: String) {
        self.0.push(Violation { pointer: pointer(path), code: code.to_owned(), message });
    }

    fn check_keys<'key>(
        &mut self,
        member: &str,
        keys: impl Iterator<Item = &'key String>,
        template: &Template,
    ) {
        for (index, key) in keys.enumerate() {
            if index == MAX_ENTRIES {
                self.add(&[member], "too_many", format!("at most {MAX_ENTRIES} entries are allowed"));
                break;
            }
            let declared = template.inputs.iter().any(|input| input.name == *key);
            if !is_environment_key(key) {
                let message = format!(
                    "{key:?} is no environment key: letters, digits and '_' are allowed, and no digit first"
                );
                self.add(&[member, key], "invalid_key", message);
            } else if !declared && changes_how_programs_load(key) {
                let message = format!(
                    "{key} changes how a program loads: only a template that declares it as an input may be given it"
                );
                self.add(&[member, key], "reserved_key", message);
            }
        }
    }

    fn check_value(&mut self, member: &str, key: &str, value: &str) {
        if value.len() > MAX_VALUE {
            self.add(&[member, key], "too_long", format!("at most {MAX_VALUE} bytes are allowed"));
        } else if value.contains('\0') {
            self.add(&[member, key], "invalid_value", "a NUL byte is not allowed".to_owned());
        }
    }

    fn check_labels(&mut self, labels: &BTreeMap<String, String>) {
        if labels.len() > MAX_ENTRIES {
            self.add(&["labels"], "too_many", format!("at most {MAX_ENTRIES} labels are allowed"));
        }
        let fits = |text: &str| text.len() <= MAX_LABEL && !text.chars().any(char::is_control);
        for (key, value) in labels.iter().take(MAX_ENTRIES) {
            if key.is_empty() || key.contains('=') || !fits(key) || !fits(value) {
                let message = format!(
                    "a label has a key of 1 to {MAX_LABEL} bytes without '=', and a value of up to {MAX_LABEL} bytes, both without control characters"
                );
                self.add(&["labels", key], "invalid_label", message);
            }
        }
    }

    fn check_input(&mut self, input: &Input, request: &CreateRequest) {
        let name = &input.name;
        let plain = request.environment.get(name).map(String::as_str);
        let secret = request.secrets.0.get(name).map(crate::domain::Secret::expose);
        if input.secret && plain.is_some() {
            let message =
                format!("{name} is a secret of this template: give it in secrets, where it is never shown");
            self.add(&["environment", name], "secret_in_environment", message);
            return;
        }
        let member = if secret.is_some() || input.secret { "secrets" } else { "environment" };
        match plain.or(secret) {
            None if input.required && input.default.is_none() => {
                let what = if input.description.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", input.description)
                };
                self.add(
                    &[member, name],
                    "required",
                    format!("the template requires {name}{what}: give it in {member}"),
                );
            }
            None => {}
            Some(value) => {
                if let Err(rule) = check_value(input, value) {
                    self.add(&[member, name], "invalid_value", format!("{name} {rule}"));
                }
            }
        }
    }
}

fn is_environment_key(key: &str) -> bool {
    let mut bytes = key.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && key.len() <= MAX_LABEL
}

/// Keys that make a program load other code than the template's, and our own marks.
fn changes_how_programs_load(key: &str) -> bool {
    const EXACT: [&str; 16] = [
        "PATH",
        "HOME",
        "NODE_OPTIONS",
        "NODE_PATH",
        "BASH_ENV",
        "ENV",
        "SHELLOPTS",
        "BASHOPTS",
        "IFS",
        "PERL5LIB",
        "PERL5OPT",
        "RUBYOPT",
        "RUBYLIB",
        "JAVA_TOOL_OPTIONS",
        "CLASSPATH",
        "GCONV_PATH",
    ];
    const PREFIXES: [&str; 7] =
        ["LD_", "DYLD_", "PYTHON", "WHARFINGER_", "npm_config_", "NPM_CONFIG_", "GIT_"];
    EXACT.contains(&key) || PREFIXES.iter().any(|prefix| key.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{HealthPolicy, Secret};

    fn template(inputs: Vec<Input>) -> Template {
        Template {
            name: "t".parse().unwrap(),
            description: String::new(),
            icon: None,
            provisioner: None,
            image: None,
            command: Vec::new(),
            port: 1,
            path: "/mcp".to_owned(),
            transport: "streamable-http".to_owned(),
            environment: [("LEVEL".to_owned(), "info".to_owned())].into(),
            labels: [("team".to_owned(), "a".to_owned())].into(),
            resources: BTreeMap::new(),
            health: HealthPolicy::default(),
            inputs,
        }
    }

    fn request(environment: &[(&str, &str)], secrets: &[(&str, &str)]) -> CreateRequest {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        CreateRequest {
            name: "n".parse().unwrap(),
            template: "t".parse().unwrap(),
            provisioner: None,
            environment: environment.iter().map(owned).collect(),
            secrets: Secrets(
                secrets.iter().map(owned).map(|(key, value)| (key, Secret::new(value))).collect(),
            ),
            labels: BTreeMap::new(),
            description: None,
        }
    }

    fn refused(request: &CreateRequest, inputs: Vec<Input>) -> Vec<(String, String)> {
        let violations = resolve(request, &template(inputs)).err().unwrap_or_default();
        violations.into_iter().map(|violation| (violation.pointer, violation.code)).collect()
    }

    fn input(name: &str) -> Input {
        Input { name: name.to_owned(), ..Input::default() }
    }

    #[test]
    fn the_requests_keys_win_over_defaults_and_template() {
        let inputs = vec![Input { default: Some("9".to_owned()), ..input("DEPTH") }];
        let resolved =
            resolve(&request(&[("LEVEL", "debug")], &[("TOKEN", "hunter2")]), &template(inputs)).unwrap();
        let expected =
            [("DEPTH", "9"), ("LEVEL", "debug")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(resolved.environment, expected.into());
    }

    #[test]
    fn every_complaint_comes_at_once() {
        let inputs = vec![
            Input { required: true, ..input("NEEDED") },
            Input { required: true, secret: true, ..input("API_KEY") },
            Input { choices: vec!["a".to_owned()], ..input("CHOICE") },
            Input { pattern: Some("[0-9]+".to_owned()), ..input("NUMBER") },
        ];
        let request = request(&[("CHOICE", "b"), ("NUMBER", "7x"), ("LD_PRELOAD", "/x"), ("a/b", "")], &[]);
        let expected = [
            ("/environment/LD_PRELOAD", "reserved_key"),
            ("/environment/a~1b", "invalid_key"),
            ("/environment/NEEDED", "required"),
            ("/secrets/API_KEY", "required"),
            ("/environment/CHOICE", "invalid_value"),
            ("/environment/NUMBER", "invalid_value"),
        ];
        assert_eq!(
            refused(&request, inputs),
            expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned()))
        );
    }

    #[test]
    fn a_secret_input_is_refused_in_the_environment() {
        let inputs = vec![Input { secret: true, ..input("API_KEY") }];
        let refused = refused(&request(&[("API_KEY", "x")], &[]), inputs);
        assert_eq!(refused[0].1, "secret_in_environment");
    }

    #[test]
    fn a_reserved_key_may_be_given_when_the_template_declares_it() {
        assert_eq!(refused(&request(&[("NODE_OPTIONS", "x")], &[]), vec![input("NODE_OPTIONS")]), []);
    }
}
