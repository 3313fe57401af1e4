//! Against a server that says exactly what it is told to.

use std::pin::Pin;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;
use crate::domain::{Secret, Secrets};
use crate::plugin::host::LogBudget;
use crate::runtime::{SystemClock, Tasks};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Answers each connection's first request with `answer`; gives the requests it got.
async fn server(answer: &'static str) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, receiver) = mpsc::channel(8);
    Tasks::default().spawn("test server", async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4_096];
            while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                let read = stream.read(&mut buffer).await.unwrap();
                request.extend_from_slice(&buffer[..read]);
            }
            let _ = sender.send(String::from_utf8(request).unwrap()).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, receiver)
}

fn upstream(url: &str) -> Upstream {
    Upstream {
        url: url.to_owned(),
        bearer_token: Some(Secret::new("operator-token".to_owned())),
        ca_file: None,
        connect_timeout: Duration::from_secs(2),
        max_response: 16,
    }
}

/// Sends a request as a guest would; the status and the body, and whether the upstream was reached.
async fn send(granted: Upstream, url: &str) -> (Result<(u16, String), Error>, Option<bool>) {
    let reach = Reachability::new("test", Arc::new(SystemClock));
    let mut upstreams = Upstreams::none(reach.clone());
    upstreams.grant("manager", &granted, None).unwrap();
    let log = GuestLog::new(LogBudget::new("test"), "create", Arc::new(Secrets::default()));
    let mut sender = Sender::new(Arc::new(upstreams), log);
    let body = http_body_util::Empty::new().map_err(|never| match never {}).boxed_unsync();
    let request = http::Request::get(url)
        .header("authorization", "Bearer guest")
        .header("x-guest", "1")
        .body(body)
        .unwrap();
    let done: Box<dyn Future<Output = Result<(), Error>> + Send> = Box::new(async { Ok(()) });
    let answer = Pin::from(sender.send_request(request, None, done)).await;
    let answer = match answer {
        Err(error) => Err(error),
        Ok((answer, _)) => {
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await;
            body.map(|body| (status, String::from_utf8(body.to_bytes().to_vec()).unwrap()))
        }
    };
    (answer, reach.now().0)
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
        "http://manager/..",
    ] {
        let (answer, reached) = send(upstream(&based), asked).await;
        assert!(matches!(answer, Err(Error::HttpRequestDenied)), "{asked}: {answer:?}");
        assert_eq!(reached, None, "{asked}");
    }
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
    let refused = |upstream: &Upstream, certificates| {
        let mut upstreams = Upstreams::none(Reachability::new("test", Arc::new(SystemClock)));
        upstreams.grant("manager", upstream, certificates).unwrap_err()
    };
    for url in ["", "manager", "ftp://h/", "http://user:secret@h/", "http://h/?q", "unix:/run/x"] {
        assert!(refused(&upstream(url), None).starts_with("url "), "{url}");
    }
    let broken = Upstream { bearer_token: Some(Secret::new("a\nb".to_owned())), ..upstream("http://h") };
    let message = refused(&broken, None);
    assert!(message.contains("bearer_token") && !message.contains("a\nb"), "{message}");
    let message = refused(&upstream("https://h"), Some(b"no pem".to_vec()));
    assert!(message.contains("ca_file"), "{message}");
}
