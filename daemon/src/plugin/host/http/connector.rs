//! From an upstream's place to a connection: resolve → check every address → connect → TLS.
//!
//! A connector goes to one place, whatever URL it is asked for. A name is resolved (`resolver.rs`) for each
//! connection anew, and what follows connects to the addresses that were found and checked, so that no
//! second answer of a name server can come in between.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use wasmtime_wasi_http::Error;

use super::resolver::Resolver;
use crate::domain::refused_address;

/// After so long without an answer from one address the next one is tried beside it.
const NEXT_ADDRESS: Duration = Duration::from_millis(250);

/// Why there is no connection. Not a byte of a request was sent.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoConnection {
    #[error("the name cannot be resolved")]
    NotResolved(#[source] io::Error),
    #[error("the name {host} is {address}, a {kind} address: nothing is ever connected to one")]
    Prohibited { host: String, address: IpAddr, kind: &'static str },
    #[error("connection refused")]
    Refused,
    #[error("no connection in time")]
    TimedOut,
    #[error("the other side is not trusted, or does not speak TLS")]
    Untrusted(#[source] io::Error),
    #[error("no connection")]
    Unavailable(#[source] io::Error),
}

impl NoConnection {
    fn connecting(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Self::Refused,
            _ => Self::Unavailable(error),
        }
    }

    /// In the words of `wasi:http`.
    pub(super) fn code(&self) -> Error {
        match self {
            Self::NotResolved(_) => {
                Error::DnsError { rcode: Some("the name cannot be resolved".to_owned()), info_code: None }
            }
            Self::Prohibited { .. } => Error::DestinationIpProhibited,
            Self::Refused => Error::ConnectionRefused,
            Self::TimedOut => Error::ConnectionTimeout,
            Self::Untrusted(_) => Error::TlsCertificateError,
            Self::Unavailable(_) => Error::DestinationUnavailable,
        }
    }
}

/// Where an upstream is.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// A host, as a name or an address, and a port.
    Host(String, u16),
    /// A socket of this machine.
    Socket(PathBuf),
}

/// See the module. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connector(Arc<Inner>);

struct Inner {
    place: Place,
    resolver: Resolver,
    tls: Option<(TlsConnector, ServerName<'static>)>,
    within: Duration,
}

impl Connector {
    /// To `place`, within that time, waiting for a turn to look up its name included.
    pub(super) fn new(
        place: Place,
        resolver: Resolver,
        tls: Option<(TlsConnector, ServerName<'static>)>,
        within: Duration,
    ) -> Self {
        Self(Arc::new(Inner { place, resolver, tls, within }))
    }
}

impl Inner {
    async fn connect(&self) -> Result<Wire, NoConnection> {
        let stream: Box<dyn Stream> = match &self.place {
            Place::Socket(path) => {
                Box::new(UnixStream::connect(path).await.map_err(NoConnection::connecting)?)
            }
            Place::Host(host, port) => {
                let addresses = self.resolver.resolve(host, *port).await?;
                Box::new(open(permitted(host, addresses)?).await?)
            }
        };
        let Some((tls, name)) = &self.tls else { return Ok(Wire(TokioIo::new(stream))) };
        let stream = tls.connect(name.clone(), stream).await.map_err(|error| match error.kind() {
            // This is how the TLS library says that it does not trust or understand the other side.
            io::ErrorKind::InvalidData => NoConnection::Untrusted(error),
            _ => NoConnection::Unavailable(error),
        })?;
        Ok(Wire(TokioIo::new(Box::new(stream))))
    }
}

/// Those of `addresses` that may be connected to: at least one.
fn permitted(host: &str, addresses: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, NoConnection> {
    let mut refusal = NoConnection::NotResolved(io::Error::other("it has no address"));
    let permitted: Vec<SocketAddr> = addresses
        .into_iter()
        .filter(|found| {
            let Some(kind) = refused_address(found.ip()) else { return true };
            refusal = NoConnection::Prohibited { host: host.to_owned(), address: found.ip(), kind };
            false
        })
        .collect();
    if permitted.is_empty() { Err(refusal) } else { Ok(permitted) }
}

/// A connection to the first of `addresses` that accepts one; else why the last did not.
async fn open(addresses: Vec<SocketAddr>) -> Result<TcpStream, NoConnection> {
    let mut waiting = addresses.into_iter();
    let mut attempts = FuturesUnordered::new();
    let mut failure = io::Error::other("there is no address");
    loop {
        attempts.extend(waiting.next().map(TcpStream::connect));
        tokio::select! {
            attempt = attempts.next() => match attempt {
                Some(Ok(stream)) => {
                    // Requests are small and wait for an answer.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Some(Err(error)) => failure = error,
                None => return Err(NoConnection::connecting(failure)),
            },
            () = sleep(NEXT_ADDRESS), if waiting.len() > 0 => {}
        }
    }
}

impl tower::Service<Uri> for Connector {
    type Response = Wire;
    type Error = NoConnection;
    type Future = BoxFuture<'static, Result<Wire, NoConnection>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), NoConnection>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _uri: Uri) -> Self::Future {
        let inner = self.0.clone();
        Box::pin(async move {
            timeout(inner.within, inner.connect()).await.unwrap_or(Err(NoConnection::TimedOut))
        })
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection, over whatever it goes.
pub(super) struct Wire(TokioIo<Box<dyn Stream>>);

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl Write for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}
