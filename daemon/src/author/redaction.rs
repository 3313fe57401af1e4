//! What is printed of a call shows no secret of its request: a plugin may hand them to its backend, and here
//! is no place to show them.

use serde_json::{Map, Value};

use super::request::Question;
use crate::domain::Secrets;

/// `told` without the secrets of `question`. It goes by the strings themselves: in finished JSON a secret
/// of several lines, or with quotes, is written otherwise and would not be found.
pub(super) fn redacted(told: Value, question: &Question) -> Value {
    match question {
        Question::Create(order) => without(told, &order.secrets),
        Question::Inspect(_, secrets) | Question::Destroy(_, secrets) | Question::Logs(_, _, secrets) => {
            without(told, secrets)
        }
        Question::Review(_) | Question::Templates | Question::Owned(_) => told,
    }
}

fn without(told: Value, secrets: &Secrets) -> Value {
    match told {
        Value::String(text) => Value::String(secrets.redact(&text).into_owned()),
        Value::Array(items) => items.into_iter().map(|item| without(item, secrets)).collect(),
        Value::Object(members) => {
            let member =
                |(key, value): (String, Value)| (secrets.redact(&key).into_owned(), without(value, secrets));
            Value::Object(members.into_iter().map(member).collect::<Map<_, _>>())
        }
        // A secret of digits alone may have been sent as a number.
        Value::Number(number) => {
            let text = number.to_string();
            match secrets.redact(&text) {
                shown if shown == text => Value::Number(number),
                hidden => Value::String(hidden.into_owned()),
            }
        }
        told @ (Value::Null | Value::Bool(_)) => told,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Secret;

    #[test]
    fn a_secret_is_found_in_every_string_and_number_however_json_would_write_it() {
        let values = ["-----BEGIN\nkey \"one\"\n-----END", "hunter2\\long", "12345678"];
        let secrets = values.iter().enumerate();
        let secrets = secrets.map(|(number, value)| (format!("K{number}"), Secret::new((*value).to_owned())));
        let secrets = Secrets(secrets.collect());
        let [lines, backslash, digits] = values;
        let told = json!({
            "function": "create",
            "took_ms": 3.5,
            "upstreams_asked": [{
                "method": lines,
                "url": format!("http://manager/{backslash}/boxes"),
                "body": { lines: [format!("a {lines} b"), null, true], "pin": 12_345_678 },
            }, {
                "body": format!("key={backslash}&pin={digits}"),
            }],
        });
        assert_eq!(
            without(told, &secrets),
            json!({
                "function": "create",
                "took_ms": 3.5,
                "upstreams_asked": [{
                    "method": "[secret]",
                    "url": "http://manager/[secret]/boxes",
                    "body": { "[secret]": ["a [secret] b", null, true], "pin": "[secret]" },
                }, {
                    "body": "key=[secret]&pin=[secret]",
                }],
            })
        );
    }
}
