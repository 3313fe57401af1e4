//! One grant: what becomes of a guest's request, and every bound of the exchange that follows.

use std::sync::Arc;
use std::time::Duration;

use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING, USER_AGENT,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Body as _;
use reqwest::Url;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until, timeout_at};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::body::{Bounded, collect};
use super::credentials::Credentials;
use super::network::{Network, too_many_headers};
use crate::plugin::options::Bounds;

/// Methods that are nobody's. `CONNECT` makes a tunnel; to `TRACE` and `TRACK` a server answers with the head it
/// got, in which the operator's credentials are.
const REFUSED_METHODS: [&str; 3] = ["CONNECT", "TRACE", "TRACK"];

/// How often a path is decoded to see where it leads. One that is encoded still deeper is nobody's.
const MAX_DECODINGS: usize = 8;

/// See the module.
pub(super) struct Route {
    base: Url,
    authorization: Option<HeaderValue>,
    bounds: Bounds,
    pub(super) connections: Arc<Semaphore>,
    network: Network,
}

impl Route {
    pub(super) fn new(
        base: Url,
        bounds: Bounds,
        credentials: &Credentials,
        network: Network,
    ) -> Result<Self, String> {
        let authorization = credentials.token.as_ref().map(|token| {
            let value = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
            value.map(|mut value| {
                value.set_sensitive(true);
                value
            })
        });
        let authorization = authorization.transpose().map_err(|_| {
            "bearer_token holds characters that no header may: check for line breaks".to_owned()
        })?;
        let connections = Arc::new(Semaphore::new(bounds.max_connections));
        Ok(Self { base, authorization, bounds, connections, network })
    }

    /// The URL for what the guest asked, or none if it would leave the path that was granted.
    fn url(&self, asked: Option<&PathAndQuery>) -> Option<Url> {
        let asked = asked.map_or("/", PathAndQuery::as_str);
        let prefix = self.base.path().trim_end_matches('/');
        let mut url = self.base.clone();
        let (path, query) = asked.split_once('?').map_or((asked, None), |(path, query)| (path, Some(query)));
        if !path.starts_with('/') && !path.is_empty() {
            return None;
        }
        // Setting the path resolves `..` in all spellings of the dots. Spellings of the slash are left.
        url.set_path(&format!("{prefix}{path}"));
        url.set_query(query);
        let rest = url.path().strip_prefix(prefix)?;
        ((rest.is_empty() || rest.starts_with('/')) && !leaves(rest)).then_some(url)
    }

    /// The guest's headers, but for those that are not its own to set.
    fn headers(&self, mut headers: HeaderMap) -> HeaderMap {
        for name in [AUTHORIZATION, PROXY_AUTHORIZATION, HOST, CONTENT_LENGTH, TRANSFER_ENCODING] {
            headers.remove(name);
        }
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        headers.entry(ACCEPT).or_insert(HeaderValue::from_static("*/*"));
        let agent = HeaderValue::from_static(concat!("wharfinger/", env!("CARGO_PKG_VERSION")));
        headers.entry(USER_AGENT).or_insert(agent);
        headers
    }

