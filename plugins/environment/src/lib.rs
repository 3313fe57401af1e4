//! A hook: which environment variables instances must carry, may not carry, and should carry as secrets.
//!
//! It sees the names of secrets and never their values. A required variable may come either way; a
//! forbidden one may come neither way.

use serde::Deserialize;
use wharfinger_plugin_sdk::prelude::*;

/// The settings; [`SCHEMA`] says the same to tools.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Environment {
    /// Variables every instance needs.
    #[serde(default)]
    required: Vec<String>,
    /// Variables no instance may have; `*` stands for any characters.
    #[serde(default)]
    forbidden: Vec<String>,
    /// What to do about a variable that looks like a secret and is given in clear.
    #[serde(default)]
    secret_like: Policy,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Policy {
    /// Refuse the request.
    Deny,
    /// Tell the user.
    #[default]
    Warn,
    /// Nothing.
    Off,
}

const SCHEMA: &str = r#"{
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "required": {
      "type": "array",
      "items": { "type": "string", "minLength": 1 },
      "description": "Variables every instance needs, in clear or as secrets."
    },
    "forbidden": {
      "type": "array",
      "items": { "type": "string", "minLength": 1 },
      "description": "Variables no instance may have; * stands for any characters."
    },
    "secret_like": {
      "enum": ["deny", "warn", "off"],
      "default": "warn",
      "description": "What to do about a variable that looks like a secret (KEY, TOKEN, PASSWORD, ...) and is given in clear."
    }
  }
}"#;

/// A name with one of these words is a secret's.
const SECRET_WORDS: [&str; 14] = [
    "APIKEY",
    "AUTH",
    "CREDENTIAL",
    "CREDENTIALS",
    "KEY",
    "PASS",
    "PASSPHRASE",
    "PASSWD",
    "PASSWORD",
    "PAT",
    "PRIVATE",
    "PWD",
    "SECRET",
    "TOKEN",
];
/// So is a name with a word that ends like these: `GITHUBTOKEN`.
const SECRET_ENDS: [&str; 5] = ["APIKEY", "PASSWD", "PASSWORD", "SECRET", "TOKEN"];
/// Unless one of these words says that it is none: `PUBLIC_KEY`, `TOKEN_FILE`.
const PLAIN_WORDS: [&str; 4] = ["FILE", "PATH", "PUBLIC", "URL"];

impl Plugin for Environment {
    fn describe() -> Description {
        Description::new("environment", env!("CARGO_PKG_VERSION")).settings_schema(SCHEMA)
    }

    fn check(&self, report: &mut settings::Report) {
        for (key, names) in [("required", &self.required), ("forbidden", &self.forbidden)] {
            for (position, name) in names.iter().enumerate() {
                if name.is_empty() || name.contains('=') {
                    report.violation(format!("/{key}/{position}"), "bad_name", "no name of a variable");
                }
            }
        }
        for (position, name) in self.required.iter().enumerate() {
            if let Some(pattern) = self.forbidden.iter().find(|pattern| matches(pattern, name)) {
                let message =
                    format!("required here and forbidden by `{pattern}`: nothing could ever be made");
                report.violation(format!("/required/{position}"), "contradiction", message);
            }
        }
        if self.required.is_empty() && self.forbidden.is_empty() && self.secret_like == Policy::Off {
            report.warning("with these settings this hook allows everything");
        }
    }
}

impl Hook for Environment {
    fn review(&self, call: ReviewCall) -> Result<Verdict, Failure> {
        let in_clear = &call.request.environment;
        let mut violations = Vec::new();
        for name in &self.required {
            if !in_clear.contains_key(name) && !call.secret_names.contains(name) {
                violations.push(at(name, "required", format!("every instance needs the variable `{name}`")));
            }
        }
        let given = in_clear.keys().map(|name| ("environment", name));
        for (member, name) in given.chain(call.secret_names.iter().map(|name| ("secrets", name))) {
            if let Some(pattern) = self.forbidden.iter().find(|pattern| matches(pattern, name)) {
                let message = format!("no instance may have the variable `{name}` (forbidden: `{pattern}`)");
                violations.push(Violation::new(Violation::pointer_to([member, name]), "forbidden", message));
            }
        }
        let mut warnings = Vec::new();
        if self.secret_like != Policy::Off {
            // An empty value hides nothing.
            for (name, _) in in_clear.iter().filter(|(name, value)| looks_secret(name) && !value.is_empty()) {
                let message = format!("`{name}` looks like a secret: give it as one, not in clear");
                match self.secret_like {
                    Policy::Deny => violations.push(at(name, "secret_in_clear", message)),
                    _ => warnings.push(message),
                }
            }
        }
        let mut verdict = Verdict::of(violations);
        verdict.warnings = warnings;
        Ok(verdict)
    }
}

export_hook!(Environment);

fn at(name: &str, code: &str, message: String) -> Violation {
    Violation::new(Violation::pointer_to(["environment", name]), code, message)
}

/// Whether a name looks as if its value were a secret. It goes by whole words, so that `MONKEY`,
/// `MAX_TOKENS` and `AUTHOR` pass.
fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let words = || name.split(|letter: char| !letter.is_ascii_alphanumeric());
    let secret =
        |word: &str| SECRET_WORDS.contains(&word) || SECRET_ENDS.iter().any(|end| word.ends_with(end));
    words().any(secret) && !words().any(|word| PLAIN_WORDS.contains(&word))
}

/// Whether `name` is as `pattern` says, where `*` stands for any characters, also for none.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut left) = name.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    // The leftmost place for each part leaves the most for those that follow.
    for part in parts {
        match left.split_once(part) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    left.ends_with(end)
}

#[cfg(test)]
mod tests;
