//! Answers: what becomes of them, and of none.

use super::*;

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
