//! What can be set about the HTTP server.

use std::net::SocketAddr;
use std::time::Duration;

/// Checked by whoever builds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Where it listens. Port 0: any free one.
    pub listen: SocketAddr,
    /// Host names (without port, lower case) a request may be addressed to, beside the listen
    /// address and the loopback names.
    pub allowed_hosts: Vec<String>,
    /// Connections at the same time; more wait to be accepted.
    pub max_connections: usize,
    /// A request's head must have arrived within this.
    pub header_timeout: Duration,
    /// A request's body must have arrived within this.
    pub body_timeout: Duration,
    /// A client that takes nothing of its answer for this long is cut; the reader of a stream that
    /// does not take a frame for half of it is let go.
    pub write_timeout: Duration,
    /// A stream that has nothing to say says so this often.
    pub heartbeat: Duration,
    /// Bytes of a request's body.
    pub max_body: usize,
    /// The same of a bulk.
    pub max_bulk_body: usize,
    /// After the order to stop, requests may finish within this.
    pub drain: Duration,
}
