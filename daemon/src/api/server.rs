//! The accept loop: connections within bounds, and an end within a bound.
//!
//! # Flow
//! ```text
//!  permit ─> accept ─> one task per connection ─> router
//!                          │
//!  shutdown ─> no more ────┴─> requests finish ─> idle connections close ─> Drained
//!                                   └── not within `drain`: cut
//! ```
//! # Guarantees
//! * At most `max_connections` at a time; more wait in the kernel's queue, unaccepted.
//! * A head that does not arrive within `header_timeout` closes its connection; so does an idle
//!   connection.
//! * A client that takes nothing of its answer for `write_timeout` is cut.
//! * When the machine runs out of sockets or memory, the loop waits and tries again.
//!
//! Knows nothing of routes.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;

use super::console::Files;
use super::middleware::MAX_HEADERS;
use super::{Options, router};
use crate::runtime::{Metrics, Readiness, Shutdown, Tasks};
use crate::service::Service;

/// Connections the kernel keeps for us before they are accepted.
const BACKLOG: u32 = 1_024;
/// Bytes of a request's head that are read. Above the bound of the guard, so that its problem is
/// what a client gets; beyond this it is a bare 431.
const MAX_HEAD: usize = 64 << 10;
/// Between two tries to accept when the machine has run out of something.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The server cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address cannot be had.
    #[error("cannot listen on {address}: choose another [server] listen, or stop what uses it")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

/// How the server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drained {
    /// Every request was answered; else some were cut when the time was up.
    pub graceful: bool,
}

/// A server that listens and does not answer yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    options: Options,
}

impl Server {
    /// Listens. Needs a running tokio runtime. Clients that connect from now on wait until
    /// [`serve`](Self::serve) is called.
    pub fn bind(options: Options) -> Result<Self, Error> {
        let bind = || {
            let socket = match options.listen {
                SocketAddr::V4(_) => TcpSocket::new_v4(),
                SocketAddr::V6(_) => TcpSocket::new_v6(),
            }?;
            // A restart need not wait for the old connections' TIME_WAIT.
            socket.set_reuseaddr(true)?;
            socket.bind(options.listen)?;
            let listener = socket.listen(BACKLOG)?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) = bind().map_err(|source| Error::Bind { address: options.listen, source })?;
        Ok(Self { listener, address, options })
    }

    /// Where it listens, with the real port.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `shutdown`, then finishes what is under way within `Options.drain`.
    pub async fn serve(
        self,
        service: Service,
        readiness: Readiness,
        metrics: Metrics,
        tasks: Tasks,
        shutdown: Shutdown,
    ) -> Drained {
        let Self { listener, address, options } = self;
        let (router, _) = router::router(service, readiness, metrics, &options, address, Files::embedded());
        let connections = Connections {
            router,
            graceful: GracefulShutdown::new(),
            cut: Shutdown::new(),
            header_timeout: options.header_timeout,
            write_timeout: options.write_timeout,
            tasks,
        };
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = accept(&listener, &connections, options.max_connections) => {}
        }
        // From here on clients are refused by the kernel, and not left waiting.
        drop(listener);
        let Connections { graceful, cut, .. } = connections;
        let graceful = timeout(options.drain, graceful.shutdown()).await.is_ok();
        cut.cancel();
        Drained { graceful }
    }
}

/// What a new connection needs.
struct Connections {
    router: axum::Router,
    graceful: GracefulShutdown,
    /// Ends every connection at once.
    cut: Shutdown,
    header_timeout: Duration,
    write_timeout: Duration,
    tasks: Tasks,
}

impl Connections {
    fn start(&self, stream: TcpStream, permit: OwnedSemaphorePermit) {
        // Answers are small and written at once: waiting for more would only delay them.
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.write_timeout));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.header_timeout)
            .max_buf_size(MAX_HEAD)
            // Above the guard's own bound, for the same reason as `MAX_HEAD`.
            .max_headers(MAX_HEADERS + 28)
            .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(self.router.clone()));
        let connection = self.graceful.watch(connection);
        let cut = self.cut.clone();
        self.tasks.spawn("http connection", async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    // A client that left, or that does not speak HTTP: its business, not ours.
                    tracing::debug!(%error, "a connection ended early");
                },
                () = cut.cancelled() => {}
            }
            drop(permit);
        });
    }
}

/// Accepts for ever.
async fn accept(listener: &TcpListener, connections: &Connections, max: usize) {
    let permits = Arc::new(Semaphore::new(max));
    let mut pause = Duration::ZERO;
    loop {
        // Before the accept: a connection that is accepted is served.
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                pause = Duration::ZERO;
                connections.start(stream, permit);
            }
            Err(error) if concerns_one_client(&error) => {}
            Err(error) => {
                // EMFILE, ENFILE, ENOBUFS, ENOMEM: accepting again at once would only spin.
                pause = (pause * 2).clamp(Duration::from_millis(50), LONGEST_PAUSE);
                tracing::warn!(%error, ?pause, "a connection could not be accepted: trying again");
                sleep(pause).await;
            }
        }
    }
}

/// The client gave up before it was accepted.
fn concerns_one_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}
