//! The way to a server: where it may lead, how long it may take, and how much may come back.

use super::*;

#[tokio::test]
async fn a_wrong_path_answers_http_and_says_what_to_look_at() {
    let server = FakeServer::start(|_| reply(404, "text/plain", "404 page not found")).await;
    let answer = probe(&server.url()).await;
    assert_eq!(rungs(&answer)[1], "HttpAnswers:True:Answered");
    assert_eq!(failed(&answer), (Handshake, "NotMcp", "HTTP 404 at /mcp: is the template's `path` right?"));
    assert!(!answer.is_healthy());
}

#[tokio::test]
async fn a_proxy_without_its_server_does_not_count_as_an_answer() {
    for status in [502, 503, 504] {
        let server = FakeServer::start(move |_| reply(status, "text/plain", "Bad Gateway")).await;
        let answer = probe(&server.url()).await;
        assert_eq!((failed(&answer).0, failed(&answer).1), (HttpAnswers, "BadGateway"));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let goal = FakeServer::start(modern).await;
    let to = goal.url();
    let server = FakeServer::start(move |_| {
        let mut response = reply(307, "text/plain", "");
        response.headers_mut().insert("location", to.parse().unwrap());
        response
    })
    .await;
    let answer = probe(&server.url()).await;
    assert_eq!((failed(&answer).0, failed(&answer).1), (Handshake, "Redirected"));
    assert!(
        failed(&answer).2.contains("HTTP 307 at /mcp: it redirects to http://127.0.0.1:"),
        "{}",
        failed(&answer).2
    );
    assert_eq!(goal.methods(), Vec::<String>::new());
}

#[tokio::test]
async fn a_giant_answer_is_not_read() {
    let endless = |kind: &'static str, chunk: &'static str| {
        move |_: &Asked| {
            let chunks = futures_util::stream::repeat_with(move || Ok::<_, std::io::Error>(chunk));
            reply(200, kind, Body::from_stream(chunks))
        }
    };
    for (kind, chunk) in [
        ("application/json", "[[[[[[[[[[[[[[[["),
        ("text/event-stream", "data: {}\n\n"),
        ("text/event-stream", "data: and no line ever ends"),
    ] {
        let server = FakeServer::start(endless(kind, chunk)).await;
        let answer = probe(&server.url()).await;
        assert_eq!(failed(&answer).1, "NotMcp");
        assert!(failed(&answer).2.contains("answers with more than 64KiB"), "{}", failed(&answer).2);
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_holds_nobody_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let begun = Instant::now();
    let answer = ladder().probe(&Question { timeout: SHORT, ..question(&url) }).await;
    assert_eq!((failed(&answer).0, failed(&answer).1), (HttpAnswers, "TimedOut"));
    assert!(failed(&answer).2.starts_with("no HTTP answer within 300ms"));
    // Two eras are tried while the era is unknown, one when it is known.
    assert!(begun.elapsed() < 4 * SHORT);
    let begun = Instant::now();
    let known = Question { timeout: SHORT, era: Some(Era::Modern), ..question(&url) };
    assert_eq!(failed(&ladder().probe(&known).await).1, "TimedOut");
    assert!(begun.elapsed() < 2 * SHORT);
}

#[tokio::test]
async fn an_answer_that_never_ends_is_cut_off() {
    let begins = |_: &Asked| {
        let chunk = futures_util::stream::iter([Ok::<_, std::io::Error>("data: {}\n\n")]);
        let open = futures_util::StreamExt::chain(chunk, futures_util::stream::pending());
        reply(200, "text/event-stream", Body::from_stream(open))
    };
    let server = FakeServer::start(begins).await;
    let answer = ladder().probe(&Question { timeout: SHORT, ..question(&server.url()) }).await;
    assert_eq!((failed(&answer).0, failed(&answer).1), (Handshake, "NotMcp"));
    assert!(failed(&answer).2.contains("did not end it within 300ms"));
}

#[tokio::test]
async fn a_closed_port_is_told_from_a_name_that_is_none() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let answer = probe(&format!("http://{address}/mcp")).await;
    assert_eq!((failed(&answer).0, failed(&answer).1), (PortOpen, "ConnectionRefused"));
    assert!(failed(&answer).2.starts_with(&format!("connection refused at {address}: ")));
    let answer = probe("http://nobody.invalid/mcp").await;
    assert_eq!((failed(&answer).0, failed(&answer).1), (PortOpen, "NameNotResolved"));
    for url in ["ftp://127.0.0.1/", "http://user:pass@127.0.0.1/", "nonsense", ""] {
        assert_eq!(failed(&probe(url).await).1, "BadUrl", "{url}");
    }
}

#[tokio::test]
async fn a_server_that_speaks_something_else_is_no_http() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    crate::runtime::Tasks::default().spawn("shouts", async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let _ = tokio::io::AsyncWriteExt::write_all(&mut socket, b"SSH-2.0-x\r\n\r\n").await;
        }
    });
    let answer = probe(&url).await;
    assert_eq!((failed(&answer).0, failed(&answer).1), (HttpAnswers, "ConnectionBroken"));
}

