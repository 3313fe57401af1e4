//! The console as the daemon serves it: whatever was built is what a browser gets.

use std::fs;

use reqwest::Method;
use wharfinger_tests::bin_path;
use wharfinger_tests::daemon::{Answer, TestDaemon};

const HTML: &str = "text/html,application/xhtml+xml,*/*;q=0.8";

async fn browse(daemon: &TestDaemon, path: &str) -> Answer {
    daemon.send(daemon.request(Method::GET, path).header("accept", HTML)).await
}

/// Every file that the page names by an address of its own.
fn assets(page: &str) -> Vec<&str> {
    let values = page.split('"').skip(1).step_by(2);
    values.filter(|value| value.starts_with("/assets/")).collect()
}

#[tokio::test]
async fn a_browser_gets_the_console_that_was_built_and_nothing_from_elsewhere() {
    let daemon = TestDaemon::builder().local().start().await;
    let page = browse(&daemon, "/").await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
    let text = page.body.as_str().unwrap();
    assert!(!text.contains("http://") && !text.contains("https://"), "{text}");
    assert_eq!(browse(&daemon, "/instances/one").await.body, page.body, "a deep link is the page's");
    assert_eq!(browse(&daemon, "/mcp/nothing").await.code(), "not_found");

    let dist = bin_path::workspace_root().join("console/dist");
    let Ok(built) = fs::read_to_string(dist.join("index.html")) else {
        // A clone without npm: `cargo xtask test` builds the console first.
        assert!(std::env::var_os("CI").is_none(), "console/dist is missing in CI");
        assert!(text.contains("cargo xtask up"), "{text}");
        return;
    };
    assert_eq!(text, built, "the daemon has another console than the one in console/dist: build it again");
    let assets = assets(&built);
    for kind in [".js", ".css"] {
        assert!(assets.iter().any(|path| path.ends_with(kind)), "no {kind} in {built}");
    }
    for path in assets {
        let asset = daemon.get(path).await;
        assert_eq!(asset.status, 200, "{path}");
        assert_eq!(asset.header("cache-control"), "public, max-age=31536000, immutable", "{path}");
        // Scripts and styles are large: never without their compressed copy. A small picture may not be worth one.
        let compressed = fs::metadata(dist.join(format!("{}.gz", path.trim_start_matches('/'))));
        let must_be = path.ends_with(".js") || path.ends_with(".css");
        assert!(compressed.is_ok() || !must_be, "{path} has no compressed copy: build the console again");
        let Ok(compressed) = compressed else { continue };
        let gzip = daemon.request(Method::HEAD, path).header("accept-encoding", "gzip");
        let gzip = daemon.send(gzip).await;
        assert_eq!(gzip.header("content-encoding"), "gzip", "{path}");
        assert_eq!(gzip.header("content-length"), compressed.len().to_string(), "{path}");
    }
}
