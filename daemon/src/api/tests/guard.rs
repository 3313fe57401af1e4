//! What happens to every request, whatever its route.

use axum::body::Body;
use http::{Request, header};

use super::{Wharf, request};

#[tokio::test]
async fn the_routers_own_failures_are_problems() {
    let wharf = Wharf::new();
    for path in ["/mcp", "/mcp/instances/", "/mcp/instances/a/b", "/metric"] {
        assert_eq!(wharf.get(path).await.code(), (404, "not_found"), "{path}");
    }
    let answer = wharf.call(request("PUT", "/mcp/instances").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.code(), (405, "method_not_allowed"));
    assert_eq!(answer.header("allow"), "GET,HEAD,POST");
}

#[tokio::test]
async fn every_get_can_be_asked_as_head() {
    let wharf = Wharf::new();
    wharf.create("weather").await;
    for path in ["/mcp/instances", "/mcp/instances/weather", "/openapi.json", "/livez"] {
        let answer = wharf.call(request("HEAD", path).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{path}");
        assert_ne!(answer.header("content-length"), "", "{path}");
    }
}

#[tokio::test]
async fn only_our_own_hosts_are_answered_for() {
    let wharf = Wharf::new();
    for (host, expected) in [
        ("127.0.0.1:7180", 200),
        ("localhost", 200),
        ("[::1]:9", 200),
        ("wharf.example:80", 200),
        ("WHARF.example", 200),
        ("evil.example:7180", 421),
        ("192.0.2.1", 421),
        ("user@localhost", 400),
        ("", 400),
        ("a b", 400),
    ] {
        let request = Request::get("/livez").header(header::HOST, host).body(Body::empty()).unwrap();
        assert_eq!(wharf.call(request).await.status, expected, "{host}");
    }
    let none = Request::get("/livez").body(Body::empty()).unwrap();
    assert_eq!(wharf.call(none).await.code(), (400, "invalid_host"));
    let two = request("GET", "/livez").header(header::HOST, "localhost").body(Body::empty()).unwrap();
    assert_eq!(wharf.call(two).await.code(), (400, "invalid_host"));
    // A target in absolute form is whom it is for, whatever Host says.
    let absolute = request("GET", "http://evil.example/livez").body(Body::empty()).unwrap();
    assert_eq!(wharf.call(absolute).await.code(), (421, "wrong_host"));
}

#[tokio::test]
async fn a_page_of_another_origin_changes_nothing_and_may_look() {
    let wharf = Wharf::new();
    let own = "http://127.0.0.1:7180";
    for (origin, site, refused) in [
        (Some(own), Some("same-origin"), false),
        (None, Some("none"), false),
        (None, None, false),
        (Some("https://127.0.0.1:7180"), None, false),
        (Some("http://127.0.0.1:3000"), Some("same-site"), true),
        (Some("http://127.0.0.1"), None, true),
        (Some("http://evil.example"), None, true),
        (Some("null"), None, true),
        (Some("http://127.0.0.1:7180.evil.example"), None, true),
        (None, Some("cross-site"), true),
        (Some(own), Some("cross-site"), true),
    ] {
        let with = |method, path| {
            let mut request = request(method, path);
            for (name, value) in [("origin", origin), ("sec-fetch-site", site)] {
                if let Some(value) = value {
                    request = request.header(name, value);
                }
            }
            wharf.call(request.body(Body::empty()).unwrap())
        };
        assert_eq!(with("GET", "/mcp/instances").await.status, 200);
        let (ask, delete) =
            (with("POST", "/mcp/instances/none/retry").await, with("DELETE", "/mcp/instances/none").await);
        let expected = if refused { (403, "foreign_origin") } else { (404, "instance_not_found") };
        assert_eq!((ask.code(), delete.code()), (expected, expected), "{origin:?} {site:?}");
    }
}

#[tokio::test]
async fn a_head_has_a_bound() {
    let wharf = Wharf::new();
    let long = format!("/livez?{}", "x".repeat(9 << 10));
    assert_eq!(wharf.get(&long).await.code(), (414, "uri_too_long"));
    let large = request("GET", "/livez").header("x-large", "x".repeat(33 << 10));
    let answer = wharf.call(large.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.code(), (431, "headers_too_large"));
    let mut many = request("GET", "/livez");
    for number in 0..100 {
        many = many.header(format!("x-{number}"), "x");
    }
    let answer = wharf.call(many.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.code(), (431, "headers_too_large"));
}

#[tokio::test]
async fn a_request_id_is_taken_if_it_is_plain_and_made_otherwise() {
    let wharf = Wharf::new();
    let with = |id: String| {
        let request = request("GET", "/none").header("x-request-id", id);
        wharf.call(request.body(Body::empty()).unwrap())
    };
    assert_eq!(with("a-B_7.x".to_owned()).await.header("x-request-id"), "a-B_7.x");
    for id in [String::new(), "x".repeat(129), "a b".to_owned(), "a\"}".to_owned()] {
        let answer = with(id.clone()).await;
        assert_ne!(answer.header("x-request-id"), id);
        assert_eq!(answer.header("x-request-id").len(), 36);
    }
}
