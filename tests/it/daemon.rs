//! The daemon harness keeps its promises, proven without the daemon: a shell script stands in for it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use wharfinger_tests::daemon::{Builder, TestDaemon};
use wharfinger_tests::fake_manager::FakeManager;

#[test]
fn the_builder_writes_the_documented_tables_in_order() {
    let config = TestDaemon::builder()
        .server("drain = \"1s\"")
        .provisioner("main", "plugin = \"plugins/x.wasm\"")
        .hook("name = \"naming\"\nplugin = \"plugins/naming.wasm\"")
        .toml("[reconcile]\nsettle = \"100ms\"")
        .config();
    assert_eq!(
        config,
        "[server]\nlisten = \"127.0.0.1:0\"\ndata_dir = \"data\"\ndrain = \"1s\"\n\n\
         [defaults]\nprovisioner = \"main\"\n\n\
         [provisioners.main]\nplugin = \"plugins/x.wasm\"\n\n\
         [[hooks]]\nname = \"naming\"\nplugin = \"plugins/naming.wasm\"\n\n\
         [templates]\ndir = \"templates\"\n\n\
         [reconcile]\nsettle = \"100ms\"\n"
    );
}

#[test]
fn a_fake_manager_becomes_the_default_provisioner_with_its_address() {
    let manager = FakeManager::image_dialect().start();
    let config = TestDaemon::builder().manager(&manager).config();
    assert!(config.contains("[defaults]\nprovisioner = \"go-mcp-manager\"\n"), "{config}");
    assert!(config.contains(&format!("upstreams.manager = {{ url = \"{}\" }}", manager.url())), "{config}");
}

#[tokio::test]
async fn a_daemon_is_started_asked_killed_and_started_again() {
    let stub = Stub::answering();
    let mut daemon = stub.builder().start().await;
    assert_eq!(daemon.get("/mcp/instances/x").await.expect(200)["status"], "running");
    daemon.wait_for_status("x", "running").await;
    daemon.kill9();
    assert!(!daemon.is_running());
    daemon.start().await;
    assert_eq!(daemon.log().matches("started").count(), 2, "{}", daemon.log());
    assert!(daemon.log().contains(&format!("serve --config {}", daemon.config_path().display())));
    assert!(daemon.terminate().await.success());
}

#[tokio::test]
#[should_panic(expected = "exit status: 78) before it could print where it listens")]
async fn a_daemon_that_ends_at_once_fails_the_start_with_its_status() {
    Stub::answering().builder().environment("STUB_EXIT", "78").start().await;
}

#[tokio::test]
async fn a_daemon_that_must_refuse_to_start_gives_its_status() {
    let mut daemon = Stub::answering().builder().environment("STUB_EXIT", "78").prepare();
    assert_eq!(daemon.start_and_expect_exit().await.code(), Some(78));
    assert_eq!(daemon.run("check-config").status.code(), Some(78));
}

/// A server that answers for the shell script in the daemon's place.
struct Stub {
    url: String,
}

impl Stub {
    fn answering() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 4096]);
                let body = r#"{"status":"running"}"#;
                let length = body.len();
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
                );
            }
        });
        Self { url }
    }

    fn builder(&self) -> Builder {
        TestDaemon::builder()
            .program(concat!(env!("CARGO_MANIFEST_DIR"), "/it/stub-daemon.sh"))
            .environment("STUB_URL", &self.url)
    }
}

#[test]
fn what_a_daemon_left_running_is_found_and_killed_with_the_handle() {
    let daemon = TestDaemon::builder().prepare();
    let marked = |program: &str, words: &[&str]| {
        let mut command = std::process::Command::new(program);
        command.args(words).env("TMPDIR", daemon.dir().join("tmp")).env("WHARFINGER_OWNER", "test");
        command.spawn().unwrap()
    };
    // The shell's child drops the environment, as a workload might; its parent gives it away.
    let mut children = [marked("sleep", &["300"]), marked("setsid", &["sh", "-c", "env -i sleep 300; true"])];
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    let sleepers = || {
        let all = daemon.processes();
        all.into_iter().filter(|process| process.command == ["sleep", "300"]).collect::<Vec<_>>()
    };
    while sleepers().len() < 2 {
        assert!(std::time::Instant::now() < deadline, "{:?}", daemon.processes());
    }
    let pids: Vec<u32> = sleepers().iter().map(|process| process.pid).collect();
    let dir = daemon.dir().to_owned();
    drop(daemon);
    for child in &mut children {
        assert!(!child.wait().unwrap().success());
    }
    for pid in pids {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        assert!(environment.is_empty(), "{pid} lives on");
    }
    assert!(!dir.exists());
}
