//! Against a server that says exactly what it is told to.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{ServerConfig, crypto};

use super::connector::{Connector, Place};
use super::resolver::OF_ONE;
use super::*;
use crate::domain::Secret;
use crate::plugin::host::LogBudget;
use crate::plugin::options::{Bounds, ClientCertificate, CredentialSource};
use crate::runtime::{SystemClock, Tasks};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Answers each connection's first request with `answer`; gives the requests it got.
async fn server(answer: &'static str) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::channel(64);
    Tasks::default().spawn("test server", async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // Kept open until the next one comes: who is silent is not gone.
            let _open = serve(stream, answer, &sender).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    (url, receiver)
}

async fn serve<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    answer: &str,
    requests: &mpsc::Sender<String>,
) -> S {
    let mut request = Vec::new();
    let mut buffer = [0; 4_096];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let read = stream.read(&mut buffer).await.unwrap();
        request.extend_from_slice(&buffer[..read]);
    }
    let _ = requests.send(String::from_utf8(request).unwrap()).await;
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.flush().await.unwrap();
    stream
}

fn bounds() -> Bounds {
    Bounds { connect_timeout: Duration::from_secs(2), max_response: 16, ..Bounds::default() }
}

fn upstream(url: &str) -> Upstream {
    Upstream {
        url: url.to_owned(),
        socket: None,
        bearer_token: None,
        ca_file: None,
        client_certificate: None,
        bounds: bounds(),
    }
}

fn credentials() -> Credentials {
    Credentials { token: Some(Secret::new("operator-token".to_owned())), ..Credentials::default() }
}

type Got = Result<(u16, String), Error>;

/// Sends a request as a guest would; the status and the body, and whether the upstream was reached.
async fn send(granted: Upstream, url: &str) -> (Got, Option<bool>) {
    send_with(&granted, &credentials(), url).await
}

async fn send_with(granted: &Upstream, credentials: &Credentials, url: &str) -> (Got, Option<bool>) {
    let reach = Reachability::new("test", Arc::new(SystemClock));
    let mut upstreams = Upstreams::none(reach.clone());
    upstreams.grant("manager", granted, credentials).unwrap();
    (get(&Arc::new(upstreams), url).await, reach.now().0)
}

async fn get(upstreams: &Arc<Upstreams>, url: &str) -> Got {
    ask(upstreams, http::Method::GET, url).await
}

async fn ask(upstreams: &Arc<Upstreams>, method: http::Method, url: &str) -> Got {
    let log = GuestLog::new(LogBudget::new("test"), "create", Arc::new(Secrets::default()));
    let mut sender = Sender::new(upstreams.clone(), log);
    let body = http_body_util::Empty::new().map_err(|never| match never {}).boxed_unsync();
    let request = http::Request::builder()
        .method(method)
        .uri(url)
        .header("authorization", "Bearer guest")
        .header("x-guest", "1")
        .body(body)
        .unwrap();
    let done: Box<dyn Future<Output = Result<(), Error>> + Send> = Box::new(async { Ok(()) });
    let (answer, _) = Pin::from(sender.send_request(request, None, done)).await?;
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await?;
    Ok((status, String::from_utf8(body.to_bytes().to_vec()).unwrap()))
}

#[tokio::test]
async fn a_granted_name_becomes_its_url_and_the_credentials_are_the_operators() {
    let (url, mut requests) = server(OK).await;
    let (answer, reached) = send(upstream(&format!("{url}/base/")), "http://manager/a?b=c").await;
    assert_eq!(answer.unwrap(), (200, "ok".to_owned()));
    assert_eq!(reached, Some(true));
    let request = requests.recv().await.unwrap().to_lowercase();
    assert!(request.starts_with("get /base/a?b=c http/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: bearer operator-token\r\n"), "{request}");
    assert!(!request.contains("guest\r\n") && request.contains("x-guest: 1\r\n"), "{request}");
    assert!(request.contains(&format!("host: {}\r\n", &url[7..])), "{request}");
}

