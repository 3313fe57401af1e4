//! Takes secrets out of what a server answers. It knows them, and may say them anywhere: in a text, as
//! a name, or as a number.

use serde_json::Value;

use crate::domain::Secrets;

/// `value` with every exact value of a secret replaced, as logs have it. In the value and not in its text:
/// there a quote or a letter may be written in more than one way.
pub(super) fn redact(value: Value, secrets: &Secrets) -> Value {
    match value {
        Value::String(text) => Value::String(secrets.redact(&text).into_owned()),
        Value::Number(number) => {
            let text = number.to_string();
            let redacted = secrets.redact(&text);
            if redacted == text { Value::Number(number) } else { Value::String(redacted.into_owned()) }
        }
        Value::Array(items) => items.into_iter().map(|item| redact(item, secrets)).collect(),
        Value::Object(members) => {
            let member =
                |(name, value): (String, Value)| (secrets.redact(&name).into_owned(), redact(value, secrets));
            members.into_iter().map(member).collect()
        }
        Value::Null | Value::Bool(_) => value,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Secret;

    #[test]
    fn a_secret_is_found_wherever_a_server_may_say_it() {
        let values = ["pass\"word\n", "12345678"];
        let named = |(index, value): (usize, &&str)| (format!("K{index}"), Secret::new((*value).to_owned()));
        let secrets = Secrets(values.iter().enumerate().map(named).collect());
        let said = json!({
            "content": [{"type": "text", "text": "it is pass\"word\n!"}],
            "structuredContent": {"pass\"word\n": 12_345_678, "other": 1_234_567, "null": null},
            "isError": false,
        });
        let expected = json!({
            "content": [{"type": "text", "text": "it is [secret]!"}],
            "structuredContent": {"[secret]": "[secret]", "other": 1_234_567, "null": null},
            "isError": false,
        });
        assert_eq!(redact(said, &secrets), expected);
    }
}
