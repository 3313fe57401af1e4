//! One file as an answer: how long it may be kept, in which form it is sent, and what a page made of it
//! may do.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::files::File;

/// Nothing may be loaded but our own files, nothing may run that is written into a page, and nobody may show
/// us in a frame. Pictures may be `data:`, which asks nobody: so a picture that a template names elsewhere is
/// not fetched.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A year, which is for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// It may be kept, and is asked about each time.
const ASK: &str = "no-cache";

/// Of every file, since a browser also opens one by itself.
const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::VARY, "accept-encoding"),
];

/// The file, or that the client has it.
pub(super) fn file(file: &File, asked: &HeaderMap) -> Response {
    let mut headers: HeaderMap =
        HEADERS.into_iter().map(|(name, value)| (name, HeaderValue::from_static(value))).collect();
    let kept = if file.immutable { FOR_EVER } else { ASK };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(kept));
    // Weak: what is compressed has other bytes and says the same.
    let tag = format!("W/\"{}\"", file.tag);
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    if has(asked, &tag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
    match &file.gzip {
        Some(gzip) if takes_gzip(asked) => {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            (headers, gzip.clone()).into_response()
        }
        _ => (headers, file.plain.clone()).into_response(),
    }
}

/// `If-None-Match`, compared weakly (RFC 9110, section 13.1.2).
fn has(asked: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    items(asked, &header::IF_NONE_MATCH).any(|item| item == "*" || opaque(item) == opaque(tag))
}

fn takes_gzip(asked: &HeaderMap) -> bool {
    items(asked, &header::ACCEPT_ENCODING).any(|item| {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|weight| weight.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

fn items<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).map(str::trim)
}
