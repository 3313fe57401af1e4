//! What a browser gets: the console's files, its page, and under which policy.

use axum::body::Body;
use axum::http::Response;
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use serde_json::json;
use tower::ServiceExt as _;

use super::{Fakes, Wharf, options, request};
use crate::api::console::testing;

const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const SCRIPT: &str = "/assets/app-1a2b3c4d.js";
const KEPT_FOR_EVER: &str = "public, max-age=31536000, immutable";

/// What a browser gets, which is no answer of the API.
async fn browse(
    wharf: &Wharf,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, HeaderMap, Vec<u8>) {
    let mut request = request(method, path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response: Response<Body> =
        wharf.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let (head, body) = response.into_parts();
    (head.status.as_u16(), head.headers, body.collect().await.unwrap().to_bytes().to_vec())
}

fn value<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_browser_gets_the_page_wherever_no_path_of_the_api_is() {
    let wharf = Wharf::new();
    for path in ["/", "/instances/weather", "/create?template=demo", "/instances/a.b/logs", "/index.html"] {
        let (status, headers, body) = browse(&wharf, "GET", path, &[("accept", HTML)]).await;
        assert_eq!(status, 200, "{path}");
        assert_eq!(value(&headers, "content-type"), "text/html; charset=utf-8", "{path}");
        assert_eq!(value(&headers, "cache-control"), "no-cache", "{path}");
        assert!(String::from_utf8(body).unwrap().contains("id=\"root\""), "{path}");
    }
    // Whoever asks for the root gets it, whatever they take.
    assert_eq!(browse(&wharf, "GET", "/", &[("accept", "*/*")]).await.0, 200);
}

#[tokio::test]
async fn no_path_of_the_api_and_no_program_gets_the_page() {
    let wharf = Wharf::new();
    for path in [
        "/mcp",
        "/mcp/instance",
        "/mcp/instances/a/b",
        "/docs/none",
        "/docs/problems/none",
        "/metrics/x",
        "/livez/x",
        "/openapi.json/x",
        "/assets/none-1a2b.js",
        "/assets/",
        "/assets/app-1a2b3c4d.js.gz",
        "//assets/none.js",
    ] {
        let asked = request("GET", path).header(header::ACCEPT, HTML).body(Body::empty()).unwrap();
        assert_eq!(wharf.call(asked).await.code(), (404, "not_found"), "{path}");
    }
    for accept in ["*/*", "application/json", "text/htmlx", ""] {
        let asked = request("GET", "/metric").header(header::ACCEPT, accept).body(Body::empty()).unwrap();
        assert_eq!(wharf.call(asked).await.code(), (404, "not_found"), "{accept}");
    }
    let asked = request("POST", "/instances").header(header::ACCEPT, HTML).body(Body::empty()).unwrap();
    assert_eq!(wharf.call(asked).await.code(), (404, "not_found"));
}

#[tokio::test]
async fn a_file_is_kept_for_ever_and_the_page_is_asked_about() {
    let wharf = Wharf::new();
    let (_, script, body) = browse(&wharf, "GET", SCRIPT, &[]).await;
    assert_eq!(value(&script, "cache-control"), KEPT_FOR_EVER);
    assert_eq!(value(&script, "content-type"), "text/javascript; charset=utf-8");
    assert_eq!(body, include_bytes!("../console/fixture/assets/app-1a2b3c4d.js"));
    let (_, picture, _) = browse(&wharf, "GET", "/favicon.svg", &[]).await;
    assert_eq!(
        (value(&picture, "content-type"), value(&picture, "cache-control")),
        ("image/svg+xml", "no-cache")
    );

    let (_, page, _) = browse(&wharf, "GET", "/", &[]).await;
    let tag = value(&page, "etag");
    assert_ne!(tag, value(&script, "etag"));
    for known in
        [tag.to_owned(), format!("\"x\", {tag}"), tag.trim_start_matches("W/").to_owned(), "*".to_owned()]
    {
        let (status, headers, body) = browse(&wharf, "GET", "/", &[("if-none-match", &known)]).await;
        assert_eq!((status, body.len(), value(&headers, "etag")), (304, 0, tag), "{known}");
    }
    assert_eq!(browse(&wharf, "GET", "/", &[("if-none-match", "W/\"x\"")]).await.0, 200);
    let (status, head, body) = browse(&wharf, "HEAD", SCRIPT, &[]).await;
    assert_eq!((status, body.len()), (200, 0));
    let length = include_bytes!("../console/fixture/assets/app-1a2b3c4d.js").len().to_string();
    assert_eq!(value(&head, "content-length"), length);
}

#[tokio::test]
async fn what_is_compressed_is_sent_so_to_whom_takes_it() {
    let wharf = Wharf::new();
    let gzip = include_bytes!("../console/fixture/assets/app-1a2b3c4d.js.gz").as_slice();
    for (accepted, compressed) in [
        ("gzip, deflate, br, zstd", true),
        ("br;q=1.0, GZIP;q=0.5", true),
        ("identity", false),
        ("gzip;q=0", false),
        ("gzip; q=0.0, br", false),
    ] {
        let (status, headers, body) = browse(&wharf, "GET", SCRIPT, &[("accept-encoding", accepted)]).await;
        assert_eq!(status, 200);
        assert_eq!(value(&headers, "content-encoding"), if compressed { "gzip" } else { "" }, "{accepted}");
        assert_eq!(body == gzip, compressed, "{accepted}");
        assert_eq!(value(&headers, "vary"), "accept-encoding");
    }
    // What is not there in that form is sent as it is.
    let (_, page, _) = browse(&wharf, "GET", "/", &[("accept-encoding", "gzip")]).await;
    assert_eq!(value(&page, "content-encoding"), "");
}

/// So a template's picture, or anything else that an answer holds, makes the page ask nobody.
#[tokio::test]
async fn the_page_may_load_nothing_from_elsewhere_and_run_nothing_that_is_written_into_it() {
    let wharf = Wharf::new();
    for path in ["/", SCRIPT, "/favicon.svg"] {
        let (_, headers, _) = browse(&wharf, "GET", path, &[]).await;
        let policy = value(&headers, "content-security-policy");
        let allowed: Vec<&str> = policy.split("; ").collect();
        assert_eq!(
            allowed,
            [
                "default-src 'none'",
                "script-src 'self'",
                "style-src 'self'",
                "img-src 'self' data:",
                "font-src 'self'",
                "connect-src 'self'",
                "base-uri 'none'",
                "form-action 'none'",
                "frame-ancestors 'none'",
            ],
            "{path}"
        );
        for (name, expected) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(value(&headers, name), expected, "{path}: {name}");
        }
    }
}

