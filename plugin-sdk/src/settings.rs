//! A plugin's settings: the table that the operator wrote, as the plugin's own struct.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use serde_json::{Map, Value};

use crate::{Failure, Plugin, Violation};

/// What is wrong with a settings table, and what is merely odd.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    violations: Vec<Violation>,
    warnings: Vec<String>,
}

impl Report {
    /// Complains about one key (`pointer` into the settings table, for example `/pattern`): the
    /// settings are refused.
    pub fn violation(
        &mut self,
        pointer: impl Into<String>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.violations.push(Violation::new(pointer, code, message));
    }

    /// Tells the operator something; the settings are accepted.
    pub fn warning(&mut self, message: impl Into<String>) {
        self.warnings.push(message.into());
    }
}

/// Reads a settings table: one violation for each bad key, and the whole table or nothing.
pub fn read<P: Plugin>(json: &str) -> Result<P, Failure> {
    // A hook reads its settings for each request: good ones are not taken apart first. Serde would also
    // make a struct of a list.
    if json.starts_with('{')
        && let Ok(plugin) = serde_json::from_str(json)
    {
        return Ok(plugin);
    }
    let table: Map<String, Value> = serde_json::from_str(json)
        .map_err(|error| refusal(vec![Violation::new("", "not_a_table", error.to_string())]))?;
    match from_table::<P>(table.clone()) {
        Ok(plugin) => Ok(plugin),
        Err(whole) => {
            let mut violations: Vec<Violation> = table.iter().filter_map(bad_key::<P>).collect();
            if violations.is_empty() {
                // Every key is good by itself, so one is missing, or two of them disagree.
                violations.push(match missing(&whole) {
                    Some(key) => Violation::new(
                        Violation::pointer_to([key.as_str()]),
                        "required",
                        "this key is required",
                    ),
                    None => Violation::new("", "invalid", whole.to_string()),
                });
            }
            Err(refusal(violations))
        }
    }
}

/// Reads a settings table and lets the plugin check it: answers with warnings, or fails with kind `invalid` and
/// one violation for each bad key.
///
/// ```
/// use serde::Deserialize;
/// use wharfinger_plugin_sdk::prelude::*;
///
/// #[derive(Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Quota {
///     most: u32,
/// }
///
/// impl Plugin for Quota {
///     fn describe() -> Description {
///         Description::new("quota", "1.0.0")
///     }
///
///     fn check(&self, report: &mut settings::Report) {
///         if self.most == 0 {
///             report.violation("/most", "too_small", "at least 1, or nothing is allowed");
///         }
///     }
/// }
///
/// assert!(settings::check::<Quota>(r#"{ "most": 3 }"#).is_ok());
/// let failure = settings::check::<Quota>(r#"{ "most": 0 }"#).unwrap_err();
/// assert_eq!(failure.violations[0].pointer, "/most");
/// ```
pub fn check<P: Plugin>(json: &str) -> Result<Vec<String>, Failure> {
    let plugin: P = read(json)?;
    let mut report = Report::default();
    plugin.check(&mut report);
    if report.violations.is_empty() { Ok(report.warnings) } else { Err(refusal(report.violations)) }
}

fn from_table<P: Plugin>(table: Map<String, Value>) -> Result<P, serde_json::Error> {
    serde_json::from_value(Value::Object(table))
}

/// Serde stops at the first bad key; so each is tried alone. That the others are missing then is not
/// this key's fault.
fn bad_key<P: Plugin>((key, value): (&String, &Value)) -> Option<Violation> {
    let error = from_table::<P>(Map::from_iter([(key.clone(), value.clone())])).err()?;
    if missing(&error).is_some() {
        return None;
    }
    let text = error.to_string();
    let code = if text.starts_with("unknown field") { "unknown_key" } else { "invalid_value" };
    Some(Violation::new(Violation::pointer_to([key.as_str()]), code, text))
}

/// The key that serde's derived code says is missing: its messages are "missing field `key`".
fn missing(error: &serde_json::Error) -> Option<String> {
    let text = error.to_string();
    Some(text.strip_prefix("missing field `")?.split('`').next()?.to_owned())
}

fn refusal(violations: Vec<Violation>) -> Failure {
    let text: Vec<String> = violations
        .iter()
        .map(|violation| match violation.pointer.as_str() {
            "" => violation.message.clone(),
            pointer => format!("{pointer}: {}", violation.message),
        })
        .collect();
    Failure::invalid(format!("the plugin's settings are not usable: {}", text.join("; ")))
        .violations(violations)
}

/// A duration as operators write it: `500ms`, `30s`, `5m`, `2h`.
///
/// ```
/// use wharfinger_plugin_sdk::settings::Span;
///
/// let grace: Span = "5m".parse().unwrap();
/// assert_eq!(grace.0.as_secs(), 300);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not a duration: write a whole number and ms, s, m or h, as in `30s`");
        let digits = text.find(|letter: char| !letter.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let milliseconds = match unit {
            "ms" => Some(number),
            "s" => number.checked_mul(1_000),
            "m" => number.checked_mul(60_000),
            "h" => number.checked_mul(3_600_000),
            _ => return Err(wrong()),
        };
        milliseconds.map(|milliseconds| Self(Duration::from_millis(milliseconds))).ok_or_else(wrong)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}ms", self.0.as_millis())
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Description;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Example {
        size: u32,
        #[serde(default)]
        wait: Option<Span>,
    }

    impl Plugin for Example {
        fn describe() -> Description {
            Description::new("example", "0")
        }

        fn check(&self, report: &mut Report) {
            if self.size == 0 {
                report.violation("/size", "too_small", "at least 1");
            }
            if self.wait.is_none() {
                report.warning("no wait");
            }
        }
    }

    fn pointers(json: &str) -> Vec<(String, String)> {
        let failure = check::<Example>(json).unwrap_err();
        failure.violations.into_iter().map(|violation| (violation.pointer, violation.code)).collect()
    }

    #[test]
    fn good_settings_are_accepted_with_their_warnings() {
        assert_eq!(check::<Example>(r#"{"size": 1}"#), Ok(vec!["no wait".to_owned()]));
        assert_eq!(read::<Example>(r#"{"size": 1, "wait": "5m"}"#).unwrap().wait.unwrap().0.as_secs(), 300);
    }

    #[test]
    fn every_bad_key_is_told_at_once() {
        assert_eq!(
            pointers(r#"{"size": "large", "wait": "soon", "weight": 1}"#),
            [
                ("/size".into(), "invalid_value".into()),
                ("/wait".into(), "invalid_value".into()),
                ("/weight".into(), "unknown_key".into())
            ]
        );
    }

    #[test]
    fn a_missing_key_is_told_by_name() {
        assert_eq!(pointers("{}"), [("/size".into(), "required".into())]);
        assert_eq!(pointers(r#"{"wait": "1s"}"#), [("/size".into(), "required".into())]);
    }

    #[test]
    fn the_plugins_own_check_is_heard() {
        assert_eq!(pointers(r#"{"size": 0}"#), [("/size".into(), "too_small".into())]);
    }

    #[test]
    fn settings_that_are_no_table_are_refused() {
        assert_eq!(pointers("[]"), [("".into(), "not_a_table".into())]);
    }

    #[test]
    fn durations_need_a_unit() {
        for (text, milliseconds) in [("500ms", 500), ("30s", 30_000), ("5m", 300_000), ("2h", 7_200_000)] {
            assert_eq!(text.parse::<Span>().unwrap().0.as_millis(), milliseconds);
        }
        for text in ["", "5", "s", "5 s", "-1s", "1.5s", "99999999999999999999s", "99999999999999999h"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
