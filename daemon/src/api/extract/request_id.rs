//! The id of the request, which the outermost layer gave it.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::request::Parts;

use crate::api::middleware::REQUEST_ID;

/// For what names the request in its answer.
pub(crate) struct RequestId(pub(crate) String);

impl<S: Sync> FromRequestParts<S> for RequestId {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let id = parts.headers.get(REQUEST_ID).and_then(|id| id.to_str().ok());
        Ok(Self(id.unwrap_or_default().to_owned()))
    }
}
