//! `Idempotency-Key`: what the client calls this request by, to send it again.
//!
//! The header is a string of a structured field (draft-ietf-httpapi-idempotency-key-header, RFC 9651):
//! `"8e03978e"`. Most clients send it without quotes, so that is taken too, and means the same.

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::api::problem::{Code, Problem};
use crate::domain::IdempotencyKey;

/// The key, if there is one.
pub(crate) struct RepeatKey(pub(crate) Option<IdempotencyKey>);

impl<S: Sync> FromRequestParts<S> for RepeatKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let invalid = |rule: &str| Problem::new(Code::InvalidIdempotencyKey, rule);
        let mut values = parts.headers.get_all("idempotency-key").iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        if values.next().is_some() {
            return Err(invalid("a request has one key, and this has several"));
        }
        let value = value.to_str().map_err(|_| invalid("the key is not printable ASCII"))?.trim();
        let text = if value.starts_with('"') { quoted(value) } else { bare(value) };
        let text = text.ok_or_else(|| {
            invalid("the key is neither a string in quotes nor a word without quotes, commas and spaces")
        })?;
        let key = IdempotencyKey::new(text).map_err(|error| invalid(&error.to_string()))?;
        Ok(Self(Some(key)))
    }
}

/// RFC 9651 section 4.2.5, and nothing after it: parameters have no meaning here.
fn quoted(value: &str) -> Option<String> {
    let mut letters = value.strip_prefix('"')?.strip_suffix('"')?.chars();
    let mut text = String::new();
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '\\' => letters.next().filter(|escaped| matches!(escaped, '"' | '\\'))?,
            '"' => return None,
            letter => letter,
        });
    }
    Some(text)
}

/// Two headers that a proxy joined have a comma, and parameters a semicolon.
fn bare(value: &str) -> Option<String> {
    let allowed = |letter: char| letter.is_ascii_graphic() && !matches!(letter, '"' | '\\' | ',' | ';');
    value.chars().all(allowed).then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(values: &[&str]) -> Result<Option<String>, ()> {
        let mut request = http::Request::builder();
        for value in values {
            request = request.header("Idempotency-Key", *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let key = RepeatKey::from_request_parts(&mut parts, &()).await;
        key.map(|RepeatKey(key)| key.map(|key| key.as_str().to_owned())).map_err(drop)
    }

    #[tokio::test]
    async fn a_key_is_a_string_in_quotes_or_a_word_without() {
        assert_eq!(read(&[]).await, Ok(None));
        for (value, key) in [
            ("\"a b\"", "a b"),
            ("a", "a"),
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            ("\"say \\\"a\\\\b\\\"\"", "say \"a\\b\""),
            ("a/b:c=d+e@f", "a/b:c=d+e@f"),
        ] {
            assert_eq!(read(&[value]).await, Ok(Some(key.to_owned())), "{value}");
        }
    }

    #[tokio::test]
    async fn what_could_mean_two_things_is_refused() {
        let long = "x".repeat(256);
        for value in
            ["", "\"\"", "\"", "\"a", "a\"", "\"a\"b\"", "\"a\";x=1", "a b", "a,b", "a;b", "\"\\n\"", &long]
        {
            assert_eq!(read(&[value]).await, Err(()), "{value}");
        }
        assert_eq!(read(&["a", "a"]).await, Err(()));
        assert_eq!(read(&[&"x".repeat(255)]).await, Ok(Some("x".repeat(255))));
    }
}
