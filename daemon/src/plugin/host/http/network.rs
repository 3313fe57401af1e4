//! The network: one upstream's client with its own pool of connections.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use reqwest::Url;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use wasmtime_wasi_http::{Error, WasiBody};

use super::connector::{Connector, NoConnection, Place};
use super::credentials::Credentials;
use super::resolver::Resolver;
use super::tls;
use crate::domain::refused_address;
use crate::plugin::options::{Bounds, Upstream};

/// Connections kept open for one upstream.
const MAX_IDLE: usize = 16;
/// How long a connection is kept without use. Below what backends usually allow.
const IDLE: Duration = Duration::from_secs(30);

/// See the module.
pub(super) struct Network {
    client: Client<Connector, Full<Bytes>>,
    bounds: Bounds,
}

impl Network {
    /// To where `base` and the upstream's `socket` point. An error names the key that is wrong.
    pub(super) fn new(
        base: &Url,
        upstream: &Upstream,
        credentials: &Credentials,
        resolver: Resolver,
    ) -> Result<Self, String> {
        let host = base.host_str().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let place = match &upstream.socket {
            Some(path) => Place::Socket(path.clone()),
            None => {
                if let Some(kind) = host.parse().ok().and_then(refused_address) {
                    return Err(format!("url names a {kind} address: nothing is ever connected to one"));
                }
                // Both schemes have a known port.
                Place::Host(host.clone(), base.port_or_known_default().unwrap_or_default())
            }
        };
        let tls = if base.scheme() == "https" {
            let name = ServerName::try_from(host)
                .map_err(|_| "url has a host that no certificate can be for".to_owned())?;
            Some((TlsConnector::from(Arc::new(tls::client(credentials)?)), name))
        } else {
            // Not needed, and yet no reason to let a wrong file pass.
            credentials.authorities.as_deref().map(tls::authorities).transpose()?;
            None
        };
        let connector = Connector::new(place, resolver, tls, upstream.bounds.connect_timeout);
        Ok(Self::to(connector, upstream.bounds))
    }

    pub(super) fn to(connector: Connector, bounds: Bounds) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(MAX_IDLE)
            .http1_max_headers(bounds.max_headers)
            .http1_max_buf_size(bounds.max_header_bytes)
            .build(connector);
        Self { client, bounds }
    }

    /// Sends the request and waits for the answer's head. Dropped, it lets go of the request.
    pub(super) async fn exchange(
        &self,
        request: http::Request<Full<Bytes>>,
    ) -> Result<http::Response<WasiBody>, Error> {
        let answer = self.client.request(request).await.map_err(|error| classify(&error, &self.bounds))?;
        Ok(answer.map(|body| body.map_err(|_| Error::ConnectionTerminated).boxed_unsync()))
    }
}

pub(super) fn too_many_headers(bounds: &Bounds) -> Error {
    Error::HttpResponseHeaderSectionSize(u32::try_from(bounds.max_header_bytes).ok())
}

/// Tells what happened before a byte of the request was sent from what happened after.
fn classify(error: &legacy::Error, bounds: &Bounds) -> Error {
    if error.is_connect() {
        return find::<NoConnection>(error).map_or(Error::DestinationUnavailable, NoConnection::code);
    }
    match find::<hyper::Error>(error) {
        Some(error) if error.is_parse_too_large() => too_many_headers(bounds),
        _ => Error::ConnectionTerminated,
    }
}

fn find<E: StdError + 'static>(error: &legacy::Error) -> Option<&E> {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        source = error.source();
    }
    None
}
