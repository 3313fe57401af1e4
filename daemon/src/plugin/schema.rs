//! Settings against the schema that their plugin describes (JSON Schema), before the plugin itself
//! is asked: what a schema says is told with the place of every bad key, in whatever language the
//! plugin is written.
//!
//! A schema comes from a guest and is worked through outside of its sandbox, so it is kept to what
//! surely ends, and soon: its size is bounded, it refers to nothing outside itself and never in a
//! circle, the schemas it stands for when every reference is written out are counted, and patterns
//! run on an engine that does not backtrack, each small when compiled and all of them few: together
//! they take some 20 MiB and 50 ms. Even so it is no work for a thread that serves.

use std::collections::{HashMap, HashSet};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, ValidationError, Validator};
use serde_json::Value;

use super::convert;
use super::error::{Error, Subject};
use crate::domain::{Violation, pointer};

/// Bytes of a schema.
const MAX_SCHEMA: usize = 64 << 10;
/// Schemas and values within it, with each reference written out.
const MAX_PARTS: usize = 10_000;
/// How deep they lie within each other.
const MAX_DEPTH: usize = 128;
/// Patterns that differ: a pattern that is written twice is compiled once.
const MAX_PATTERNS: usize = 64;
/// Bytes of one compiled pattern.
const MAX_PATTERN: usize = 256 << 10;
/// Complaints that are told.
const MAX_COMPLAINTS: usize = 50;
/// Bytes of one complaint.
const MAX_COMPLAINT: usize = 1_024;

/// Checks `settings` (JSON text) against what the plugin describes. Without a schema all is well. Blocks.
pub(super) fn check(subject: &Subject, schema: Option<&str>, settings: &str) -> Result<(), Error> {
    let Some(schema) = schema else { return Ok(()) };
    let (schema, validator) = read(schema).map_err(|reason| Error::Description {
        subject: subject.clone(),
        reason: format!("its settings-schema {}", convert::cut(&reason, MAX_COMPLAINT)),
    })?;
    let refused = |violations| Error::settings(subject, violations);
    let settings: Value = serde_json::from_str(settings)
        .map_err(|error| refused(vec![violation("", "no_json", format!("no JSON: {error}"))]))?;
    let violations: Vec<Violation> = validator
        .iter_errors(&settings)
        .flat_map(|error| violations(&schema, &error))
        .take(MAX_COMPLAINTS)
        .collect();
    if violations.is_empty() { Ok(()) } else { Err(refused(violations)) }
}

fn read(text: &str) -> Result<(Value, Validator), String> {
    if text.len() > MAX_SCHEMA {
        return Err(format!("has {} bytes; {MAX_SCHEMA} are allowed", text.len()));
    }
    let schema: Value = serde_json::from_str(text).map_err(|error| format!("is no JSON: {error}"))?;
    if !schema.is_object() && !schema.is_boolean() {
        return Err("is no JSON Schema: an object is wanted".to_owned());
    }
    let targets = HashMap::from([(String::new(), None)]);
    Measure { root: &schema, targets, patterns: HashSet::new() }.of(&schema, 0)?;
    let validator = jsonschema::options()
        .with_pattern_options(PatternOptions::regex().size_limit(MAX_PATTERN).dfa_size_limit(MAX_PATTERN))
        .build(&schema)
        .map_err(|error| no_schema(&error))?;
    Ok((schema, validator))
}

fn no_schema(error: &ValidationError<'_>) -> String {
    // It is not told apart what is no pattern and what is too large a one.
    let remedy = match error.kind() {
        ValidationErrorKind::Format { format } if format == "regex" => format!(
            "; a pattern may look neither ahead nor behind nor back, and have {MAX_PATTERN} bytes when it is \
             compiled: repeat less, or name fewer characters, as [a-z] for \\p{{L}}"
        ),
        _ => String::new(),
    };
    match error.instance_path().as_str() {
        "" => format!("is no JSON Schema: {error}{remedy}"),
        place => format!("is no JSON Schema: {place}: {error}{remedy}"),
    }
}

