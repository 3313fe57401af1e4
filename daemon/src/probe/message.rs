//! JSON-RPC as MCP uses it: requests made, answers recognised.

use serde_json::{Map, Value, json};

/// The modern revision we speak.
pub(super) const MODERN: &str = "2026-07-28";
/// The legacy revisions we speak; the newest is offered.
pub(super) const LEGACY: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// What only a modern server says: header mismatch, missing capability, unsupported version.
pub(super) const HEADER_MISMATCH: i64 = -32_020;
pub(super) const MISSING_CAPABILITY: i64 = -32_021;
pub(super) const UNSUPPORTED_VERSION: i64 = -32_022;

/// A JSON-RPC error.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RpcError {
    pub(super) code: i64,
    pub(super) message: String,
    pub(super) data: Value,
}

impl RpcError {
    pub(super) const fn is_modern(&self) -> bool {
        matches!(self.code, HEADER_MISMATCH | MISSING_CAPABILITY | UNSUPPORTED_VERSION)
    }

    /// For people, cut: it is the server's text.
    pub(super) fn describe(&self) -> String {
        format!("error {}: {}", self.code, self.message.chars().take(200).collect::<String>())
    }
}

/// A request or, without an id, a notification.
pub(super) fn request(id: Option<u32>, method: &str, params: Option<&Map<String, Value>>) -> Value {
    let mut message = Map::new();
    message.insert("jsonrpc".to_owned(), json!("2.0"));
    message.extend(id.map(|id| ("id".to_owned(), json!(id))));
    message.insert("method".to_owned(), json!(method));
    message.extend(params.map(|params| ("params".to_owned(), Value::Object(params.clone()))));
    Value::Object(message)
}

/// Who asks.
pub(super) fn client_info() -> Value {
    json!({ "name": "wharfinger", "version": env!("CARGO_PKG_VERSION") })
}

/// Parameters with what every modern request carries.
pub(super) fn modern(mut params: Map<String, Value>) -> Map<String, Value> {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": client_info(),
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    params.insert("_meta".to_owned(), meta);
    params
}

/// The answer to `id` in what a server sent: one message or, in old revisions, several.
pub(super) fn answer(body: &[u8], id: u32) -> Option<Result<Value, RpcError>> {
    match serde_json::from_slice(body).ok()? {
        Value::Array(messages) => messages.into_iter().find_map(|message| answer_in(message, id)),
        message => answer_in(message, id),
    }
}

fn answer_in(message: Value, id: u32) -> Option<Result<Value, RpcError>> {
    let Value::Object(mut message) = message else { return None };
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return None;
    }
    let its_id = message.get("id").unwrap_or(&Value::Null);
    let ours = *its_id == json!(id) || *its_id == json!(id.to_string());
    if let Some(error) = message.remove("error") {
        // A server that could not read the request does not know its id.
        let known = ours || message.get("id").unwrap_or(&Value::Null).is_null();
        return known.then(|| Err(error_in(&error)));
    }
    let result = message.remove("result")?;
    ours.then_some(Ok(result))
}

fn error_in(error: &Value) -> RpcError {
    RpcError {
        code: error.get("code").and_then(Value::as_i64).unwrap_or_default(),
        message: error.get("message").and_then(Value::as_str).unwrap_or_default().to_owned(),
        data: error.get("data").cloned().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_to_the_question_is_one() {
        let read = |text: &str| answer(text.as_bytes(), 7);
        assert_eq!(read(r#"{"jsonrpc":"2.0","id":7,"result":{"a":1}}"#), Some(Ok(json!({"a": 1}))));
        assert_eq!(
            read(r#"[{"jsonrpc":"2.0","method":"x"},{"jsonrpc":"2.0","id":7,"result":1}]"#),
            Some(Ok(json!(1)))
        );
        assert_eq!(read(r#"{"jsonrpc":"2.0","id":8,"result":{}}"#), None);
        assert_eq!(read(r#"{"jsonrpc":"2.0","method":"notifications/progress"}"#), None);
        assert_eq!(read(r#"{"status":"ok"}"#), None);
        assert_eq!(read("[1]"), None);
        let error = read(r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32020,"message":"m"}}"#)
            .unwrap()
            .unwrap_err();
        assert!(error.is_modern());
        assert_eq!(read(r#"{"jsonrpc":"2.0","id":8,"error":{"code":1,"message":"m"}}"#), None);
    }
}