#[tokio::test]
async fn everything_else_is_denied() {
    let (url, _requests) = server(OK).await;
    let based = format!("{url}/base");
    for asked in [
        "http://other/",
        "http://manager:80/",
        "http://MANAGER/",
        "http://user@manager/",
        "https://manager/",
        "http://manager/../secret",
        "http://manager/%2e%2e/secret",
        "http://manager/..%2fsecret",
        "http://manager/a/..%2F..%2fsecret",
        "http://manager/%2e%2e%2Fsecret",
        "http://manager/..%5csecret",
        "http://manager/..\\secret",
        "http://manager/%252e%252e%252fsecret",
        "http://manager/..",
    ] {
        let (answer, reached) = send(upstream(&based), asked).await;
        assert!(matches!(answer, Err(Error::HttpRequestDenied)), "{asked}: {answer:?}");
        assert_eq!(reached, None, "{asked}");
    }
}

#[tokio::test]
async fn no_method_that_is_answered_with_the_credentials_is_sent() {
    let (url, mut requests) = server(OK).await;
    let mut upstreams = Upstreams::none(Reachability::new("test", Arc::new(SystemClock)));
    upstreams.grant("manager", &upstream(&url), &credentials()).unwrap();
    let upstreams = Arc::new(upstreams);
    for method in ["TRACE", "trace", "Track", "TRACK", "CONNECT", "connect"] {
        let answer = ask(&upstreams, method.parse().unwrap(), "http://manager/").await;
        assert!(matches!(answer, Err(Error::HttpRequestMethodInvalid)), "{method}: {answer:?}");
    }
    assert!(requests.try_recv().is_err(), "nothing was sent");
    assert!(ask(&upstreams, "TRACES".parse().unwrap(), "http://manager/").await.is_ok());
}

#[tokio::test]
async fn not_sent_is_told_from_lost() {
    // A port nobody listens on.
    let url = format!("http://{}", TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap());
    let (answer, reached) = send(upstream(&url), "http://manager/").await;
    assert!(matches!(answer, Err(Error::ConnectionRefused)), "{answer:?}");
    assert_eq!(reached, Some(false));

    let (answer, _) = send(upstream("http://nowhere.invalid"), "http://manager/").await;
    assert!(matches!(answer, Err(Error::DnsError { .. })), "{answer:?}");

    // Accepted, read, and closed without an answer: it may have had its effect.
    let (url, _requests) = server("").await;
    let (answer, reached) = send(upstream(&url), "http://manager/").await;
    assert!(matches!(answer, Err(Error::ConnectionTerminated)), "{answer:?}");
    assert_eq!(reached, None);

    // Cut in the middle of the body.
    let (url, _requests) = server("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok").await;
    let (answer, _) = send(upstream(&url), "http://manager/").await;
    assert!(matches!(answer, Err(Error::ConnectionTerminated)), "{answer:?}");
}

#[tokio::test]
async fn a_long_answer_is_an_error_and_not_a_shorter_one() {
    let (url, _requests) = server("HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n12345678901234567").await;
    let (answer, _) = send(upstream(&url), "http://manager/").await;
    assert!(matches!(answer, Err(Error::HttpResponseBodySize(Some(16)))), "{answer:?}");
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n11\r\n12345678901234567\r\n0\r\n\r\n";
    let (url, _requests) = server(chunked).await;
    let (answer, _) = send(upstream(&url), "http://manager/").await;
    assert!(matches!(answer, Err(Error::HttpResponseBodySize(Some(16)))), "{answer:?}");
}

#[tokio::test]
async fn redirects_are_handed_back() {
    let (url, _requests) =
        server("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n").await;
    let (answer, _) = send(upstream(&url), "http://manager/").await;
    assert_eq!(answer.unwrap().0, 302);
}

#[test]
fn an_upstream_that_cannot_be_used_says_why() {
    let refused = |upstream: &Upstream, credentials: &Credentials| {
        let mut upstreams = Upstreams::none(Reachability::new("test", Arc::new(SystemClock)));
        upstreams.grant("manager", upstream, credentials).unwrap_err()
    };
    for url in ["", "manager", "ftp://h/", "http://user:secret@h/", "http://h/?q", "unix:/run/x"] {
        assert!(refused(&upstream(url), &credentials()).starts_with("url "), "{url}");
    }
    let broken = Credentials { token: Some(Secret::new("a\nb".to_owned())), ..Credentials::default() };
    let message = refused(&upstream("http://h"), &broken);
    assert!(message.contains("bearer_token") && !message.contains("a\nb"), "{message}");
    let broken = Credentials { authorities: Some(b"no pem".to_vec()), ..Credentials::default() };
    for url in ["https://h", "http://h"] {
        let message = refused(&upstream(url), &broken);
        assert!(message.contains("ca_file"), "{message}");
    }
    let key = Secret::new("hunter2".to_owned());
    let broken = Credentials { identity: Some((CLIENT.0.into(), key)), ..Credentials::default() };
    let message = refused(&upstream("https://h"), &broken);
    assert!(message.contains("client_key_file") && !message.contains("hunter2"), "{message}");
    let other = Secret::new(SERVER.1.to_owned());
    let broken = Credentials { identity: Some((CLIENT.0.into(), other)), ..Credentials::default() };
    assert!(refused(&upstream("https://h"), &broken).contains("client_key_file is not the key"));
}

