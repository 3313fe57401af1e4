//! `If-Match`: only if the instance is as the caller knows it.

use axum::extract::FromRequestParts;
use http::header::IF_MATCH;
use http::request::Parts;

use crate::api::problem::{Code, Problem};
use crate::domain::Revision;

/// The revision the caller knows; none when there is no condition, or `*`: any that exists.
pub(crate) struct IfMatch(pub(crate) Option<Revision>);

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(IF_MATCH).iter();
        let value = values.next();
        let invalid = || Problem::new(Code::InvalidIfMatch, "If-Match is one ETag such as \"5\", or *");
        if values.next().is_some() {
            return Err(invalid());
        }
        match value.map(|value| value.to_str()) {
            None | Some(Ok("*")) => Ok(Self(None)),
            Some(Ok(text)) => revision(text).map(|revision| Self(Some(revision))).ok_or_else(invalid),
            Some(Err(_)) => Err(invalid()),
        }
    }
}

fn revision(tag: &str) -> Option<Revision> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    // `parse` would take a sign.
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok().map(Revision))?
}
