//! Kinds of values: what is accepted behind a key, and the words that say so.
//!
//! Each function makes a reader for [`Table::optional`](super::Table::optional) and its siblings.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use super::{Value, format_size, parse_size};
use crate::domain::{format_duration, parse_duration};

fn wanted(value: &Value, what: &str) -> String {
    format!("is {}; {what} is wanted", value.what())
}

/// Text, perhaps empty.
pub fn text() -> impl Fn(&Value) -> Result<String, String> {
    |value| match value {
        Value::Text(text) => Ok(text.clone()),
        other => Err(wanted(other, "a text in quotes")),
    }
}

/// Text that a type's own rule accepts.
pub fn parsed<T: FromStr<Err: Display>>() -> impl Fn(&Value) -> Result<T, String> {
    |value| text()(value)?.parse().map_err(|error: T::Err| error.to_string())
}

/// `true` or `false`.
pub fn boolean() -> impl Fn(&Value) -> Result<bool, String> {
    |value| match value {
        Value::Boolean(boolean) => Ok(*boolean),
        other => Err(wanted(other, "true or false, without quotes,")),
    }
}

/// A whole number within a range.
pub fn count<T>(range: RangeInclusive<T>) -> impl Fn(&Value) -> Result<T, String>
where
    T: TryFrom<i64> + PartialOrd + Display,
{
    move |value| match value {
        Value::Integer(number) => T::try_from(*number)
            .ok()
            .filter(|number| range.contains(number))
            .ok_or_else(|| format!("{number} is not allowed: from {} to {}", range.start(), range.end())),
        other => Err(wanted(other, "a whole number, without quotes,")),
    }
}

/// A duration with its unit, within a range.
pub fn duration(range: RangeInclusive<Duration>) -> impl Fn(&Value) -> Result<Duration, String> {
    move |value| {
        let text = match value {
            Value::Text(text) => text.clone(),
            // The likeliest mistake gets the same words as a text without a unit.
            Value::Integer(number) => number.to_string(),
            other => return Err(wanted(other, "a duration such as \"30s\"")),
        };
        let duration = parse_duration(&text).map_err(|error| error.to_string())?;
        let (least, most) = (*range.start(), *range.end());
        if range.contains(&duration) {
            Ok(duration)
        } else {
            Err(format!(
                "{text:?} is not allowed: from {} to {}",
                format_duration(least),
                format_duration(most)
            ))
        }
    }
}

/// A size with its unit, within a range of bytes.
pub fn size<T>(range: RangeInclusive<u64>) -> impl Fn(&Value) -> Result<T, String>
where
    T: TryFrom<u64>,
{
    move |value| {
        let text = match value {
            Value::Text(text) => text.clone(),
            Value::Integer(number) => number.to_string(),
            other => return Err(wanted(other, "a size such as \"64MiB\"")),
        };
        let bytes = parse_size(&text).map_err(|error| error.to_string())?;
        T::try_from(bytes).ok().filter(|_| range.contains(&bytes)).ok_or_else(|| {
            format!(
                "{text:?} is not allowed: from {} to {}",
                format_size(*range.start()),
                format_size(*range.end())
            )
        })
    }
}

/// One of a few words.
pub fn choice<T: Copy>(choices: &[(&str, T)]) -> impl Fn(&Value) -> Result<T, String> {
    move |value| {
        let all = || choices.iter().map(|(word, _)| format!("{word:?}")).collect::<Vec<_>>().join(", ");
        match value {
            Value::Text(text) => choices
                .iter()
                .find(|(word, _)| word == text)
                .map(|(_, choice)| *choice)
                .ok_or_else(|| format!("{text:?} is not allowed: one of {}", all())),
            other => Err(wanted(other, &format!("one of {}", all()))),
        }
    }
}

/// A path, relative to `base`.
pub fn path(base: &Path) -> impl Fn(&Value) -> Result<PathBuf, String> {
    move |value| match text()(value)? {
        text if text.is_empty() => Err("is empty; a path is wanted".to_owned()),
        text => Ok(base.join(text)),
    }
}

/// A regular expression, as text that was tried.
pub fn regex() -> impl Fn(&Value) -> Result<String, String> {
    |value| {
        let text = text()(value)?;
        match regex::Regex::new(&text) {
            Ok(_) => Ok(text),
            // Its own message draws the pattern over several lines; the last one says what is wrong.
            Err(error) => {
                let error = error.to_string();
                let last = error.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                Err(format!("{text:?} is not a regular expression: {last}"))
            }
        }
    }
}
