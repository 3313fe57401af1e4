//! What an input accepts: one rule for a template's defaults and for a request's values.

use regex::Regex;

use crate::domain::Input;

/// The formats an input may have (server.json, 2025-12-11).
pub(super) const FORMATS: [&str; 4] = ["string", "number", "boolean", "filepath"];

/// Whether `value` is what `input` accepts; else what it accepts. The value itself is not
/// repeated: it may be a secret.
pub fn check_value(input: &Input, value: &str) -> Result<(), String> {
    if !input.choices.is_empty() && !input.choices.iter().any(|choice| choice == value) {
        return Err(format!("must be one of {}", input.choices.join(", ")));
    }
    match input.format.as_deref() {
        Some("number") if value.parse::<f64>().ok().filter(|number| number.is_finite()).is_none() => {
            return Err("must be a number".to_owned());
        }
        Some("boolean") if value != "true" && value != "false" => {
            return Err("must be true or false".to_owned());
        }
        Some("filepath") if value.is_empty() => return Err("must be the path of a file".to_owned()),
        _ => {}
    }
    match input.pattern.as_deref() {
        // A pattern of ours was tried when it was read; a provisioner's may be wrong.
        Some(pattern) => match whole(pattern) {
            Ok(regex) if regex.is_match(value) => Ok(()),
            Ok(_) => Err(format!("must match {pattern:?} as a whole")),
            Err(_) => Err(format!("cannot be checked: the template's pattern {pattern:?} is broken")),
        },
        None => Ok(()),
    }
}

fn whole(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("^(?:{pattern})$"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_held_against_choices_format_and_the_whole_pattern() {
        let plain = Input { name: "X".to_owned(), ..Input::default() };
        assert_eq!(check_value(&plain, ""), Ok(()));
        let choices = Input { choices: vec!["a".to_owned(), "b".to_owned()], ..plain.clone() };
        assert_eq!(check_value(&choices, "b"), Ok(()));
        assert_eq!(check_value(&choices, "c"), Err("must be one of a, b".to_owned()));
        let pattern = Input { pattern: Some("a|b".to_owned()), ..plain.clone() };
        assert_eq!(check_value(&pattern, "b"), Ok(()));
        assert!(check_value(&pattern, "ab").is_err());
        let format = |format: &str| Input { format: Some(format.to_owned()), ..plain.clone() };
        for (name, good, bad) in [("number", "-1.5", "x"), ("boolean", "true", "1"), ("filepath", "/x", "")] {
            assert_eq!(check_value(&format(name), good), Ok(()), "{name}");
            assert!(check_value(&format(name), bad).is_err(), "{name}");
        }
    }
}
