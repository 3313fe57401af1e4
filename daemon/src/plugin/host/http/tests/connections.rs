//! Connections: whose they are, how many, and for how long.

use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use http_body_util::StreamBody;
use hyper::body::Frame;
use tokio::net::UnixListener;

use super::*;

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
