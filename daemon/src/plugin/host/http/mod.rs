//! `wasi:http`: requests to granted upstreams, and to nothing else.
//!
//! Flow: the guest names an upstream as the host of its URL (`http://manager/containers`) → the
//! name is looked up among the grants → the URL, the certificates and the credentials of the
//! configuration take its place → a connection of this plugin and upstream's own pool.
//!
//! ```text
//!  mod.rs        the guest's side: which upstream is meant, and what the log says of it; unsent.rs: what is held
//!   └ route.rs      one grant: path, headers, credentials, every bound
//!      └ network.rs    a client, and what its errors mean
//!         └ connector.rs   resolve → check each address → connect → TLS; resolver.rs, tls.rs, credentials.rs
//! ```
//!
//! Guarantees: a guest never sees credentials and cannot send its own; redirects are handed back,
//! not followed; no proxy of the environment is used; no connection to an address that is always
//! refused, however it was written or resolved; no connection, TLS session or credential is shared
//! with another plugin, nor with an earlier build of the same one; an answer longer than granted is
//! an error, not a shorter answer. An error that reads as "not sent" was raised before the first
//! byte of the request left: plugins decide by that whether something may have happened.
//!
//! Total time is bounded by the call this happens in as well: when its sandbox goes, so does the
//! request.

mod body;
mod connector;
mod credentials;
mod network;
mod resolver;
mod route;
mod tls;
mod unsent;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use http::uri::Scheme;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

pub(super) use self::body::collect;
pub(in crate::plugin) use self::credentials::{Credentials, read_credentials};
use self::network::Network;
pub(in crate::plugin) use self::resolver::Lookups;
use self::resolver::Resolver;
use self::route::Route;
pub(super) use self::unsent::bound;
use super::log::{GuestLog, Severity};
use super::reach::Reachability;
use super::script::Script;
use crate::domain::Secrets;
use crate::plugin::options::Upstream;

/// What one plugin may reach, with its connections.
pub(in crate::plugin) struct Upstreams {
    routes: BTreeMap<String, Arc<Route>>,
    /// Answers instead of the routes.
    script: Option<Arc<Script>>,
    reach: Arc<Reachability>,
    lookups: Lookups,
    tokens: Secrets,
}

impl Upstreams {
    /// Nothing may be reached.
    pub(in crate::plugin) fn none(reach: Arc<Reachability>) -> Self {
        let (lookups, tokens) = (Lookups::new(), Secrets::default());
        Self { routes: BTreeMap::new(), script: None, reach, lookups, tokens }
    }

    /// Whatever is asked is answered by `script`.
    pub(in crate::plugin) fn scripted(script: Arc<Script>, reach: Arc<Reachability>) -> Self {
        Self { script: Some(script), ..Self::none(reach) }
    }

    /// The same, whose names are looked up in the turns of `lookups`. Holds for what is granted afterwards.
    pub(in crate::plugin) fn sharing(self, lookups: Lookups) -> Self {
        Self { lookups, ..self }
    }

    /// Adds one grant. An error says what is wrong and what is allowed.
    pub(in crate::plugin) fn grant(
        &mut self,
        name: &str,
        upstream: &Upstream,
        credentials: &Credentials,
    ) -> Result<(), String> {
        let base = route::base(&upstream.url)?;
        let network = Network::new(&base, upstream, credentials, Resolver::new(self.lookups.clone()))?;
        let route = Route::new(base, upstream.bounds, credentials, network)?;
        self.routes.insert(name.to_owned(), Arc::new(route));
        // No variable of an instance has a blank in its name.
        let token = credentials.token.iter().map(|token| (format!("upstream {name}"), token.clone()));
        self.tokens.0.extend(token);
        Ok(())
    }

    /// `secrets` of a call, and the tokens: an upstream may show in its answer what it was sent, and a guest
    /// that means no harm may hand that on.
    pub(in crate::plugin) fn with_tokens(&self, secrets: &Secrets) -> Secrets {
        let mut all = secrets.clone();
        all.0.extend(self.tokens.0.clone());
        all
    }

    /// Whether anything may be reached.
    pub(in crate::plugin) fn is_empty(&self) -> bool {
        self.routes.is_empty() && self.script.is_none()
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

    fn p2_outgoing_body_buffer_chunks(&mut self) -> usize {
        unsent::WAITING_CHUNKS
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        unsent::CHUNK
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
                Ok(_) | Err(Error::HttpResponseBodySize(_) | Error::HttpResponseHeaderSectionSize(_)) => {
                    reach.saw(&name, true);
                }
                Err(
                    Error::ConnectionRefused
                    | Error::ConnectionTimeout
                    | Error::DnsError { .. }
                    | Error::TlsCertificateError
                    | Error::DestinationUnavailable
                    | Error::DestinationIpProhibited,
                ) => reach.saw(&name, false),
                Err(_) => {}
            }
            if let Err(error) = &answer {
                let (severity, remedy) = advice(error);
                let message = format!("no answer from upstream {name:?}: {error}{remedy}");
                log.write(severity, &message, &[]);
            }
            let done: Box<dyn Future<Output = Result<(), Error>> + Send> = Box::new(async { Ok(()) });
            answer.map(|answer| (answer, done))
        })
    }
}

/// How serious an error is for the operator, and what to do where it is one of the configuration.
/// The plugin itself says what it makes of the others.
const fn advice(error: &Error) -> (Severity, &'static str) {
    match error {
        Error::DestinationIpProhibited => (
            Severity::Warn,
            ": its name resolves to link-local, metadata, multicast or unspecified addresses, to which \
             nothing is ever connected",
        ),
        Error::ConnectionLimitReached => (
            Severity::Warn,
            ": all its connections are in use; raise max_connections if it can do more at once",
        ),
        Error::HttpResponseHeaderSectionSize(_) => (
            Severity::Warn,
            ": its answer has too many or too long headers; raise max_headers or max_header_bytes if \
             that is right",
        ),
        Error::HttpResponseBodySize(_) => {
            (Severity::Warn, ": its answer is too long; raise max_response if that is right")
        }
        Error::HttpRequestBodySize(_) => {
            (Severity::Warn, ": the plugin's request is too long; raise max_request if that is right")
        }
        _ => (Severity::Debug, ""),
    }
}
