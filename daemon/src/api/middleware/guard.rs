//! Refuses what no handler should see: a head that is too large, a host that is not ours, a
//! change asked for by a page of another origin.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::uri::Authority;
use http::{HeaderMap, Method, Uri, header};

use crate::api::problem::{Code, Problem};
use crate::api::state::Api;
use crate::domain::shown;

/// Headers of one request.
pub(crate) const MAX_HEADERS: usize = 100;
/// Bytes of all headers together.
const MAX_HEADER_BYTES: usize = 32 << 10;
/// Bytes of path and query.
const MAX_URI: usize = 8 << 10;

/// The layer.
pub(crate) async fn guard(State(api): State<Api>, request: Request, next: Next) -> Response {
    match check(&api, &request) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

fn check(api: &Api, request: &Request) -> Result<(), Problem> {
    check_head(request.uri(), request.headers())?;
    let host = host(request.uri(), request.headers())?;
    if !api.hosts.allow(host.host()) {
        let host: String = shown(host.host());
        return Err(Problem::new(Code::WrongHost, format!("this server is not {host:?}")));
    }
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if changes { check_origin(request.headers(), &host) } else { Ok(()) }
}

fn check_head(uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    if uri.path().len() + uri.query().map_or(0, str::len) > MAX_URI {
        return Err(Problem::new(Code::UriTooLong, format!("at most {MAX_URI} bytes are taken")));
    }
    // Name, colon, space, value, line break.
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    if headers.len() > MAX_HEADERS || bytes > MAX_HEADER_BYTES {
        let detail = format!("at most {MAX_HEADERS} headers of {MAX_HEADER_BYTES} bytes together are taken");
        return Err(Problem::new(Code::HeadersTooLarge, detail));
    }
    Ok(())
}

/// Whom the request is for: exactly one `Host` (RFC 9112 section 3.2), which a target in absolute
/// form overrides.
fn host(uri: &Uri, headers: &HeaderMap) -> Result<Authority, Problem> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let invalid = |detail: &str| Problem::new(Code::InvalidHost, detail);
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(invalid("there is no Host header, or more than one"));
    };
    let host = Authority::try_from(host.as_bytes()).map_err(|_| invalid("the Host header is no host"))?;
    let host = uri.authority().cloned().unwrap_or(host);
    if host.as_str().contains('@') { Err(invalid("the Host header has a user")) } else { Ok(host) }
}

/// A page's script may send a request here; only a page of ours may change something. Compared
/// with its port and without its scheme, which a proxy before us may have changed.
fn check_origin(headers: &HeaderMap, host: &Authority) -> Result<(), Problem> {
    let foreign = || Problem::new(Code::ForeignOrigin, "a page of another origin asks for a change");
    if headers.get("sec-fetch-site").is_some_and(|site| site.as_bytes() == b"cross-site") {
        return Err(foreign());
    }
    let own = |origin: &http::HeaderValue| {
        let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        origin.is_some_and(|(_, origin)| origin.eq_ignore_ascii_case(host.as_str()))
    };
    if headers.get_all(header::ORIGIN).iter().all(own) { Ok(()) } else { Err(foreign()) }
}
