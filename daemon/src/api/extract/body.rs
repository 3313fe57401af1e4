//! A JSON body within its bounds.

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::time::timeout;

use super::Members;
use crate::api::problem::{Code, Problem};
use crate::api::state::Api;

/// What a body can be read into.
pub(crate) trait FromBody: Sized {
    /// A request without a body is refused.
    const REQUIRED: bool;

    /// The most bytes it may have.
    fn max_body(api: &Api) -> usize {
        api.max_body
    }

    /// Takes its members. Complaints are gathered in `members`, and then the value is not used.
    fn from_body(members: &mut Members) -> Self;
}

/// No member at all: for requests that need no body, and may have an empty object.
pub(crate) struct Nothing;

impl FromBody for Nothing {
    const REQUIRED: bool = false;

    fn from_body(_: &mut Members) -> Self {
        Self
    }
}

/// The body, read into `T`.
pub(crate) struct Payload<T>(pub(crate) T);

impl<T: FromBody> FromRequest<Api> for Payload<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let is_json = declares_json(&parts.headers);
        let declared = content_length(&parts.headers);
        if declared.unwrap_or(0) > 0 && !is_json {
            // Refused before it is read.
            return Err(not_json(&parts.headers));
        }
        let max_body = T::max_body(api);
        if declared.is_some_and(|length| length > max_body) {
            return Err(too_large(max_body));
        }
        let bytes = match timeout(api.body_timeout, read(body, max_body)).await {
            Ok(bytes) => bytes?,
            Err(_) => {
                let limit = crate::domain::format_duration(api.body_timeout);
                return Err(Problem::new(
                    Code::BodyTimeout,
                    format!("the body did not arrive within {limit}"),
                ));
            }
        };
        let mut members = if bytes.is_empty() {
            if T::REQUIRED {
                return Err(Problem::new(Code::InvalidJson, "the body is empty: a JSON object is needed"));
            }
            Members::default()
        } else if is_json {
            Members::parse(&bytes)?
        } else {
            return Err(not_json(&parts.headers));
        };
        let value = T::from_body(&mut members);
        members.finish()?;
        Ok(Self(value))
    }
}

async fn read(body: Body, limit: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(limit)),
        Err(error) => match error.downcast_ref::<axum::Error>().and_then(std::error::Error::source) {
            Some(source) if source.is::<LengthLimitError>() => Err(too_large(limit)),
            _ => Err(Problem::new(
                Code::BodyIncomplete,
                "the connection ended, or the chunks are not well-formed",
            )),
        },
    }
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// `application/json`, with any parameters.
fn declares_json(headers: &HeaderMap) -> bool {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

fn not_json(headers: &HeaderMap) -> Problem {
    let detail = if headers.contains_key(header::CONTENT_TYPE) {
        "the body is declared as something else than application/json"
    } else {
        "the body has no Content-Type"
    };
    Problem::new(Code::UnsupportedMediaType, detail)
}

fn too_large(limit: usize) -> Problem {
    Problem::new(Code::BodyTooLarge, format!("at most {limit} bytes are taken"))
}
