//! The configuration from the outside: what a daemon refuses to start with, and how it says so.

use wharfinger_tests::daemon::TestDaemon;

#[test]
fn every_complaint_comes_at_once_and_the_exit_code_is_78() {
    let daemon =
        TestDaemon::builder().local().toml("[reconcile]\nsettle = 3\n[colours]\nred = 1\n").prepare();
    let output = daemon.run("check-config");
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains("reconcile.settle") && said.contains("colours"), "{said}");
    assert!(said.contains("500ms") || said.contains("30s"), "it says what a duration looks like: {said}");
}

#[test]
fn what_plugins_refuse_is_found_without_starting() {
    let daemon = TestDaemon::builder()
        .local()
        .hook("name = \"naming\"\nplugin = \"plugins/naming.wasm\"\nsettings = { patern = \"^a\" }")
        .prepare();
    let output = daemon.run("check-config");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(78), "{said}");
    assert!(said.contains("naming") && said.contains("patern"), "{said}");
}

#[test]
fn a_configuration_without_complaints_is_fine() {
    let output = TestDaemon::builder().local().prepare().run("check-config");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn a_daemon_does_not_start_with_what_it_cannot_use() {
    let mut daemon = TestDaemon::builder().local().template("bad", "name = \"bad\"\nprot = 1\n").prepare();
    assert_eq!(daemon.start_and_expect_exit().await.code(), Some(78));
    assert!(daemon.log().contains("prot") && daemon.log().contains("port"), "{}", daemon.log());

    let mut daemon = TestDaemon::builder().local().prepare();
    daemon.write_file("plugins/local.wasm", b"no component");
    assert_eq!(daemon.start_and_expect_exit().await.code(), Some(78));
    assert!(daemon.log().contains("local"), "{}", daemon.log());
}

#[tokio::test]
async fn a_second_daemon_on_the_same_data_is_refused() {
    let first = TestDaemon::builder().local().start().await;
    let mut second = TestDaemon::builder().local().prepare();
    let data = first.dir().join("data");
    second.write_config(
        &second.config().replace("data_dir = \"data\"", &format!("data_dir = \"{}\"", data.display())),
    );
    assert_eq!(second.start_and_expect_exit().await.code(), Some(1));
    assert!(second.log().contains("another wharfinger"), "{}", second.log());
    assert_eq!(first.get("/livez").await.status, 200);
}

#[tokio::test]
async fn a_damaged_database_is_refused_and_left_as_it_is() {
    let mut daemon = TestDaemon::builder().local().start().await;
    daemon.create("one", "demo").await;
    daemon.kill9();
    let path = daemon.dir().join("data/wharfinger.redb");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[..64].fill(0xff);
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(daemon.start_and_expect_exit().await.code(), Some(1));
    assert!(daemon.log().contains("it was left as it is"), "{}", daemon.log());
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}