/// How many parts a part of a schema has, and how deep they lie, with references followed.
#[derive(Clone, Copy)]
struct Extent {
    parts: usize,
    height: usize,
}

impl Extent {
    const ONE: Self = Self { parts: 1, height: 1 };

    const fn holding(self, inner: Self) -> Self {
        let height = if inner.height < self.height { self.height } else { inner.height.saturating_add(1) };
        Self { parts: self.parts.saturating_add(inner.parts), height }
    }
}

/// Measures a schema.
struct Measure<'schema> {
    root: &'schema Value,
    /// By pointer; none while it is being measured.
    targets: HashMap<String, Option<Extent>>,
    patterns: HashSet<&'schema str>,
}

impl<'schema> Measure<'schema> {
    fn of(&mut self, part: &'schema Value, depth: usize) -> Result<Extent, String> {
        if depth > MAX_DEPTH {
            return Err(format!("is nested deeper than {MAX_DEPTH}"));
        }
        let mut extent = Extent::ONE;
        match part {
            Value::Array(items) => {
                for item in items {
                    extent = extent.holding(self.of(item, depth + 1)?);
                }
            }
            Value::Object(members) => {
                for (key, value) in members {
                    self.count_patterns(key, value)?;
                    let inner = match (key.as_str(), value) {
                        ("$ref", Value::String(target)) => self.target(target, depth + 1)?,
                        // They would make a pointer mean something else, or go in circles.
                        ("$id" | "$anchor" | "$dynamicAnchor" | "$recursiveAnchor", Value::String(_))
                            if depth > 0 =>
                        {
                            return Err(format!("has {key:?} within; refer with \"#/$defs/NAME\" alone"));
                        }
                        ("$dynamicRef" | "$recursiveRef", Value::String(_)) => {
                            return Err(format!("has {key:?}; refer with \"$ref\" alone"));
                        }
                        (_, value) => self.of(value, depth + 1)?,
                    };
                    extent = extent.holding(inner);
                }
            }
            _ => {}
        }
        if extent.parts > MAX_PARTS {
            return Err(format!(
                "stands for more than {MAX_PARTS} parts when its references are written out"
            ));
        }
        if extent.height > MAX_DEPTH {
            return Err(format!("is nested deeper than {MAX_DEPTH}"));
        }
        Ok(extent)
    }

    /// Those of one member. What only is called like a keyword, such as a property, counts too: that errs
    /// on the safe side.
    fn count_patterns(&mut self, key: &str, value: &'schema Value) -> Result<(), String> {
        match (key, value) {
            ("pattern", Value::String(pattern)) => {
                self.patterns.insert(pattern);
            }
            ("patternProperties", Value::Object(members)) => {
                self.patterns.extend(members.keys().map(String::as_str));
            }
            _ => {}
        }
        if self.patterns.len() > MAX_PATTERNS {
            return Err(format!(
                "has more than {MAX_PATTERNS} patterns; leave some to the plugin's own check-settings"
            ));
        }
        Ok(())
    }

    fn target(&mut self, reference: &str, depth: usize) -> Result<Extent, String> {
        let Some(pointer) = reference.strip_prefix('#') else {
            return Err(format!(
                "refers to {reference:?}: a schema may only refer to itself (\"#/$defs/NAME\")"
            ));
        };
        match self.targets.get(pointer) {
            Some(Some(extent)) => return Ok(*extent),
            Some(None) => return Err(format!("refers in a circle, by {reference:?}")),
            None => {}
        }
        let root = self.root;
        let Some(target) = root.pointer(pointer) else {
            return Err(format!("refers to {reference:?}, which is not in it"));
        };
        self.targets.insert(pointer.to_owned(), None);
        let extent = self.of(target, depth)?;
        self.targets.insert(pointer.to_owned(), Some(extent));
        Ok(extent)
    }
}

/// One for each bad key, with its place in the settings.
fn violations(schema: &Value, error: &ValidationError<'_>) -> Vec<Violation> {
    let place = error.instance_path().as_str();
    let below = |key: &str| place.to_owned() + &pointer([key]);
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            let message = format!("there is no such key{}", known(schema, error.schema_path().as_str()));
            unexpected.iter().map(|key| violation(&below(key), "unknown_key", message.clone())).collect()
        }
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            vec![violation(&below(key), "required", "this key is required".to_owned())]
        }
        kind => vec![violation(place, kind.keyword(), error.to_string())],
    }
}