/// What a browser sends along with a page's own request, and with one of a foreign page.
#[tokio::test]
async fn the_pages_own_requests_pass_and_those_of_others_do_not() {
    let wharf = Wharf::new();
    let create = |site: &str, origin: &str, name: &str| {
        let request = request("POST", "/mcp/instances")
            .header(header::CONTENT_TYPE, "application/json")
            .header("sec-fetch-site", site)
            .header("sec-fetch-mode", "cors")
            .header(header::ORIGIN, origin);
        let body = json!({"name": name, "template": "plain"}).to_string();
        wharf.call(request.body(Body::from(body)).unwrap())
    };
    assert_eq!(create("same-origin", "http://127.0.0.1:7180", "own").await.status, 201);
    assert_eq!(create("cross-site", "http://evil.example", "other").await.code(), (403, "foreign_origin"));
    // A link from elsewhere to the page is a read: it is followed.
    let (status, ..) =
        browse(&wharf, "GET", "/", &[("accept", HTML), ("sec-fetch-site", "cross-site")]).await;
    assert_eq!(status, 200);
    let foreign =
        axum::http::Request::get("/").header(header::HOST, "evil.example").body(Body::empty()).unwrap();
    assert_eq!(wharf.call(foreign).await.code(), (421, "wrong_host"));
}

#[tokio::test]
async fn a_daemon_without_the_console_says_how_to_get_it() {
    let wharf = Wharf::showing(testing::not_built(), Fakes::default(), 8, &options());
    for path in ["/", "/instances/weather"] {
        let asked = request("GET", path).header(header::ACCEPT, HTML).body(Body::empty()).unwrap();
        let page = wharf.call(asked).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert!(page.text.contains("<code>cargo xtask up</code>") && page.text.contains("href=\"/docs\""));
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'self';"), "{policy}");
    }
    assert_eq!(wharf.get("/assets/app-1a2b3c4d.js").await.code(), (404, "not_found"));
}
