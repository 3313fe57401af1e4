//! `Last-Event-ID`: a stream goes on after the event its reader saw last.

use axum::extract::FromRequestParts;
use http::HeaderName;
use http::request::Parts;

use crate::api::problem::{Code, Problem};
use crate::domain::Revision;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The id the reader saw last.
pub(crate) struct LastEventId(pub(crate) Option<Revision>);

impl<S: Sync> FromRequestParts<S> for LastEventId {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let mut values = parts.headers.get_all(LAST_EVENT_ID).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(Self(None)),
            (Some(value), None) => value
                .to_str()
                .ok()
                .and_then(|text| read_revision(text).ok())
                .map(|revision| Self(Some(revision)))
                .ok_or_else(invalid),
            _ => Err(invalid()),
        }
    }
}

/// A revision as it is written in an id and in `since`.
pub(crate) fn read_revision(text: &str) -> Result<Revision, String> {
    // `parse` would take a sign.
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.map(Revision).ok_or_else(|| "is the revision of an event or of a list".to_owned())
}

fn invalid() -> Problem {
    Problem::new(Code::InvalidLastEventId, "Last-Event-ID is the number of an event")
}
