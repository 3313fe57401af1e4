//! Against a server that says exactly what it is told to.

mod answers;
mod connections;
mod credentials;
mod names;
mod requests;

use std::pin::Pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;
use crate::domain::Secret;
use crate::plugin::host::LogBudget;
use crate::plugin::options::Bounds;
use crate::runtime::{SystemClock, Tasks};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

// Made by openssl for these tests, good until 2126: an authority, whose key is lost, and what it vouched for.
const AUTHORITY: &str = include_str!("../fixtures/ca.pem");
const SERVER: (&str, &str) = (include_str!("../fixtures/server.pem"), include_str!("../fixtures/server.key"));
const CLIENT: (&str, &str) = (include_str!("../fixtures/client.pem"), include_str!("../fixtures/client.key"));

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