fn violation(pointer: &str, code: &str, message: String) -> Violation {
    let message = convert::cut(&message, MAX_COMPLAINT);
    Violation { pointer: pointer.to_owned(), code: code.to_owned(), message }
}

/// The keys that stand beside `additionalProperties` in the schema.
fn known(schema: &Value, keyword: &str) -> String {
    let beside = keyword.strip_suffix("/additionalProperties").and_then(|parent| schema.pointer(parent));
    let keys = beside.and_then(|parent| parent.get("properties")).and_then(Value::as_object);
    let keys: Vec<&str> = keys.into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    if keys.is_empty() { String::new() } else { format!("; known here: {}", keys.join(", ")) }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::domain::PluginKind;

    fn checked(schema: &str, settings: &str) -> Result<(), Error> {
        let subject = Subject { kind: PluginKind::Hook, name: "h".to_owned(), path: "h.wasm".into() };
        check(&subject, Some(schema), settings)
    }

    fn complaints_of(schema: &str, settings: &str) -> Vec<String> {
        match checked(schema, settings) {
            Ok(()) => Vec::new(),
            Err(Error::Settings { complaints, .. }) => complaints,
            Err(other) => panic!("{other}"),
        }
    }

    fn refused(schema: &str) -> String {
        match checked(schema, "{}") {
            Err(Error::Description { reason, .. }) => reason,
            other => panic!("{schema} is taken: {other:?}"),
        }
    }

    const NAMING: &str = r##"{
        "type": "object", "additionalProperties": false, "required": ["pattern"],
        "properties": {
            "pattern": {"type": "string"},
            "limits": {"type": "array", "items": {"$ref": "#/$defs/limit"}}
        },
        "$defs": {"limit": {"type": "integer", "minimum": 1}}
    }"##;

    #[test]
    fn every_bad_key_is_told_with_its_place() {
        assert_eq!(complaints_of(NAMING, r#"{"pattern": "a", "limits": [1, 2]}"#), Vec::<String>::new());
        let told = complaints_of(NAMING, r#"{"patern": "a", "limits": [1, 0, "x"]}"#).join("\n");
        for line in [
            "settings.patern: there is no such key; known here: limits, pattern [unknown_key]",
            "settings.pattern: this key is required [required]",
            "settings.limits.1: ",
            "settings.limits.2: ",
        ] {
            assert!(told.contains(line), "{line}\n{told}");
        }
    }

    #[test]
    fn complaints_are_bounded() {
        let items = vec!["0"; 500].join(",");
        let long = format!("{{\"pattern\": \"a\", \"limits\": [{items}, \"{}\"]}}", "x".repeat(9_000));
        let told = complaints_of(NAMING, &long);
        assert_eq!(told.len(), MAX_COMPLAINTS);
        assert!(told.iter().all(|line| line.len() <= MAX_COMPLAINT + '…'.len_utf8()));
    }

    #[test]
    fn what_is_no_schema_is_an_error_of_the_description() {
        assert!(refused("{").contains("no JSON"));
        assert!(refused("3").contains("an object is wanted"));
        assert!(refused(r#"{"type": "colour"}"#).contains("no JSON Schema"));
        assert!(refused(r#"{"pattern": "("}"#).contains("no JSON Schema"));
        assert!(refused(&format!("{{\"description\": \"{}\"}}", "x".repeat(MAX_SCHEMA))).contains("bytes"));
    }

    #[test]
    fn a_schema_refers_to_itself_alone_and_never_in_a_circle() {
        assert!(refused(r#"{"$ref": "https://example.com/schema.json"}"#).contains("only refer to itself"));
        assert!(refused(r#"{"$ref": "file:///etc/passwd"}"#).contains("only refer to itself"));
        assert!(refused(r##"{"$ref": "#/$defs/a"}"##).contains("not in it"));
        assert!(refused(r##"{"$ref": "#"}"##).contains("circle"));
        let two =
            r##"{"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}"##;
        assert!(refused(two).contains("circle"));
        assert!(refused(r##"{"$dynamicRef": "#a"}"##).contains("$ref"));
        assert!(refused(r#"{"properties": {"a": {"$id": "https://example.com/"}}}"#).contains("$id"));
    }

    #[test]
    fn what_it_stands_for_is_bounded() {
        // Each of these stands for twice the one before.
        let mut schema = r##"{"$ref": "#/$defs/d40", "$defs": {"d0": {}"##.to_owned();
        for number in 1..=40 {
            let of = format!("{{\"$ref\": \"#/$defs/d{}\"}}", number - 1);
            write!(schema, ", \"d{number}\": {{\"allOf\": [{of}, {of}]}}").unwrap();
        }
        schema += "}}";
        assert!(refused(&schema).contains("parts"));
        let mut chain = r##"{"$ref": "#/$defs/d134", "$defs": {"d0": {}"##.to_owned();
        for number in 1..135 {
            write!(chain, ", \"d{number}\": {{\"$ref\": \"#/$defs/d{}\"}}", number - 1).unwrap();
        }
        chain += "}}";
        assert!(refused(&chain).contains("deeper"), "{}", refused(&chain));
    }

    #[test]
    fn a_pattern_does_not_backtrack() {
        let schema = r#"{"properties": {"a": {"pattern": "^(a+)+$"}}}"#;
        assert_eq!(complaints_of(schema, &format!("{{\"a\": \"{}b\"}}", "a".repeat(5_000))).len(), 1);
        assert!(refused(r#"{"pattern": "(a)\\1"}"#).contains("look neither ahead nor behind"));
    }

    /// A property for each number, with a pattern of its own.
    fn with_patterns(numbers: std::ops::Range<usize>, pattern: &str) -> String {
        let properties =
            numbers.map(|number| format!("\"p{number}\": {{\"pattern\": \"{pattern}{number}\"}}"));
        format!("{{\"properties\": {{{}}}}}", properties.collect::<Vec<_>>().join(", "))
    }

    #[test]
    fn patterns_are_few_and_each_is_small() {
        assert_eq!(complaints_of(&with_patterns(0..MAX_PATTERNS, "^[a-z]"), "{}"), Vec::<String>::new());
        let many = refused(&with_patterns(0..MAX_PATTERNS + 1, "^[a-z]"));
        assert!(many.contains("more than 64 patterns") && many.contains("check-settings"), "{many}");
        let keys: Vec<String> = (0..=MAX_PATTERNS).map(|number| format!("\"^a{number}\": {{}}")).collect();
        let many = refused(&format!("{{\"patternProperties\": {{{}}}}}", keys.join(", ")));
        assert!(many.contains("more than 64 patterns"), "{many}");
        // Some 700 KiB when it is compiled.
        let large = refused(&with_patterns(0..1, "\\\\p{L}{20}"));
        assert!(large.contains("262144 bytes") && large.contains("repeat less"), "{large}");
    }

    #[test]
    fn a_pattern_that_is_written_often_counts_once_and_a_property_of_that_name_not_at_all() {
        let same: Vec<String> = (0..500).map(|key| format!("\"p{key}\": {{\"pattern\": \"^a\"}}")).collect();
        let schema = format!("{{\"properties\": {{{}, \"pattern\": {{}}}}}}", same.join(", "));
        assert_eq!(complaints_of(&schema, r#"{"p7": "b"}"#).len(), 1);
    }

    #[test]
    fn patterns_of_everyday_use_are_small_enough() {
        for pattern in
            [r"^[a-z0-9][a-z0-9._-]{0,62}$", r"^\\S{1,255}$", r"^.{1,1000}$", r"^https?://[^\\s/]+$"]
        {
            let schema = format!("{{\"pattern\": \"{pattern}\"}}");
            assert_eq!(complaints_of(&schema, "{}"), Vec::<String>::new(), "{pattern}");
        }
    }
}
