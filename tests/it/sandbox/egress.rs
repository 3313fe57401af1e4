//! A plugin's upstream answers badly, or is somewhere nothing may be connected to.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{ONE_TRY, ask, moody, state};

/// What a backend does after each request's head.
#[derive(Clone, Copy)]
enum Manner {
    Says(&'static str),
    /// Nothing, ever.
    Silent,
    /// A byte now and then, of a body that does not end.
    Drips,
}

/// A backend, until its tasks are dropped: its URL, and the heads of the requests it got.
async fn backend(manner: Manner) -> (String, mpsc::Receiver<String>, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = mpsc::channel(64);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let sender = sender.clone();
            connections.spawn(async move {
                let mut head = Vec::new();
                while !head.windows(4).any(|end| end == b"\r\n\r\n") {
                    if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                let _ = sender.send(String::from_utf8(head).unwrap()).await;
                match manner {
                    Manner::Says(answer) => {
                        let _ = stream.write_all(answer.as_bytes()).await;
                    }
                    Manner::Silent => std::future::pending().await,
                    Manner::Drips => {
                        let head = "HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n";
                        let mut alive = stream.write_all(head.as_bytes()).await.is_ok();
                        while alive {
                            tokio::time::sleep(Duration::from_millis(100)).await;
                            alive = stream.write_all(b".").await.is_ok();
                        }
                    }
                }
            });
        }
    });
    (url, requests, tasks)
}

fn upstream(url: &str, more: &str) -> String {
    format!("upstreams.backend = {{ url = \"{url}\"{more} }}\ntimeouts = {{ create = \"20s\" }}")
}

/// What becomes of an instance whose plugin asks such a backend, and how long that took.
async fn outcome(manner: Manner, more: &str) -> (String, Duration) {
    let (url, _requests, _backend) = backend(manner).await;
    let daemon = moody("ask", &upstream(&url, more)).toml(ONE_TRY).start().await;
    let began = Instant::now();
    let (failed, alive) = tokio::join!(ask(&daemon, "one"), daemon.get("/mcp/plugins"));
    assert_eq!(alive.status, 200);
    (failed["error"]["message"].as_str().unwrap().to_owned(), began.elapsed())
}

#[tokio::test]
async fn a_redirect_is_handed_back_and_not_followed() {
    let (elsewhere, mut requests, _elsewhere) = backend(Manner::Silent).await;
    let answer = format!("HTTP/1.1 302 Found\r\nlocation: {elsewhere}/secret\r\ncontent-length: 0\r\n\r\n");
    let (said, _) = outcome(Manner::Says(Box::leak(answer.into_boxed_str())), "").await;
    assert!(said.contains("the backend said 302 and 0 bytes"), "{said}");
    assert!(requests.try_recv().is_err(), "nobody went there");
}

#[tokio::test]
async fn thousands_of_headers_are_an_answer_that_was_lost() {
    let answer = format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", "x-a: b\r\n".repeat(5_000));
    let (said, _) = outcome(Manner::Says(Box::leak(answer.into_boxed_str())), "").await;
    assert!(said.contains("too many or too long headers"), "{said}");
}

#[tokio::test]
async fn a_backend_that_drips_ends_with_the_whole_exchange() {
    let (said, took) = outcome(Manner::Drips, ", total_timeout = \"700ms\"").await;
    assert!(said.contains("HTTP response timeout"), "{said}");
    assert!(took < Duration::from_secs(15), "{took:?}: the call's own timeout is not what ended it");
    let (said, _) = outcome(Manner::Drips, ", idle_timeout = \"20ms\"").await;
    assert!(said.contains("connection read timeout"), "{said}");
}

#[tokio::test]
async fn a_silent_backend_ends_with_its_bound_and_else_with_the_call() {
    let (said, _) = outcome(Manner::Silent, ", first_byte_timeout = \"200ms\"").await;
    assert!(said.contains("no answer in time"), "{said}");

    let (url, _requests, _backend) = backend(Manner::Silent).await;
    let lines = upstream(&url, "").replace("20s", "500ms");
    let daemon = moody("ask", &lines).toml(ONE_TRY).start().await;
    let failed = ask(&daemon, "one").await;
    assert!(failed["error"]["message"].as_str().unwrap().contains("PluginTimedOut"), "{failed}");
}

#[tokio::test]
async fn a_drip_does_not_outlive_the_call_either() {
    let (url, _requests, _backend) = backend(Manner::Drips).await;
    let lines = upstream(&url, "").replace("20s", "500ms");
    let daemon = moody("ask", &lines).toml(ONE_TRY).start().await;
    let failed = ask(&daemon, "one").await;
    assert!(failed["error"]["message"].as_str().unwrap().contains("PluginTimedOut"), "{failed}");
}

#[tokio::test]
async fn a_token_is_the_files_and_a_new_one_is_used_without_a_restart() {
    let ok = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";
    let (url, mut requests, _backend) = backend(Manner::Says(ok)).await;
    let lines = upstream(&url, ", bearer_token = { file = \"token\" }");
    let mut daemon = moody("ask", &lines).toml(ONE_TRY).prepare();
    daemon.write_file("token", "first-token-of-all\n");
    daemon.start().await;
    let failed = ask(&daemon, "one").await;
    assert!(failed["error"]["message"].as_str().unwrap().contains("said 200 and 2 bytes"), "{failed}");
    assert!(requests.recv().await.unwrap().contains("authorization: Bearer first-token-of-all\r\n"));

    daemon.write_file("token", "second-token\n");
    daemon.until("/mcp/plugins", |body| body["generation"] == 2).await;
    ask(&daemon, "two").await;
    assert!(requests.recv().await.unwrap().contains("authorization: Bearer second-token\r\n"));

    std::fs::remove_file(daemon.dir().join("token")).unwrap();
    let body = daemon.until("/mcp/plugins", |body| state(body, "moody") == "refused").await;
    assert!(body.to_string().contains("bearer_token.file"), "{body}");
    ask(&daemon, "three").await;
    assert!(daemon.terminate().await.success());
    assert!(daemon.has_stored("said 200 and 2 bytes"), "what was answered is in the file");
    for token in ["token-of-all", "second-token"] {
        assert!(!daemon.log().contains(token) && !daemon.has_stored(token), "{token}");
    }
}

#[tokio::test]
async fn an_address_that_is_never_connected_to_is_refused_with_its_plugin() {
    for (url, kind) in [("http://169.254.169.254/", "link-local"), ("http://[fd00:ec2::254]/", "metadata")] {
        let daemon = moody("ask", &upstream(url, "")).prepare();
        let checked = daemon.run("check-config");
        let said = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert!(!checked.status.success() && said.contains("upstreams.backend"), "{said}");
        assert!(said.contains(kind), "{said}");
    }
}