#[test]
fn an_address_that_is_always_refused_is_refused_however_it_is_written() {
    for host in [
        "169.254.169.254",
        "2852039166",
        "0xa9.254.0xa9fe",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "0",
    ] {
        let mut upstreams = Upstreams::none(Reachability::new("test", Arc::new(SystemClock)));
        let refused = upstreams.grant("manager", &upstream(&format!("http://{host}/")), &credentials());
        assert!(refused.is_err_and(|message| message.contains("nothing is ever connected to one")), "{host}");
    }
}

/// An upstream whose name has these addresses.
fn resolved(addresses: &[&str], port: u16) -> (Arc<Upstreams>, Arc<Reachability>) {
    let addresses: Vec<_> =
        addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), port)).collect();
    let resolver = Resolver::asking(move |_, _| Ok(addresses.clone()), Lookups::new());
    named(resolver, bounds())
}

/// An upstream whose name is looked up by `resolver`.
fn named(resolver: Resolver, bounds: Bounds) -> (Arc<Upstreams>, Arc<Reachability>) {
    let reach = Reachability::new("test", Arc::new(SystemClock));
    let mut upstreams = Upstreams::none(reach.clone());
    let place = Place::Host("name.example".to_owned(), 80);
    let network = Network::to(Connector::new(place, resolver, None, bounds.connect_timeout), bounds);
    let base = route::base("http://name.example").unwrap();
    let route = Route::new(base, bounds, &credentials(), network).unwrap();
    upstreams.routes.insert("manager".to_owned(), Arc::new(route));
    (Arc::new(upstreams), reach)
}