#[tokio::test]
async fn refused_addresses_are_never_connected_to() {
    for host in [
        "169.254.169.254",
        "0.0.0.0",
        "0",
        "[::]",
        "[fe80::1]",
        "[::ffff:169.254.169.254]",
        "[64:ff9b::a9fe:a9fe]",
        "2852039166",
        "0xa9fea9fe",
        "0251.0376.0251.0376",
        "100.100.100.200",
        "255.255.255.255",
        "224.0.0.1",
    ] {
        let answer = probe(&format!("http://{host}:1/mcp")).await;
        assert_eq!((failed(&answer).0, failed(&answer).1), (PortOpen, "AddressRefused"), "{host}");
        let failure = call(&question(&format!("http://{host}:1/mcp")), "x", "{}").await.unwrap_err();
        assert!(matches!(failure, ToolCallError::NotAllowed(_)), "{host}: {failure:?}");
    }
}

#[tokio::test]
async fn the_provisioners_rules_narrow_where_endpoints_are() {
    let server = FakeServer::start(modern).await;
    let with = |rules: Vec<EndpointRule>, url: String| Question { rules, ..question(&url) };
    let elsewhere = EndpointRule::Network("10.0.0.0".parse().unwrap(), 8);
    let here = EndpointRule::Network("127.0.0.0".parse().unwrap(), 8);
    let named = EndpointRule::Host("localhost".to_owned());
    let by_name = format!("http://localhost:{}/mcp", server.address.port());

    let refused = ladder().probe(&with(vec![elsewhere.clone()], server.url())).await;
    assert_eq!((failed(&refused).0, failed(&refused).1), (PortOpen, "AddressRefused"));
    assert!(failed(&refused).2.contains("`endpoints`"));
    assert!(!ladder().probe(&with(vec![elsewhere.clone()], by_name.clone())).await.is_healthy());
    assert_eq!(server.methods(), Vec::<String>::new());

    assert!(ladder().probe(&with(vec![elsewhere.clone(), here.clone()], server.url())).await.is_healthy());
    assert!(ladder().probe(&with(vec![here], by_name.clone())).await.is_healthy());
    assert!(ladder().probe(&with(vec![elsewhere, named], by_name)).await.is_healthy());
}

#[tokio::test]
async fn no_more_probes_run_than_allowed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    let ladder = ladder();
    let asking = Question { timeout: SHORT, era: Some(Era::Modern), ..question(&url) };
    let begun = Instant::now();
    let three = futures_util::future::join_all((0..3).map(|_| ladder.probe(&asking))).await;
    assert!(three.iter().all(|answer| !answer.is_healthy()));
    assert!(begun.elapsed() >= 2 * SHORT, "the third waits for one of the two");
}

#[tokio::test]
async fn the_path_is_asked_as_it_stands() {
    let server = FakeServer::start(modern).await;
    let url = format!("http://{}/a%20b/mcp/", server.address);
    assert!(probe(&url).await.is_healthy());
    assert!(server.asked().iter().all(|asked| asked.path == "/a%20b/mcp/"));
}
