//! `wasi:http`: requests to granted upstreams, and to nothing else.
//!
//! Flow: the guest names an upstream as the host of its URL (`http://manager/containers`) → the
//! name is looked up among the grants → the URL, the certificates and the credentials of the
//! configuration take its place → a connection of this plugin and upstream's own pool.
//!
//! Guarantees: a guest never sees credentials and cannot send its own; redirects are handed back,
//! not followed; no proxy of the environment is used; an answer longer than granted is an error,
//! not a shorter answer. An error that reads as "not sent" was raised before the first byte of the
//! request left: plugins decide by that whether something may have happened.
//!
//! Total time is bounded by the call this happens in: when its sandbox goes, so does the request.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, PROXY_AUTHORIZATION, TRANSFER_ENCODING};
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderValue, Method};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, SizeHint};
use reqwest::{Certificate, Client, Url};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

use super::log::{GuestLog, Severity};
use super::reach::Reachability;
use super::script::Script;
use crate::plugin::options::Upstream;

/// Bytes of one request's body.
const MAX_REQUEST: usize = 1 << 20;
/// Connections kept open for one upstream.
const MAX_IDLE: usize = 16;
/// How long a connection is kept without use. Below what backends usually allow.
const IDLE: Duration = Duration::from_secs(30);
/// Bytes of a file of certificates.
const MAX_CERTIFICATES: u64 = 1 << 20;

/// The content of an upstream's `ca_file`.
pub(in crate::plugin) type Certificates = Option<Vec<u8>>;

/// Reads an upstream's `ca_file`, if it has one.
pub(in crate::plugin) fn read_certificates(upstream: &Upstream) -> Result<Certificates, String> {
    let read = |path: &Path| -> io::Result<Vec<u8>> {
        use io::Read as _;
        let mut bytes = Vec::new();
        std::fs::File::open(path)?.take(MAX_CERTIFICATES).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    let Some(path) = &upstream.ca_file else { return Ok(None) };
    read(path).map(Some).map_err(|error| format!("ca_file {} cannot be read: {error}", path.display()))
}

/// What one plugin may reach, with its connections.
pub(in crate::plugin) struct Upstreams {
    routes: BTreeMap<String, Arc<Route>>,
    /// Answers instead of the routes.
    script: Option<Arc<Script>>,
    reach: Arc<Reachability>,
}

impl Upstreams {
    /// Nothing may be reached.
    pub(in crate::plugin) const fn none(reach: Arc<Reachability>) -> Self {
        Self { routes: BTreeMap::new(), script: None, reach }
    }

    /// Whatever is asked is answered by `script`.
    pub(in crate::plugin) const fn scripted(script: Arc<Script>, reach: Arc<Reachability>) -> Self {
        Self { routes: BTreeMap::new(), script: Some(script), reach }
    }

    /// Adds one grant. An error says what is wrong and what is allowed.
    pub(in crate::plugin) fn grant(
        &mut self,
        name: &str,
        upstream: &Upstream,
        certificates: Certificates,
    ) -> Result<(), String> {
        self.routes.insert(name.to_owned(), Arc::new(Route::new(upstream, certificates)?));
        Ok(())
    }

    /// Whether anything may be reached.
    pub(in crate::plugin) fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.script.is_none()
    }
}

struct Route {
    client: Client,
    base: Url,
    authorization: Option<HeaderValue>,
    max_response: usize,
}

