//! The fake's own accept loop.
//!
//! It exists because a test must be able to do what no web framework offers: close a
//! connection without an answer, and close and reopen the port with all its connections.
//! It runs on a thread of its own, so that a test that blocks does not stop its manager.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::{Method, Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tower::ServiceExt as _;

use super::manager::Manager;
use super::reply::Lost;
use super::routes;

/// An order to the loop; the sender learns when it has been carried out.
#[derive(Debug)]
pub(crate) enum Order {
    /// Close the port and every connection; requests in flight are dropped.
    Close(oneshot::Sender<()>),
    /// Listen again, on the same port.
    Open(oneshot::Sender<()>),
}

/// Serves until the order channel is closed.
pub(crate) async fn run(
    listener: std::net::TcpListener,
    manager: Arc<Manager>,
    mut orders: mpsc::Receiver<Order>,
) {
    let address = listener.local_addr().expect("a bound listener has an address");
    let mut listener = Some(TcpListener::from_std(listener).expect("the listener is non-blocking"));
    let router = routes::router(Arc::clone(&manager));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            order = orders.recv() => match order {
                None => return,
                Some(Order::Close(done)) => {
                    listener = None;
                    connections.shutdown().await;
                    // The test may have stopped waiting.
                    let _ = done.send(());
                }
                Some(Order::Open(done)) => {
                    listener = Some(bind(address).await);
                    let _ = done.send(());
                }
            },
            stream = accept(listener.as_ref()) => {
                connections.spawn(connection(stream, Arc::clone(&manager), router.clone()));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn bind(address: SocketAddr) -> TcpListener {
    TcpListener::bind(address)
        .await
        .unwrap_or_else(|error| panic!("{address} cannot be opened again: {error}"))
}

async fn accept(listener: Option<&TcpListener>) -> TcpStream {
    let Some(listener) = listener else { return std::future::pending().await };
    loop {
        // A connection that is gone before it is accepted is the client's affair.
        if let Ok((stream, _)) = listener.accept().await {
            return stream;
        }
    }
}

async fn connection(stream: TcpStream, manager: Arc<Manager>, router: Router) {
    let service = service_fn(|request| answer(request, Arc::clone(&manager), router.clone()));
    // Ends with an error when an answer was lost on purpose or the client hung up; a hang-up
    // also drops the handler where it stands.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    manager: Arc<Manager>,
    router: Router,
) -> Result<Response<Body>, AnswerLost> {
    let started = tokio::time::Instant::now();
    let (head, body) = request.into_parts();
    let body = body.collect().await.map_err(|_| AnswerLost)?.to_bytes();
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    manager.journal.record(head.method.as_str(), path, &body);
    let is_create = head.method == Method::POST && head.uri.path() == "/containers";
    let _in_flight = is_create.then(|| manager.journal.create_begins());
    let response = match router.oneshot(Request::from_parts(head, Body::from(body))).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    let too_late = started.elapsed() > manager.options.write_timeout;
    if too_late || response.extensions().get::<Lost>().is_some() { Err(AnswerLost) } else { Ok(response) }
}

/// Makes the connection close with no bytes.
#[derive(Debug)]
struct AnswerLost;

impl fmt::Display for AnswerLost {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the answer was lost")
    }
}

impl std::error::Error for AnswerLost {}
