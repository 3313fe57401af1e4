//! An answer, and what every answer must have.

use axum::body::Body;
use http::{HeaderMap, Response};
use http_body_util::BodyExt as _;
use serde_json::Value;

use super::SECRET;

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    /// Null if it is no JSON.
    pub(crate) json: Value,
}

impl Answer {
    pub(super) async fn of(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        let json = serde_json::from_str(&text).unwrap_or_default();
        Self { status: parts.status.as_u16(), headers: parts.headers, text, json }
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The code of a problem.
    pub(crate) fn code(&self) -> (u16, &str) {
        (self.status, self.json["code"].as_str().unwrap_or_default())
    }

    /// Pointer or parameter, and code, of each complaint of a problem.
    pub(crate) fn errors(&self) -> Vec<(&str, &str)> {
        let place = |error: &'static str, item: &'_ Value| item[error].as_str().map(str::len);
        let errors = self.json["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors
            .iter()
            .map(|item| {
                let name = if place("parameter", item).is_some() { "parameter" } else { "pointer" };
                (item[name].as_str().unwrap(), item["code"].as_str().unwrap())
            })
            .collect()
    }

    pub(super) fn check(&self, document: &Value, method: &str, path: &str) {
        let context = format!("{method} {path}: {} {}", self.status, self.text);
        assert!(!self.text.contains(SECRET), "{context}");
        assert!(!self.header("x-request-id").is_empty(), "{context}");
        assert_eq!(self.header("x-content-type-options"), "nosniff", "{context}");
        assert_eq!(self.header("cache-control"), "no-store", "{context}");
        if self.status < 400 || path == "/readyz" {
            return;
        }
        assert_eq!(self.header("content-type"), "application/problem+json", "{context}");
        let problem = &self.json;
        let code = problem["code"].as_str().unwrap_or_else(|| panic!("{context}"));
        assert_eq!(problem["type"], format!("/docs/problems/{code}"), "{context}");
        assert_eq!(problem["status"], self.status, "{context}");
        assert_eq!(problem["request_id"], self.header("x-request-id"), "{context}");
        assert!(problem["errors"].is_array() && problem["retryable"].is_boolean(), "{context}");
        for member in ["title", "detail", "remedy"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {context}");
        }
        if self.status == 503 {
            assert!(!self.header("retry-after").is_empty(), "{context}");
        }
        // What the router itself answers belongs to no operation.
        if let Some(operation) = operation(document, method, path) {
            let documented = &operation["responses"][self.status.to_string()]["description"];
            let documented = documented.as_str().unwrap_or_default();
            assert!(documented.contains(&format!("`{code}`")), "not documented: {context}");
        }
    }
}

/// The documented operation for a request.
fn operation<'document>(document: &'document Value, method: &str, path: &str) -> Option<&'document Value> {
    let matches = |pattern: &str| {
        let (mut wanted, mut given) = (pattern.split('/'), path.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some(wanted), Some(given))
                    if wanted == given || (wanted.starts_with('{') && !given.is_empty()) => {}
                _ => return false,
            }
        }
    };
    let paths = document["paths"].as_object().unwrap();
    paths.iter().find(|(pattern, _)| matches(pattern))?.1.get(method)
}
