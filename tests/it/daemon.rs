//! The daemon harness, as far as it can be proven without a daemon.

use wharfinger_tests::daemon::TestDaemon;
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