impl Route {
    fn new(upstream: &Upstream, certificates: Certificates) -> Result<Self, String> {
        let base = base(&upstream.url)?;
        let authorization = upstream.bearer_token.as_ref().map(|token| {
            let value = HeaderValue::from_str(&format!("Bearer {}", token.expose()));
            value.map(|mut value| {
                value.set_sensitive(true);
                value
            })
        });
        let authorization = authorization.transpose().map_err(|_| {
            "bearer_token holds characters that no header may: check for line breaks".to_owned()
        })?;
        let mut client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .http1_only()
            .referer(false)
            .user_agent(concat!("wharfinger/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(upstream.connect_timeout)
            .pool_max_idle_per_host(MAX_IDLE)
            .pool_idle_timeout(IDLE);
        if let Some(pem) = certificates {
            let certificates = Certificate::from_pem_bundle(&pem)
                .map_err(|error| format!("ca_file holds no certificates in PEM: {error}"))?;
            if certificates.is_empty() {
                return Err("ca_file holds no certificates in PEM".to_owned());
            }
            client = client.tls_certs_only(certificates);
        } else if base.scheme() == "http" {
            // Without TLS the machine's certificates are not needed, and may not be there.
            client = client.tls_certs_only([]);
        }
        let client = client.build().map_err(|error| {
            format!("cannot be prepared: {}", crate::runtime::ErrorChain(&error.without_url()))
        })?;
        Ok(Self { client, base, authorization, max_response: upstream.max_response })
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
        // Setting the path resolves `..` in all its spellings.
        url.set_path(&format!("{prefix}{path}"));
        url.set_query(query);
        let rest = url.path().strip_prefix(prefix)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(url)
    }

    async fn send(
        &self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
    ) -> Result<http::Response<WasiBody>, Error> {
        let (parts, body) = request.into_parts();
        let url = self.url(parts.uri.path_and_query()).ok_or(Error::HttpRequestDenied)?;
        let body = collect(body).await?;
        let mut headers = parts.headers;
        for name in [AUTHORIZATION, PROXY_AUTHORIZATION, HOST, CONTENT_LENGTH, TRANSFER_ENCODING] {
            headers.remove(name);
        }
        if let Some(authorization) = &self.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let bodiless = body.is_empty() && matches!(parts.method, Method::GET | Method::HEAD | Method::DELETE);
        let mut request = reqwest::Request::new(parts.method, url);
        *request.headers_mut() = headers;
        if !bodiless {
            *request.body_mut() = Some(body.into());
        }
        let first_byte = options.and_then(|options| options.first_byte_timeout);
        let answer = self.client.execute(request);
        let answer = match first_byte {
            Some(limit) => {
                tokio::time::timeout(limit, answer).await.map_err(|_| Error::HttpResponseTimeout)?
            }
            None => answer.await,
        };
        let answer: http::Response<reqwest::Body> = answer.map_err(|error| classify(&error))?.into();
        let max = self.max_response;
        if answer.body().size_hint().lower() > u64::try_from(max).unwrap_or(u64::MAX) {
            return Err(too_long(max));
        }
        Ok(answer.map(|inner| Capped { inner, left: max, max }.boxed_unsync()))
    }
}

/// Reads an upstream's URL.
fn base(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("url {text:?} is no URL: {error}"))?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || !plain || url.query().is_some() {
        return Err("url must be http:// or https:// with a host and perhaps a port and a path; \
                    credentials belong into bearer_token"
            .to_owned());
    }
    Ok(url)
}

/// Reads the whole request body first: requests of plugins are small, and nothing is sent of one
/// that the guest abandons half way.
pub(super) async fn collect(mut body: WasiBody) -> Result<Bytes, Error> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            if bytes.len() + data.len() > MAX_REQUEST {
                return Err(Error::HttpRequestBodySize(u64::try_from(MAX_REQUEST).ok()));
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.freeze())
}

fn too_long(max: usize) -> Error {
    Error::HttpResponseBodySize(u64::try_from(max).ok())
}

/// Tells what happened before a byte of the request was sent from what happened after.
fn classify(error: &reqwest::Error) -> Error {
    if error.is_builder() {
        return Error::ConfigurationError;
    }
    if !error.is_connect() {
        return if error.is_timeout() { Error::HttpResponseTimeout } else { Error::ConnectionTerminated };
    }
    if error.is_timeout() {
        return Error::ConnectionTimeout;
    }
    if error.is_dns() {
        return Error::DnsError { rcode: Some("the name cannot be resolved".to_owned()), info_code: None };
    }
    match io_kind(error) {
        Some(io::ErrorKind::ConnectionRefused) => Error::ConnectionRefused,
        // This is how the TLS library says that it does not trust or understand the other side.
        Some(io::ErrorKind::InvalidData) => Error::TlsCertificateError,
        _ => Error::DestinationUnavailable,
    }
}

fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        source = error.source();
    }
    None
}

/// An answer's body that fails beyond its limit.
struct Capped {
    inner: reqwest::Body,
    left: usize,
    max: usize,
}

impl Body for Capped {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.inner).poll_frame(context));
        Poll::Ready(frame.map(|frame| {
            let frame = frame.map_err(|error| {
                if error.is_timeout() { Error::HttpResponseTimeout } else { Error::ConnectionTerminated }
            })?;
            let length = frame.data_ref().map_or(0, Bytes::len);
            self.left = self.left.checked_sub(length).ok_or_else(|| too_long(self.max))?;
            Ok(frame)
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// Sends the requests of one call.
pub(super) struct Sender {
    upstreams: Arc<Upstreams>,
    log: GuestLog,
}

impl Sender {
    pub(super) const fn new(upstreams: Arc<Upstreams>, log: GuestLog) -> Self {
        Self { upstreams, log }
    }

    fn route(&self, uri: &http::Uri) -> Option<(String, Arc<Route>)> {
        let name = uri.authority()?.as_str();
        let route = self.upstreams.routes.get(name).filter(|_| uri.scheme() == Some(&Scheme::HTTP))?;
        Some((name.to_owned(), route.clone()))
    }
}

type Sent = Result<(http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for Sender {
    // Every scheme is let through to `send_request`, so that a wrong one is denied and logged there.
    fn is_supported_scheme(&mut self, _scheme: &Scheme) -> bool {
        true
    }

    fn set_host_header(&mut self) -> bool {
        false
    }

    fn default_scheme(&mut self) -> Option<Scheme> {
        Some(Scheme::HTTP)
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        if let Some(script) = self.upstreams.script.clone() {
            let log = self.log.clone();
            let asked = format!("{} {}", request.method(), request.uri());
            return Box::new(async move {
                let answer = script.send(request).await;
                if let Err(error) = &answer {
                    log.write(Severity::Debug, &format!("the script does not answer {asked}: {error}"), &[]);
                }
                let done: Box<dyn Future<Output = Result<(), Error>> + Send> = Box::new(async { Ok(()) });
                answer.map(|answer| (answer, done))
            });
        }
        let Some((name, route)) = self.route(request.uri()) else {
            let asked = format!(
                "{}://{}",
                request.uri().scheme_str().unwrap_or("http"),
                request.uri().authority().map_or("", |authority| authority.as_str()),
            );
            let granted: Vec<&str> = self.upstreams.routes.keys().map(String::as_str).collect();
            let message = format!(
                "a request to {asked:?} was refused: this plugin reaches http://NAME with NAME one of \
                 its upstreams {granted:?}"
            );
            self.log.write(Severity::Warn, &message, &[]);
            return Box::new(async { Err(Error::HttpRequestDenied) });
        };
        let reach = self.upstreams.reach.clone();
        let log = self.log.clone();
        Box::new(async move {
            let answer = route.send(request, options).await;
            match &answer {
                Ok(_) | Err(Error::HttpResponseBodySize(_)) => reach.saw(&name, true),
                Err(
                    Error::ConnectionRefused
                    | Error::ConnectionTimeout
                    | Error::DnsError { .. }
                    | Error::TlsCertificateError
                    | Error::DestinationUnavailable,
                ) => reach.saw(&name, false),
                Err(_) => {}
            }
            if let Err(error) = &answer {
                log.write(Severity::Debug, &format!("no answer from upstream {name:?}: {error}"), &[]);
            }
            let done: Box<dyn Future<Output = Result<(), Error>> + Send> = Box::new(async { Ok(()) });
            answer.map(|answer| (answer, done))
        })
    }
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
