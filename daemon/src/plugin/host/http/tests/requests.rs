//! Requests: which leave, and as what.

use super::*;

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
