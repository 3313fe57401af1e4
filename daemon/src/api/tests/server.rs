//! The server, over real sockets: bounds and drain.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::{Wharf, options};
use crate::api::{Drained, Error, Options, Server};
use crate::runtime::{Shutdown, Tasks};

struct Running {
    address: SocketAddr,
    shutdown: Shutdown,
    end: JoinHandle<Drained>,
    _wharf: Wharf,
}

#[expect(clippy::disallowed_methods, reason = "the test hears of a panic by the handle")]
fn start(options: Options) -> Running {
    let wharf = Wharf::new();
    let server = Server::bind(options).unwrap();
    let (address, shutdown) = (server.local_addr(), Shutdown::new());
    let (service, readiness, metrics) =
        (wharf.service.clone(), wharf.readiness.clone(), wharf.metrics.clone());
    let serving = server.serve(service, readiness, metrics, Tasks::default(), shutdown.clone());
    Running { address, shutdown, end: tokio::spawn(serving), _wharf: wharf }
}

impl Running {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn send(&self, text: &str) -> TcpStream {
        let mut stream = self.connect().await;
        stream.write_all(text.replace('\n', "\r\n").as_bytes()).await.unwrap();
        stream
    }

    async fn stop(self) -> Drained {
        self.shutdown.cancel();
        timeout(Duration::from_secs(20), self.end).await.unwrap().unwrap()
    }
}

const LIVE: &str = "GET /livez HTTP/1.1\nHost: localhost\n\n";

/// Everything until the server closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    timeout(Duration::from_secs(20), stream.read_to_end(&mut bytes)).await.unwrap().unwrap();
    String::from_utf8(bytes).unwrap()
}

/// One answer, its body included, of a connection that stays open.
async fn answer(stream: &mut TcpStream, until: &str) -> String {
    let mut text = String::new();
    let mut bytes = [0; 4096];
    while !text.contains(until) {
        let count = timeout(Duration::from_secs(20), stream.read(&mut bytes)).await.unwrap().unwrap();
        assert_ne!(count, 0, "closed after {text:?}");
        text.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
    }
    text
}

#[tokio::test]
async fn an_address_in_use_is_an_error_that_names_it() {
    let first = Server::bind(options()).unwrap();
    let listen = first.local_addr();
    let Err(Error::Bind { address, .. }) = Server::bind(Options { listen, ..options() }) else {
        panic!("bound twice")
    };
    assert_eq!(address, listen);
}

#[tokio::test]
async fn connections_are_kept_and_drained_when_idle() {
    let server = start(options());
    let mut stream = server.send(LIVE).await;
    answer(&mut stream, "{\"live\":true}").await;
    stream.write_all(LIVE.replace('\n', "\r\n").as_bytes()).await.unwrap();
    answer(&mut stream, "{\"live\":true}").await;
    let fresh = server.connect().await;
    let started = Instant::now();
    assert_eq!(server.stop().await, Drained { graceful: true });
    assert!(started.elapsed() < Duration::from_secs(4));
    assert_eq!(rest(stream).await, "");
    drop(fresh);
}

#[tokio::test]
async fn a_request_under_way_is_finished_within_the_drain() {
    let server = start(options());
    let body = "{\"name\":\"weather\",\"template\":\"plain\"}";
    let head = "POST /mcp/instances?wait=500ms HTTP/1.1\nHost: localhost\nContent-Type: application/json\n";
    let stream = server.send(&format!("{head}Content-Length: {}\n\n{body}", body.len())).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(server.stop().await, Drained { graceful: true });
    let text = rest(stream).await;
    assert!(text.starts_with("HTTP/1.1 201"), "{text}");
}

#[tokio::test]
async fn what_does_not_finish_within_the_drain_is_cut_and_said() {
    let server = start(Options { drain: Duration::from_millis(200), ..options() });
    let body = "{\"name\":\"weather\",\"template\":\"plain\"}";
    let head = "POST /mcp/instances?wait=60s HTTP/1.1\nHost: localhost\nContent-Type: application/json\n";
    let stream = server.send(&format!("{head}Content-Length: {}\n\n{body}", body.len())).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(server.stop().await, Drained { graceful: false });
    assert_eq!(rest(stream).await, "");
}

#[tokio::test]
async fn a_head_that_does_not_come_closes_its_connection() {
    let server = start(Options { header_timeout: Duration::from_millis(200), ..options() });
    let never = server.connect().await;
    let half = server.send("GET /livez HTTP/1.1\nHost: loc").await;
    assert_eq!((rest(never).await, rest(half).await), (String::new(), String::new()));
}

#[tokio::test]
async fn a_body_that_does_not_come_is_408() {
    let server = start(Options { body_timeout: Duration::from_millis(200), ..options() });
    let head = "POST /mcp/instances HTTP/1.1\nHost: localhost\nContent-Type: application/json\n";
    let text = rest(server.send(&format!("{head}Content-Length: 10\n\n{{")).await).await;
    assert!(text.starts_with("HTTP/1.1 408"), "{text}");
    assert!(text.contains("\"code\":\"body_timeout\""), "{text}");
}

#[tokio::test]
async fn a_client_that_sends_all_first_can_read_an_early_refusal() {
    let server = start(options());
    let size = 900 << 10;
    let mut stream = server
        .send(&format!("POST /none HTTP/1.1\nHost: localhost\nConnection: close\nContent-Length: {size}\n\n"))
        .await;
    stream.write_all(&vec![b'x'; size]).await.unwrap();
    let text = rest(stream).await;
    assert!(text.starts_with("HTTP/1.1 404"), "{text}");
}

#[tokio::test]
async fn a_client_that_waits_to_be_asked_is_refused_unasked() {
    let server = start(options());
    let head = "POST /none HTTP/1.1\nHost: localhost\nExpect: 100-continue\nContent-Length: 1000000\n\n";
    let started = Instant::now();
    let text = rest(server.send(head).await).await;
    assert!(text.starts_with("HTTP/1.1 404"), "{text}");
    assert!(started.elapsed() < Duration::from_millis(900));
}

#[tokio::test]
async fn more_connections_than_may_be_wait_for_their_turn() {
    let server = start(Options { max_connections: 1, ..options() });
    let mut first = server.send(LIVE).await;
    answer(&mut first, "{\"live\":true}").await;
    let mut second = server.send(LIVE).await;
    let early = timeout(Duration::from_millis(300), second.read_u8()).await;
    assert!(early.is_err(), "answered while another was connected");
    drop(first);
    answer(&mut second, "{\"live\":true}").await;
}

#[tokio::test]
async fn a_large_head_gets_its_problem() {
    let server = start(options());
    let large = format!(
        "GET /livez HTTP/1.1\nHost: localhost\nConnection: close\nX-Large: {}\n\n",
        "x".repeat(40 << 10)
    );
    let text = rest(server.send(&large).await).await;
    assert!(text.starts_with("HTTP/1.1 431") && text.contains("headers_too_large"), "{text}");
}
