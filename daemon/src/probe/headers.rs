//! The headers of the modern era that repeat parts of a request (SEP-2243).

use serde_json::{Map, Value};

/// `Mcp-Param-…` headers for the arguments that a tool's schema marks with `x-mcp-header`.
pub(super) fn of_arguments(schema: &Value, arguments: &Map<String, Value>) -> Vec<(String, String)> {
    let mut headers = Vec::new();
    collect(schema, arguments, &mut headers);
    headers
}

fn collect(schema: &Value, arguments: &Map<String, Value>, headers: &mut Vec<(String, String)>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    for (name, property) in properties {
        let Some(value) = arguments.get(name) else { continue };
        if let Some(header) = property.get("x-mcp-header").and_then(Value::as_str) {
            let text = match value {
                Value::String(text) => Some(encode(text)),
                Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
                _ => None,
            };
            headers.extend(text.map(|text| (format!("Mcp-Param-{header}"), text)));
        }
        if let Some(inner) = value.as_object() {
            collect(property, inner, headers);
        }
    }
}

/// A value as it may stand in a header: as it is, or as `=?base64?…?=`.
pub(super) fn encode(value: &str) -> String {
    let plain = value.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
    let trimmed = !value.starts_with(' ') && !value.ends_with(' ');
    let wrapped = value.starts_with("=?base64?") && value.ends_with("?=");
    if plain && trimmed && !wrapped {
        value.to_owned()
    } else {
        format!("=?base64?{}?=", base64(value.as_bytes()))
    }
}

/// RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let at = |index: usize| u32::from(group.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(letter) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_header_cannot_hold_is_encoded() {
        assert_eq!(encode("echo"), "echo");
        assert_eq!(encode(""), "");
        assert_eq!(encode("é"), "=?base64?w6k=?=");
        assert_eq!(encode(" a"), "=?base64?IGE=?=");
        assert_eq!(encode("=?base64?x?="), "=?base64?PT9iYXNlNjQ/eD89?=");
        assert_eq!(base64(b"abc"), "YWJj");
    }

    #[test]
    fn marked_arguments_are_repeated_nested_ones_too() {
        let schema = json!({"properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "plain": {"type": "string"},
            "absent": {"type": "string", "x-mcp-header": "Absent"},
            "inner": {"type": "object", "properties": {"n": {"type": "integer", "x-mcp-header": "N"}}},
        }});
        let arguments = json!({"region": "eu", "plain": "x", "inner": {"n": 3}});
        let mut headers = of_arguments(&schema, arguments.as_object().unwrap());
        headers.sort();
        let expected = [("Mcp-Param-N", "3"), ("Mcp-Param-Region", "eu")];
        assert_eq!(headers, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