    pub(super) async fn send(
        &self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
    ) -> Result<http::Response<WasiBody>, Error> {
        let Bounds { connect_timeout, first_byte_timeout, idle_timeout, total_timeout, .. } = self.bounds;
        let deadline = Instant::now() + total_timeout;
        let (parts, body) = request.into_parts();
        let url = self.url(parts.uri.path_and_query()).ok_or(Error::HttpRequestDenied)?;
        // There are servers that take a method in any case.
        if REFUSED_METHODS.iter().any(|refused| parts.method.as_str().eq_ignore_ascii_case(refused)) {
            return Err(Error::HttpRequestMethodInvalid);
        }
        let uri = url.as_str().parse::<http::Uri>().map_err(|_| Error::HttpRequestUriInvalid)?;
        // HTTP/1.1: an exchange has a connection to itself, and waiting for one is part of connecting.
        let turn = self.connections.clone().acquire_owned();
        let turn = timeout_at((Instant::now() + connect_timeout).min(deadline), turn).await;
        // The semaphore is never closed: the error of the inner result cannot be.
        let Ok(Ok(turn)) = turn else { return Err(Error::ConnectionLimitReached) };
        // Bodies are held for those whose turn it is and no others, and no longer than the whole may take.
        let body = timeout_at(deadline, collect(body, self.bounds.max_request)).await;
        let body = body.map_err(|_| Error::HttpResponseTimeout)??;
        let mut request = http::Request::new(Full::new(body));
        *request.method_mut() = parts.method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers(parts.headers);
        let shortest =
            |ours: Duration, guests: Option<Duration>| guests.map_or(ours, |guests| ours.min(guests));
        let first_byte = shortest(first_byte_timeout, options.and_then(|options| options.first_byte_timeout));
        let idle = shortest(idle_timeout, options.and_then(|options| options.between_bytes_timeout));
        let answer = timeout_at((Instant::now() + first_byte).min(deadline), self.network.exchange(request));
        let answer = answer.await.map_err(|_| Error::HttpResponseTimeout)??;
        self.check_headers(answer.headers())?;
        let max = self.bounds.max_response;
        if answer.body().size_hint().lower() > u64::try_from(max).unwrap_or(u64::MAX) {
            return Err(too_long(max));
        }
        Ok(answer.map(|inner| Bounded::new(inner, max, idle, sleep_until(deadline), turn).boxed_unsync()))
    }

    fn check_headers(&self, headers: &HeaderMap) -> Result<(), Error> {
        let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if headers.len() > self.bounds.max_headers || bytes > self.bounds.max_header_bytes {
            return Err(too_many_headers(&self.bounds));
        }
        Ok(())
    }
}

/// Whether `path` has a `..` for a server that decodes before it resolves, and for those behind it that decode
/// again, or that takes `\` for `/`, or cuts parameters (`..;x`) off.
fn leaves(path: &str) -> bool {
    let mut path = path.as_bytes().to_vec();
    for _ in 0..MAX_DECODINGS {
        let mut segments = path.split(|byte| matches!(byte, b'/' | b'\\'));
        if segments.any(|segment| segment == b".." || segment.starts_with(b"..;")) {
            return true;
        }
        let decoded = decoded(&path);
        if decoded == path {
            return false;
        }
        path = decoded;
    }
    true
}

/// `path`, decoded once.
fn decoded(mut path: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::with_capacity(path.len());
    while let Some((&byte, rest)) = path.split_first() {
        let digits = rest.split_at_checked(2).filter(|_| byte == b'%');
        let found = digits.and_then(|(digits, rest)| Some((hex(digits)?, rest)));
        let (byte, rest) = found.unwrap_or((byte, rest));
        decoded.push(byte);
        path = rest;
    }
    decoded
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(digits[at]).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some((digit(0)? << 4) | digit(1)?)
}

/// Reads an upstream's URL.
pub(super) fn base(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("url {text:?} is no URL: {error}"))?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !plain || url.query().is_some() {
        return Err("url must be http:// or https:// with a host and perhaps a port and a path; \
                    credentials belong into bearer_token"
            .to_owned());
    }
    Ok(url)
}

pub(super) fn too_long(max: usize) -> Error {
    Error::HttpResponseBodySize(u64::try_from(max).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_leaves_is_known_however_it_is_written() {
        for path in [
            "/..",
            "/../x",
            "/a/..%2fb",
            "/a%2F..%2Fb",
            "/%2e%2e%2Fb",
            "/.%2E/b",
            "/..%5cb",
            "/..\\b",
            "/a%5C..",
            "/..%252fb",
            "/%252e%252e%252fb",
            "/%25252e.%25252fb",
            "/%%32%65%2e/b",
            "/..;/b",
            "/..%3bx=1/b",
            "/%2525252525252525252525252525a",
        ] {
            assert!(leaves(path), "{path}");
        }
        for path in [
            "",
            "/",
            "/a/b",
            "/...",
            "/a..b/..c/d..",
            "/.%2fb",
            "/a..%2fb",
            "/..a%2fb",
            "/%",
            "/%2",
            "/%25",
            "/%zz..",
            "/100%25/%C3%A9",
            "/100%2525",
        ] {
            assert!(!leaves(path), "{path}");
        }
    }
}
