//! Names become addresses, on few threads.
//!
//! The system's resolver blocks its thread and cannot be stopped: a lookup that nobody waits for any more
//! goes on until name servers answer or are given up. Its turns therefore belong to the lookup and not to
//! whoever waits: else a guest that gives each of its requests a millisecond would take every thread that the
//! daemon has for work that blocks.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::connector::NoConnection;

/// No name has more addresses that are worth trying.
const MAX_ADDRESSES: usize = 16;
/// Lookups of one upstream at the same time: its name is always the same one.
pub(super) const OF_ONE: usize = 4;
/// Lookups of all upstreams at the same time. The runtime has 512 threads for work that blocks.
const OF_ALL: usize = 32;

/// The turns that all upstreams share. Cheap to clone.
#[derive(Clone)]
pub(in crate::plugin) struct Lookups(Arc<Semaphore>);

impl Lookups {
    /// None is under way.
    pub(in crate::plugin) fn new() -> Self {
        Self::of(OF_ALL)
    }

    /// So many at the same time.
    pub(super) fn of(most: usize) -> Self {
        Self(Arc::new(Semaphore::new(most)))
    }
}

/// Looks up a name, and blocks.
type LookUp = dyn Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync;

/// Of one upstream.
pub(super) struct Resolver {
    look_up: Arc<LookUp>,
    own: Arc<Semaphore>,
    all: Lookups,
}

impl Resolver {
    /// Asks the system, in the turns of `all`.
    pub(super) fn new(all: Lookups) -> Self {
        let system = |host: &str, port: u16| (host, port).to_socket_addrs().map(Iterator::collect);
        Self::asking(system, all)
    }

    /// Asks `look_up` in the system's place.
    pub(super) fn asking(
        look_up: impl Fn(&str, u16) -> io::Result<Vec<SocketAddr>> + Send + Sync + 'static,
        all: Lookups,
    ) -> Self {
        Self { look_up: Arc::new(look_up), own: Arc::new(Semaphore::new(OF_ONE)), all }
    }

    /// The addresses of `host`. Waits for a turn: whoever asks says how long.
    pub(super) async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, NoConnection> {
        // The URL's parser has brought every spelling of an IPv4 address into its usual form.
        if let Ok(address) = host.parse() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        // Its own turn first: an upstream whose name servers hang takes no more of the others' than that.
        let never = |_closed| NoConnection::TimedOut; // the semaphores are never closed
        let own = self.own.clone().acquire_owned().await.map_err(never)?;
        let shared = self.all.0.clone().acquire_owned().await.map_err(never)?;
        let (look_up, host) = (self.look_up.clone(), host.to_owned());
        let lookup = spawn_blocking(move || {
            let _turns = (own, shared);
            look_up(&host, port)
        });
        let found = lookup.await.unwrap_or_else(|panicked| Err(io::Error::other(panicked)));
        let mut addresses = found.map_err(NoConnection::NotResolved)?;
        addresses.truncate(MAX_ADDRESSES);
        Ok(addresses)
    }
}
