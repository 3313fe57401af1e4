//! Fixture files: what upstreams answer when there are none.
//!
//! ```json
//! [
//!   { "upstream": "manager", "method": "POST", "path": "/boxes",
//!     "answer": { "status": 201, "headers": { "x-id": "7" }, "json": { "id": "b1" } } },
//!   { "upstream": "manager", "path": "/boxes/b1", "answer": "lost" },
//!   { "upstream": "manager", "path": "/health", "answer": "refused" }
//! ]
//! ```
//!
//! `method` is `GET` unless it is written; an answer has `json`, `text` or neither.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::{Error, json};
use crate::plugin::{Exchange, Script, ScriptedAnswer};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    upstream: String,
    method: Option<String>,
    path: String,
    /// `"lost"`, `"refused"`, or a [`Response`].
    answer: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Response {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    json: Option<Value>,
    text: Option<String>,
}

/// Reads one.
pub(super) fn read(file: &Path) -> Result<Arc<Script>, Error> {
    let expected: Vec<Expected> = json(file)?;
    let exchanges = expected.into_iter().enumerate().map(|(number, expected)| {
        exchange(expected).map_err(|reason| {
            Error::Unusable(format!("{}: exchange {}: {reason}", file.display(), number + 1))
        })
    });
    Ok(Arc::new(Script::new(exchanges.collect::<Result<_, _>>()?)))
}

fn exchange(expected: Expected) -> Result<Exchange, String> {
    if !expected.path.starts_with('/') {
        return Err(format!("path {:?} has no slash in front", expected.path));
    }
    Ok(Exchange {
        upstream: expected.upstream,
        method: expected.method.unwrap_or_else(|| "GET".to_owned()).to_uppercase(),
        path: expected.path,
        answer: match expected.answer.as_str() {
            Some("lost") => ScriptedAnswer::Lost,
            Some("refused") => ScriptedAnswer::Refused,
            Some(other) => return Err(format!("the answer {other:?} is neither \"lost\" nor \"refused\"")),
            None => answer(expected.answer)?,
        },
    })
}

fn answer(response: Value) -> Result<ScriptedAnswer, String> {
    let response: Response = serde_json::from_value(response).map_err(|error| format!("answer: {error}"))?;
    let status = http::StatusCode::from_u16(response.status)
        .map_err(|_| format!("{} is no status: 100 to 999 are", response.status))?;
    let mut headers = Vec::new();
    for (name, value) in response.headers {
        let header = name.parse().ok().zip(value.parse().ok());
        headers.push(header.ok_or_else(|| format!("the header {name:?} cannot be sent"))?);
    }
    let body = match (response.json, response.text) {
        (Some(_), Some(_)) => return Err("has json and text: one of them".to_owned()),
        (Some(json), None) => {
            headers.push((http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json")));
            json.to_string()
        }
        (None, text) => text.unwrap_or_default(),
    };
    Ok(ScriptedAnswer::Response { status, headers, body: body.into() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(expected: Value) -> Result<Exchange, String> {
        serde_json::from_value(expected).map_err(|error| error.to_string()).and_then(exchange)
    }

    #[test]
    fn an_exchange_is_a_get_that_is_answered_or_not() {
        let lost = read(json!({ "upstream": "u", "path": "/a", "answer": "lost" })).unwrap();
        assert_eq!((lost.method.as_str(), lost.answer), ("GET", ScriptedAnswer::Lost));
        let answered = read(
            json!({ "upstream": "u", "method": "post", "path": "/a", "answer": { "status": 201, "json": [1] } }),
        );
        let ScriptedAnswer::Response { status, headers, body } = answered.unwrap().answer else { panic!() };
        assert_eq!((status.as_u16(), headers.len(), &body[..]), (201, 1, &b"[1]"[..]));
    }

    #[test]
    fn what_cannot_be_answered_is_refused() {
        for (answer, why) in [
            (json!("late"), "lost"),
            (json!({ "stauts": 200 }), "unknown field `stauts`"),
            (json!({ "status": 7 }), "no status"),
            (json!({ "status": 200, "json": 1, "text": "1" }), "one of them"),
            (json!({ "status": 200, "headers": { "a b": "c" } }), "cannot be sent"),
        ] {
            let refused = read(json!({ "upstream": "u", "path": "/a", "answer": answer })).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
        assert!(read(json!({ "upstream": "u", "path": "a", "answer": "lost" })).is_err());
    }
}
