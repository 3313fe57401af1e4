//! The members of a JSON object, taken one by one; what is left is unknown.
//!
//! Complaints name the place and what is allowed there, and never quote a value: it may be a
//! secret in the wrong place.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::api::problem::{Code, Problem};
use crate::api::wire::ProblemError;

/// Complaints in one answer; more would not help.
const MAX_COMPLAINTS: usize = 100;
/// Characters of one name in a pointer.
const MAX_NAME: usize = 128;

/// What is left of an object, and what was wrong so far.
#[derive(Default)]
pub(crate) struct Members {
    left: Map<String, Value>,
    complaints: Vec<(Code, ProblemError)>,
}

impl Members {
    /// Reads a whole body.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        // serde_json says what it expected and where, and quotes nothing of the body.
        let not_json = |error| Problem::new(Code::InvalidJson, format!("the body is not JSON: {error}"));
        Self::of(serde_json::from_slice(bytes).map_err(not_json)?)
    }

    /// Those of a value that is to be an object.
    pub(crate) fn of(value: Value) -> Result<Self, Problem> {
        match value {
            Value::Object(left) => Ok(Self { left, complaints: Vec::new() }),
            other => {
                let mut members = Self::default();
                members.complain_type(String::new(), "an object", &other);
                Err(members.into_problem())
            }
        }
    }

    /// A string that must be there; empty if it is not.
    pub(crate) fn text(&mut self, name: &str) -> String {
        match self.optional_text(name) {
            Some(text) => text,
            None if self.complaints.iter().any(|(_, error)| error.pointer == pointer(&[name])) => {
                String::new()
            }
            None => {
                self.complain(Code::MissingMember, pointer(&[name]), format!("{name} is required"));
                String::new()
            }
        }
    }

    /// A string that may be absent or null.
    pub(crate) fn optional_text(&mut self, name: &str) -> Option<String> {
        match self.left.remove(name)? {
            Value::Null => None,
            Value::String(text) => Some(text),
            other => {
                self.complain_type(pointer(&[name]), "a string", &other);
                None
            }
        }
    }

    /// An object of strings that may be absent or null.
    pub(crate) fn texts(&mut self, name: &str) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        match self.left.remove(name) {
            None | Some(Value::Null) => {}
            Some(Value::Object(entries)) => {
                for (key, value) in entries {
                    match value {
                        Value::String(text) => {
                            texts.insert(key, text);
                        }
                        other => self.complain_type(pointer(&[name, &key]), "a string", &other),
                    }
                }
            }
            Some(other) => self.complain_type(pointer(&[name]), "an object of strings", &other),
        }
        texts
    }

    /// A boolean that may be absent or null, and is false then.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        match self.left.remove(name) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(flag)) => flag,
            Some(other) => {
                self.complain_type(pointer(&[name]), "a boolean", &other);
                false
            }
        }
    }

    /// A whole number that must be there; 0 if it is not.
    pub(crate) fn count(&mut self, name: &str) -> usize {
        match self.left.remove(name) {
            None | Some(Value::Null) => {
                self.complain(Code::MissingMember, pointer(&[name]), format!("{name} is required"));
                0
            }
            Some(value) => {
                let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
                count.unwrap_or_else(|| {
                    self.complain_type(pointer(&[name]), "a whole number", &value);
                    0
                })
            }
        }
    }

    /// A whole number within a range, that may be absent or null.
    pub(crate) fn optional_count(&mut self, name: &str, range: RangeInclusive<usize>) -> Option<usize> {
        let value = self.left.remove(name).filter(|value| !value.is_null())?;
        let count = value.as_u64().and_then(|count| usize::try_from(count).ok());
        match count.filter(|count| range.contains(count)) {
            Some(count) => Some(count),
            None => {
                let wanted = format!("a whole number from {} to {}", range.start(), range.end());
                self.complain_type(pointer(&[name]), &wanted, &value);
                None
            }
        }
    }

    /// An object whose members are not ours to know, as JSON; it may be absent or null.
    pub(crate) fn json(&mut self, name: &str) -> Option<String> {
        match self.left.remove(name)? {
            Value::Null => None,
            object @ Value::Object(_) => Some(object.to_string()),
            other => {
                self.complain_type(pointer(&[name]), "an object", &other);
                None
            }
        }
    }

    /// An array that may be absent or null.
    pub(crate) fn list(&mut self, name: &str) -> Vec<Value> {
        match self.left.remove(name) {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(values)) => values,
            Some(other) => {
                self.complain_type(pointer(&[name]), "an array", &other);
                Vec::new()
            }
        }
    }

    /// An array of strings that may be absent or null.
    pub(crate) fn text_list(&mut self, name: &str) -> Vec<String> {
        let mut texts = Vec::new();
        for (index, value) in self.list(name).into_iter().enumerate() {
            match value {
                Value::String(text) => texts.push(text),
                other => self.complain_type(pointer(&[name, &index.to_string()]), "a string", &other),
            }
        }
        texts
    }

    /// An object with members of its own, that may be absent or null.
    pub(crate) fn object<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        match self.left.remove(name)? {
            Value::Null => None,
            Value::Object(left) => {
                let mut inner = Self { left, complaints: Vec::new() };
                let value = read(&mut inner);
                inner.complain_of_unknown();
                for (code, error) in inner.complaints {
                    self.complain(code, format!("{}{}", pointer(&[name]), error.pointer), error.message);
                }
                Some(value)
            }
            other => {
                self.complain_type(pointer(&[name]), "an object", &other);
                None
            }
        }
    }

    /// Whatever nobody took is unknown. The problem's code is that of the first complaint.
    pub(crate) fn finish(mut self) -> Result<(), Problem> {
        self.complain_of_unknown();
        if self.complaints.is_empty() { Ok(()) } else { Err(self.into_problem()) }
    }

    fn complain_of_unknown(&mut self) {
        for (name, _) in std::mem::take(&mut self.left) {
            let message = "there is no such member: check its spelling".to_owned();
            self.complain(Code::UnknownMember, pointer(&[&name]), message);
        }
    }

    fn into_problem(self) -> Problem {
        let code = self.complaints.first().map_or(Code::WrongType, |(code, _)| *code);
        let errors: Vec<ProblemError> = self.complaints.into_iter().map(|(_, error)| error).collect();
        let places: Vec<String> =
            errors.iter().map(|error| format!("{:?}: {}", error.pointer, error.message)).collect();
        Problem::new(code, format!("the body cannot be read: {}", places.join("; "))).with_errors(errors)
    }

    fn complain_type(&mut self, pointer: String, wanted: &str, found: &Value) {
        let found = match found {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        };
        self.complain(Code::WrongType, pointer, format!("{wanted} is needed here, and this is {found}"));
    }

    fn complain(&mut self, code: Code, pointer: String, message: String) {
        if self.complaints.len() < MAX_COMPLAINTS {
            let error =
                ProblemError { pointer, parameter: None, code: code.entry().code.to_owned(), message };
            self.complaints.push((code, error));
        }
    }
}

/// With names cut where they are absurdly long.
fn pointer(path: &[&str]) -> String {
    crate::domain::pointer(path.iter().map(|name| name.chars().take(MAX_NAME).collect::<String>()))
}
