//! A stand-in for go-mcp-manager: its two REST dialects and its measured bad habits.
//!
//! ```text
//!  listener ──> routes ──> manager ──> podman (real demo-server processes)
//!  (cuts          │           │            │
//!   answers)   journal     faults      workloads <── proxy (only if asked for)
//! ```
//!
//! What it copies from the real service:
//! * one lock for everything: creates are serialised, and list, get and health wait for them;
//! * a plain-text 404 for unknown routes and methods; errors as `{error, code, message}`;
//! * everything that goes wrong with a create or delete is a 500, told apart by its message;
//! * `status` is a cache that the monitor spoils (living MCP servers become `error`);
//! * a create that is cut off leaves an orphan that blocks its name until a restart;
//! * a record whose container is gone is stuck in `stopping` until a restart;
//! * a restart forgets names, ports, labels and environments, and finds orphans again.
//!
//! A workload is a real process that answers MCP at its `url`, with nothing but the
//! environment the request asked for. All of them are killed when the fake is dropped.

mod fault;
mod journal;
mod listener;
mod manager;
mod options;
mod podman;
pub(crate) mod port;
mod proxy;
mod record;
mod reply;
mod request;
mod routes;

pub use fault::Fault;
pub use journal::Request;
pub use options::{Builder, Dialect, Template};
pub use podman::Workload;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use crate::bin_path;
use listener::Order;
use manager::Manager;
use options::Options;
use podman::Podman;

/// A running fake. Dropping it stops it and kills its workloads.
#[derive(Debug)]
pub struct FakeManager {
    address: SocketAddr,
    manager: Arc<Manager>,
    /// Always there until drop: closing the channel ends the thread.
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeManager {
    /// A fake of today's service: image and port in the request, no templates.
    pub fn image_dialect() -> Builder {
        Builder::new(Dialect::Image)
    }

    /// A fake of the older service: a template in the request, one called `demo` to begin with.
    pub fn templates_dialect() -> Builder {
        Builder::new(Dialect::Templates)
    }

    fn start(options: Options) -> Self {
        let proxy = options.behind_proxy.then(listen);
        let proxy_url =
            proxy.as_ref().map_or_else(String::new, |proxy| format!("http://{}", address_of(proxy)));
        let manager = Arc::new(Manager::new(options, Podman::new(bin_path::demo_server()), proxy_url));
        let listener = listen();
        let address = address_of(&listener);
        let (orders, inbox) = mpsc::channel(1);
        let shared = Arc::clone(&manager);
        let serve = async move {
            let proxy = async {
                match proxy {
                    Some(proxy) => proxy::run(proxy, Arc::clone(&shared)).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = listener::run(listener, Arc::clone(&shared), inbox) => {}
                () = proxy => {}
            }
        };
        let thread = std::thread::Builder::new()
            .name("fake-manager".to_owned())
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime can be built").block_on(serve);
            })
            .expect("a thread can be started");
        Self { address, manager, orders: Some(orders), thread: Some(thread) }
    }

    /// Its base URL, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The REST surface it was built with.
    pub fn dialect(&self) -> Dialect {
        self.manager.options.dialect
    }

    /// Plans a fault; see [`Fault`] for when it happens.
    pub fn plan(&self, fault: Fault) {
        self.manager.faults.plan(fault);
    }

    /// Closes the port and all connections: whoever calls now is refused. Requests in
    /// flight are dropped, so a running create leaves an orphan.
    pub async fn close(&self) {
        self.order(Order::Close).await;
    }

    /// Listens again on the same port.
    pub async fn open(&self) {
        self.order(Order::Open).await;
    }

    /// Restarts the service: it loses what it only remembered and discovers orphans.
    /// Also opens the port again if it was closed.
    pub async fn restart(&self) {
        self.close().await;
        self.manager.rediscover().await;
        self.open().await;
    }

    /// One round of the background monitor (every 30 s in the real one).
    pub async fn run_monitor(&self) {
        self.manager.monitor().await;
    }

    /// Writes `status` into the cached record of `service`.
    ///
    /// # Panics
    /// When the manager has no such record.
    pub async fn set_status(&self, service: &str, status: &'static str) {
        assert!(self.manager.set_status(service, status).await, "the fake has no record of {service}");
    }

    /// Ends the process of `service` behind the manager's back; its container stays, stopped.
    ///
    /// # Panics
    /// When it was not running.
    pub fn kill_workload(&self, service: &str) {
        let name = self.manager.container_name(service);
        assert!(self.manager.podman.kill(&name), "the fake has no running container {name}");
    }

    /// Takes the container of `service` away behind the manager's back.
    ///
    /// # Panics
    /// When there is none.
    pub fn remove_workload(&self, service: &str) {
        let name = self.manager.container_name(service);
        assert!(self.manager.podman.remove(&name), "the fake has no container {name}");
    }

    /// The living processes, tracked or orphaned, by container name. Never waits for the
    /// manager's lock.
    pub fn workloads(&self) -> Vec<Workload> {
        self.manager.podman.workloads()
    }

    /// The living process of `service`, if there is one.
    pub fn workload(&self, service: &str) -> Option<Workload> {
        let name = self.manager.container_name(service);
        self.workloads().into_iter().find(|workload| workload.name == name)
    }

    /// Every request that arrived, in order.
    pub fn requests(&self) -> Vec<Request> {
        self.manager.journal.requests()
    }

    /// How many creates arrived.
    pub fn creates_seen(&self) -> usize {
        self.requests()
            .iter()
            .filter(|request| request.method == "POST" && request.path == "/containers")
            .count()
    }

    /// The most creates that were open at the same time, waiting for the lock included.
    pub fn most_concurrent_creates(&self) -> usize {
        self.manager.journal.most_creates_in_flight()
    }

    async fn order(&self, order: impl FnOnce(oneshot::Sender<()>) -> Order) {
        let (done, wait) = oneshot::channel();
        let orders = self.orders.as_ref().expect("the channel is open until drop");
        orders.send(order(done)).await.expect("the fake's thread runs until drop");
        wait.await.expect("the fake's thread answers every order");
    }
}

impl Drop for FakeManager {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            // A panic of its thread has been printed; dropping goes on to kill the workloads.
            let _ = thread.join();
        }
        self.manager.podman.kill_all();
    }
}

fn listen() -> TcpListener {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback has a free port");
    listener.set_nonblocking(true).expect("a listener can be made non-blocking");
    listener
}

fn address_of(listener: &TcpListener) -> SocketAddr {
    listener.local_addr().expect("a bound listener has an address")
}
