//! The body of `POST /containers`, checked the way gin's binder does: what is unknown is
//! ignored, what is missing is told in validator lines, the content type is not looked at.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Dialect;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CreateRequest {
    pub(crate) service_name: String,
    /// The template's or the image's name, by dialect.
    pub(crate) origin: String,
    /// Zero in the templates dialect, where the template has it.
    pub(crate) port: i64,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) labels: BTreeMap<String, String>,
}

impl CreateRequest {
    /// Reads the body, or gives the message of the 400.
    pub(crate) fn parse(dialect: Dialect, body: &[u8]) -> Result<Self, String> {
        if body.is_empty() {
            return Err("EOF".to_owned());
        }
        let body: Value =
            serde_json::from_slice(body).map_err(|error| format!("invalid character: {error}"))?;
        let Value::Object(fields) = body else {
            return Err(wrong_type("", "models.CreateContainerRequest"));
        };
        let (origin_key, origin_field) = match dialect {
            Dialect::Templates => ("template", "Template"),
            Dialect::Image => ("image", "Image"),
        };
        let request = Self {
            service_name: text(&fields, "service_name")?,
            origin: text(&fields, origin_key)?,
            port: match fields.get("port") {
                None | Some(Value::Null) => 0,
                Some(port) => port.as_i64().ok_or_else(|| wrong_type("port", "int"))?,
            },
            environment: text_map(&fields, "environment")?,
            labels: text_map(&fields, "labels")?,
        };
        let missing: Vec<String> = [
            ("ServiceName", request.service_name.is_empty()),
            (origin_field, request.origin.is_empty()),
            ("Port", dialect == Dialect::Image && request.port == 0),
        ]
        .into_iter()
        .filter(|(_, missing)| *missing)
        .map(|(field, _)| {
            format!(
                "Key: 'CreateContainerRequest.{field}' Error:Field validation for '{field}' failed on the \
                 'required' tag"
            )
        })
        .collect();
        if missing.is_empty() { Ok(request) } else { Err(missing.join("\n")) }
    }
}

fn text(fields: &Map<String, Value>, key: &str) -> Result<String, String> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(String::new()),
        Some(Value::String(text)) => Ok(text.clone()),
        Some(_) => Err(wrong_type(key, "string")),
    }
}

fn text_map(fields: &Map<String, Value>, key: &str) -> Result<BTreeMap<String, String>, String> {
    match fields.get(key) {
        None | Some(Value::Null) => Ok(BTreeMap::new()),
        Some(Value::Object(map)) => map.keys().map(|name| Ok((name.clone(), text(map, name)?))).collect(),
        Some(_) => Err(wrong_type(key, "map[string]string")),
    }
}

fn wrong_type(key: &str, wanted: &str) -> String {
    format!("json: cannot unmarshal value into Go struct field CreateContainerRequest.{key} of type {wanted}")
}
