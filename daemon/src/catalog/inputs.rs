//! `[[inputs]]` and the rule for environment keys.

use std::collections::BTreeSet;

use super::check::{FORMATS, check_value};
use crate::domain::Input;
use crate::runtime::document::{Table, Value, boolean, choice, regex, text};

/// Marks and settings of ours, which nobody else may set.
const OURS: &str = "WHARFINGER_";

pub(super) fn read(root: &mut Table<'_>) -> Vec<Input> {
    let mut names = BTreeSet::new();
    root.array("inputs", |table| {
        let input = input(table)?;
        if !names.insert(input.name.clone()) {
            table.complain("name", format!("there is another input named {:?}", input.name));
        }
        Some(input)
    })
}

fn input(table: &mut Table<'_>) -> Option<Input> {
    let name = table.required("name", |value: &Value| {
        let name = text()(value)?;
        environment_key(&name).map(|()| name)
    });
    let formats = FORMATS.map(|format| (format, format));
    let input = Input {
        description: table.or("description", text(), String::new()),
        required: table.or("required", boolean(), false),
        secret: table.or("secret", boolean(), false),
        default: table.optional("default", text()),
        choices: table.list("choices", text()).unwrap_or_default(),
        format: table.optional("format", choice(&formats)).map(str::to_owned),
        pattern: table.optional("pattern", regex()),
        name: name?,
    };
    if let Some(default) = &input.default {
        if input.secret {
            table.complain("default", "a secret has no default: it would be in this file for all to read");
        } else if let Err(rule) = check_value(&input, default) {
            table.complain("default", format!("{default:?} is not allowed here: it {rule}"));
        }
    }
    if table.has("choices") && input.choices.is_empty() {
        table.complain("choices", "is empty: nothing would be allowed");
    }
    let without_choices = Input { choices: Vec::new(), ..input.clone() };
    for choice in &input.choices {
        if let Err(rule) = check_value(&without_choices, choice) {
            table.complain("choices", format!("{choice:?} is not allowed here: it {rule}"));
        }
    }
    Some(input)
}

/// Whether `key` can be the name of a variable of the workload.
pub(super) fn environment_key(key: &str) -> Result<(), String> {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if key.is_empty() || key.starts_with(|c: char| c.is_ascii_digit()) || !key.bytes().all(letter) {
        return Err(format!("{key:?} is no environment key: letters, digits and '_', no digit first"));
    }
    if key.starts_with(OURS) {
        return Err(format!("{key:?} is not allowed: keys that begin with {OURS} are the daemon's own"));
    }
    Ok(())
}