#[tokio::test]
async fn a_lookup_that_nobody_waits_for_any_more_keeps_its_turn() {
    let began = Instant::now();
    let (url, _) = lasting_server().await;
    let address: SocketAddr = url[7..].parse().unwrap();
    // No name server answers until the gate opens; it opens too when this test fails.
    let (keeper, gate) = std::sync::mpsc::sync_channel::<()>(1);
    let (gate, under_way) = (Arc::new(Mutex::new(gate)), Arc::new(AtomicUsize::new(0)));
    let lookups = Lookups::of(OF_ONE + 1);
    let upstream = || {
        let (gate, under_way) = (gate.clone(), under_way.clone());
        let look_up = move |_: &str, _| {
            under_way.fetch_add(1, Ordering::SeqCst);
            let _ = gate.lock().unwrap().recv();
            under_way.fetch_sub(1, Ordering::SeqCst);
            Ok(vec![address])
        };
        let bounds = Bounds { first_byte_timeout: Duration::from_millis(20), ..bounds() };
        named(Resolver::asking(look_up, lookups.clone()), bounds).0
    };
    let (first, second) = (upstream(), upstream());
    // What one upstream may have, and then what all may.
    for (upstream, most) in [(&first, OF_ONE), (&second, OF_ONE + 1)] {
        for _ in 0..3 * OF_ONE {
            let answer = get(upstream, "http://manager/").await;
            assert!(matches!(answer, Err(Error::HttpResponseTimeout)), "{answer:?}");
            let now = under_way.load(Ordering::SeqCst);
            assert!(now <= most, "{now} lookups are under way");
        }
        while under_way.load(Ordering::SeqCst) < most {
            assert!(began.elapsed() < Duration::from_secs(30), "a turn was not taken");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    drop(keeper);
    // Those that end give their turns back.
    for upstream in [&first, &second] {
        while get(upstream, "http://manager/").await.is_err() {
            assert!(began.elapsed() < Duration::from_secs(30), "a turn was not given back");
        }
    }
}

#[tokio::test]
async fn a_name_that_resolves_to_a_refused_address_is_not_connected_to() {
    // Somebody listens on every address of this machine, so that only the check can refuse.
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for address in ["0.0.0.0", "169.254.169.254", "::ffff:0.0.0.0", "fd00:ec2::254", "224.0.0.1"] {
        let (upstreams, reach) = resolved(&[address], port);
        let answer = get(&upstreams, "http://manager/").await;
        assert!(matches!(answer, Err(Error::DestinationIpProhibited)), "{address}: {answer:?}");
        assert_eq!(reach.now().0, Some(false));
    }
    let accepted = tokio::time::timeout(Duration::from_millis(20), listener.accept()).await;
    assert!(accepted.is_err(), "nothing was connected to");

    // Of several, those that are allowed are used, and the first that answers.
    let (url, _requests) = server(OK).await;
    let port = url.rsplit(':').next().unwrap().parse().unwrap();
    let (upstreams, _) = resolved(&["169.254.169.254", "::1", "127.0.0.1"], port);
    assert_eq!(get(&upstreams, "http://manager/").await.unwrap().0, 200);
}

#[tokio::test]
async fn thousands_of_headers_are_an_error_of_their_own() {
    let many: &str = Box::leak(
        format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", "x-h: 1\r\n".repeat(5_000))
            .into_boxed_str(),
    );
    let long: &str = Box::leak(
        format!("HTTP/1.1 200 OK\r\nx-h: {}\r\ncontent-length: 0\r\n\r\n", "x".repeat(70_000))
            .into_boxed_str(),
    );
    for answer in [many, long] {
        let (url, _requests) = server(answer).await;
        let (answer, _) = send(upstream(&url), "http://manager/").await;
        assert!(matches!(answer, Err(Error::HttpResponseHeaderSectionSize(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn silence_ends_by_its_own_bounds() {
    let quick = |first_byte, idle, total| {
        let ms = Duration::from_millis;
        Bounds {
            first_byte_timeout: ms(first_byte),
            idle_timeout: ms(idle),
            total_timeout: ms(total),
            ..bounds()
        }
    };
    // Accepts, and says nothing.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let began = Instant::now();
    let granted = Upstream { bounds: quick(50, 60_000, 60_000), ..upstream(&url) };
    let (answer, reached) = send(granted, "http://manager/").await;
    assert!(matches!(answer, Err(Error::HttpResponseTimeout)), "{answer:?}");
    assert_eq!(reached, None, "a slow backend is busy, not down");

    // Drips: never silent for long, and never done.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    Tasks::default().spawn("test server", async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let (sender, _requests) = mpsc::channel(1);
            let mut stream = serve(stream, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", &sender).await;
            while stream.write_all(b".").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(150)).await;
            }
        }
    });
    let granted = Upstream { bounds: quick(60_000, 60_000, 400), ..upstream(&url) };
    let (answer, _) = send(granted, "http://manager/").await;
    assert!(matches!(answer, Err(Error::HttpResponseTimeout)), "{answer:?}");
    let granted = Upstream { bounds: quick(60_000, 50, 60_000), ..upstream(&url) };
    let (answer, _) = send(granted, "http://manager/").await;
    assert!(matches!(answer, Err(Error::ConnectionReadTimeout)), "{answer:?}");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[tokio::test]
async fn connections_are_counted_until_the_body_is_read_or_dropped() {
    let (url, _requests) = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\no").await;
    let mut granted = upstream(&url);
    granted.bounds = Bounds { max_connections: 1, connect_timeout: Duration::from_millis(50), ..bounds() };
    let mut upstreams = Upstreams::none(Reachability::new("test", Arc::new(SystemClock)));
    upstreams.grant("manager", &granted, &credentials()).unwrap();
    let route = upstreams.routes["manager"].clone();
    let upstreams = Arc::new(upstreams);
    let body = || http_body_util::Empty::new().map_err(|never| match never {}).boxed_unsync();
    let first = route.send(http::Request::get("http://manager/").body(body()).unwrap(), None).await.unwrap();
    let second = get(&upstreams, "http://manager/").await;
    assert!(matches!(second, Err(Error::ConnectionLimitReached)), "{second:?}");
    drop(first);
    let third = route.send(http::Request::get("http://manager/").body(body()).unwrap(), None).await;
    assert!(third.is_ok());
}

/// Answers every request of each connection, for as long as the client keeps it; gives which connection, from
/// 1, each request came by.
async fn lasting_server() -> (String, mpsc::Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::channel(64);
    Tasks::default().spawn("test server", async move {
        for number in 1_usize.. {
            let (stream, _) = listener.accept().await.unwrap();
            let sender = sender.clone();
            Tasks::default().spawn("test connection", async move {
                let answer = hyper::service::service_fn(move |_request| {
                    let sender = sender.clone();
                    async move {
                        let _ = sender.send(number).await;
                        Ok::<_, std::convert::Infallible>(http::Response::new("ok".to_owned()))
                    }
                });
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(hyper_util::rt::TokioIo::new(stream), answer)
                    .await;
            });
        }
    });
    (url, receiver)
}

#[tokio::test]
async fn calls_share_connections_and_neither_builds_nor_upstreams_do() {
    let (url, mut came_by) = lasting_server().await;
    let built = || {
        let mut upstreams = Upstreams::none(Reachability::new("test", Arc::new(SystemClock)));
        for name in ["manager", "other"] {
            upstreams.grant(name, &upstream(&url), &credentials()).unwrap();
        }
        Arc::new(upstreams)
    };
    // The same grants to the byte: a later generation of the plugin, or another plugin.
    let (first, second) = (built(), built());
    let mut connections = Vec::new();
    for (upstreams, url) in [
        (&first, "http://manager/"),
        (&first, "http://manager/"),
        (&first, "http://other/"),
        (&second, "http://manager/"),
        (&first, "http://manager/"),
        (&second, "http://manager/"),
    ] {
        assert_eq!(get(upstreams, url).await.unwrap(), (200, "ok".to_owned()));
        connections.push(came_by.recv().await.unwrap());
    }
    assert_eq!(connections, [1, 1, 2, 3, 1, 3]);
}

#[tokio::test]
async fn a_body_is_read_when_its_turn_has_come_and_within_the_total_time() {
    let ms = Duration::from_millis;
    let bounds = Bounds { max_connections: 1, connect_timeout: ms(20), total_timeout: ms(100), ..bounds() };
    let granted = Upstream { bounds, ..upstream("http://127.0.0.1:1") };
    let mut upstreams = Upstreams::none(Reachability::new("test", Arc::new(SystemClock)));
    upstreams.grant("manager", &granted, &credentials()).unwrap();
    let route = upstreams.routes["manager"].clone();
    // A guest that never finishes its body, and whether anybody waited for it.
    let asked_for = Arc::new(AtomicBool::new(false));
    let unfinished = || {
        let asked_for = asked_for.clone();
        let frames = futures_util::stream::poll_fn(move |_| {
            asked_for.store(true, Ordering::Relaxed);
            Poll::<Option<Result<Frame<Bytes>, Error>>>::Pending
        });
        http::Request::post("http://manager/").body(StreamBody::new(frames).boxed_unsync()).unwrap()
    };
    let held = route.connections.clone().acquire_owned().await.unwrap();
    let soon = Duration::from_secs(20);
    let answer = tokio::time::timeout(soon, route.send(unfinished(), None)).await.unwrap().map(drop);
    assert!(matches!(answer, Err(Error::ConnectionLimitReached)), "{answer:?}");
    assert!(!asked_for.load(Ordering::Relaxed), "nothing is held of a body without a turn");
    drop(held);
    let answer = tokio::time::timeout(soon, route.send(unfinished(), None)).await.unwrap().map(drop);
    assert!(matches!(answer, Err(Error::HttpResponseTimeout)), "{answer:?}");
    assert!(asked_for.load(Ordering::Relaxed));
    assert_eq!(route.connections.available_permits(), 1, "its turn is another's again");
}

#[tokio::test]
async fn a_socket_is_connected_to_and_the_url_is_its_host_header() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("podman.sock");
    let listener = UnixListener::bind(&path).unwrap();
    let (sender, mut requests) = mpsc::channel(1);
    Tasks::default().spawn("test server", async move {
        let (stream, _) = listener.accept().await.unwrap();
        serve(stream, OK, &sender).await;
    });
    let granted = Upstream { socket: Some(path), ..upstream("http://podman/v5") };
    let (answer, _) = send(granted.clone(), "http://manager/containers").await;
    assert_eq!(answer.unwrap().0, 200);
    let request = requests.recv().await.unwrap();
    assert!(request.starts_with("GET /v5/containers HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("host: podman\r\n"), "{request}");

    let gone = Upstream { socket: Some(folder.path().join("nobody")), ..granted };
    let (answer, reached) = send(gone, "http://manager/").await;
    assert!(matches!(answer, Err(Error::DestinationUnavailable)), "{answer:?}");
    assert_eq!(reached, Some(false));
}

// Made by openssl for these tests, good until 2126: an authority, whose key is lost, and what it vouched for.
const AUTHORITY: &str = include_str!("fixtures/ca.pem");
const SERVER: (&str, &str) = (include_str!("fixtures/server.pem"), include_str!("fixtures/server.key"));
const CLIENT: (&str, &str) = (include_str!("fixtures/client.pem"), include_str!("fixtures/client.key"));

/// Serves over TLS to whom the authority vouches for.
async fn tls_server() -> String {
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let authorities = Arc::new(tls::authorities(AUTHORITY.as_bytes()).unwrap());
    let clients = WebPkiClientVerifier::builder_with_provider(authorities, provider.clone()).build().unwrap();
    let chain = CertificateDer::pem_slice_iter(SERVER.0.as_bytes()).collect::<Result<_, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(SERVER.1.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(clients)
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    Tasks::default().spawn("test server", async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            let (sender, _requests) = mpsc::channel(1);
            let mut stream = serve(stream, OK, &sender).await;
            let _ = stream.shutdown().await;
        }
    });
    format!("https://localhost:{port}")
}

#[tokio::test]
async fn a_private_authority_and_a_client_certificate() {
    let url = tls_server().await;
    let authorities = Some(AUTHORITY.into());
    let identity = Some((CLIENT.0.into(), Secret::new(CLIENT.1.to_owned())));
    let whole = Credentials { authorities: authorities.clone(), identity: identity.clone(), ..credentials() };
    let (answer, _) = send_with(&upstream(&url), &whole, "http://manager/").await;
    assert_eq!(answer.unwrap().0, 200);

    // Without one the other side ends it. Whether that was before the request cannot be told.
    let nobody = Credentials { authorities, ..credentials() };
    let (answer, _) = send_with(&upstream(&url), &nobody, "http://manager/").await;
    assert!(matches!(answer, Err(Error::ConnectionTerminated)), "{answer:?}");

    // Another authority than the machine's own: not trusted, and nothing was sent.
    let public = Credentials { authorities: Some(CLIENT.0.into()), identity, ..credentials() };
    let (answer, reached) = send_with(&upstream(&url), &public, "http://manager/").await;
    assert!(matches!(answer, Err(Error::TlsCertificateError)), "{answer:?}");
    assert_eq!(reached, Some(false));
}

#[test]
fn credentials_are_read_from_where_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let with = |source| Upstream { bearer_token: Some(source), ..upstream("https://x") };
    // A variable that every test has.
    let variable = with(CredentialSource::Variable("CARGO_MANIFEST_DIR".to_owned()));
    assert_eq!(read_credentials(&variable).unwrap().token.unwrap().expose(), env!("CARGO_MANIFEST_DIR"));
    let path = file("token", "hunter2-hunter2\n");
    let read = read_credentials(&with(CredentialSource::File(path))).unwrap();
    assert_eq!(read.token.as_ref().unwrap().expose(), "hunter2-hunter2");
    assert!(!format!("{read:?}").contains("hunter2"));

    let complaint = |upstream| read_credentials(&upstream).unwrap_err();
    let unset = complaint(with(CredentialSource::Variable("NOT_SET_BY_ANYBODY".to_owned())));
    assert!(
        unset.starts_with("bearer_token.env: the environment variable NOT_SET_BY_ANYBODY is not set"),
        "{unset}"
    );
    let missing = complaint(with(CredentialSource::File(folder.path().join("nowhere"))));
    assert!(missing.starts_with("bearer_token.file: ") && missing.contains("nowhere"), "{missing}");
    let folder_itself = complaint(with(CredentialSource::File(folder.path().to_owned())));
    assert!(folder_itself.contains("only regular files are read"), "{folder_itself}");
    let words = complaint(with(CredentialSource::File(file("words", "two words"))));
    assert!(words.contains("holds no token") && !words.contains("words"), "{words}");
    let empty = complaint(with(CredentialSource::File(file("empty", "\n"))));
    assert!(empty.contains("holds no token"), "{empty}");
    let certificate = ClientCertificate { chain: file("c", CLIENT.0), key: folder.path().join("nowhere") };
    let half = complaint(Upstream { client_certificate: Some(certificate), ..upstream("https://x") });
    assert!(half.starts_with("client_key_file "), "{half}");
}
