//! A provisioner that the configuration lacks, or leads elsewhere, while it has instances.

use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use wharfinger_tests::daemon::TestDaemon;
use wharfinger_tests::fake_manager::FakeManager;

use super::{components, edit, plugin, reload};

const HARBOUR: &str = "[provisioners.harbour]\nplugin = \"plugins/local.wasm\"\ngrants = [\"process\"]\n";

#[tokio::test]
async fn a_provisioner_without_a_table_serves_the_instances_it_has_and_goes_with_the_last() {
    let mut daemon = TestDaemon::builder().local().toml(HARBOUR).start().await;
    let body = json!({"name": "one", "template": "demo", "provisioner": "harbour"});
    let one = daemon.post("/mcp/instances?wait=60s", &body).await.expect(201);
    let id = one["id"].as_str().unwrap();
    // A template that names it is no reason not to start.
    let demo = fs::read_to_string(daemon.dir().join("templates/demo.toml")).unwrap();
    let harboured = demo.replace("name = \"demo\"", "name = \"harboured\"\nprovisioner = \"harbour\"");
    daemon.write_file("templates/harboured.toml", harboured);
    daemon.until("/mcp/templates", |body| body.to_string().contains("harboured")).await;
    edit(&daemon, HARBOUR, "");
    for restarted in [false, true] {
        if restarted {
            daemon.kill9();
            daemon.start().await;
        }
        let listed = reload(&daemon).await;
        let harbour = plugin(&listed, "harbour");
        assert_eq!((&harbour["state"], &harbour["instances"]), (&"retired".into(), &1.into()), "{harbour}");
        let more = json!({"name": "two", "template": "demo", "provisioner": "harbour"});
        for query in ["", "?dry_run=true"] {
            let refused = daemon.post(&format!("/mcp/instances{query}"), &more).await;
            assert_eq!((refused.status.as_u16(), refused.code()), (422, "provisioner_retired"), "{refused}");
        }
        // What dies is made again.
        let before = daemon.get("/mcp/instances/one").await.expect(200);
        let [pid] = daemon.servers(id)[..] else { panic!("one server runs") };
        kill_process(Pid::from_raw(i32::try_from(pid).unwrap()).unwrap(), Signal::KILL).unwrap();
        daemon
            .until("/mcp/instances/one", |one| {
                one["status"] == "running" && one["workload"]["id"] != before["workload"]["id"]
            })
            .await;
        assert_eq!(daemon.servers(id).len(), 1);
    }
    daemon.delete("/mcp/instances/one?wait=30s").await.expect(204);
    daemon.until("/mcp/plugins", |body| plugin(body, "harbour").is_null()).await;
    let unknown = daemon.post("/mcp/instances", &body).await;
    assert_eq!(
        (unknown.status.as_u16(), &unknown.body["errors"][0]["code"]),
        (422, &"unknown_provisioner".into()),
        "{unknown}"
    );
    assert_eq!(plugin(&reload(&daemon).await, "local")["state"], "active");
}

#[tokio::test]
async fn an_instance_that_is_only_asked_for_holds_its_provisioner_too() {
    let manager = FakeManager::image_dialect().create_time(Duration::from_millis(1_500)).start();
    let daemon = TestDaemon::builder().local().manager(&manager).start().await;
    let table = daemon.config();
    let begin = table.find("[provisioners.go-mcp-manager]").unwrap();
    let end = table[begin..].find("\n\n").unwrap() + begin;
    let ask = async |name: &str| {
        let body = json!({"name": name, "template": "demo", "provisioner": "go-mcp-manager"});
        daemon.post("/mcp/instances?wait=0s", &body).await.expect(201)
    };
    for name in ["one", "two", "three"] {
        let status = ask(name).await["status"].clone();
        assert!(status == "requested" || status == "creating", "{status}");
    }
    daemon.write_config(&format!("{}{}", &table[..begin], &table[end..]));
    let body = reload(&daemon).await;
    let manager_now = plugin(&body, "go-mcp-manager");
    assert_eq!(
        (&manager_now["state"], &manager_now["instances"]),
        (&"retired".into(), &3.into()),
        "{body:#}"
    );
    for name in ["one", "two", "three"] {
        daemon.wait_for_status(name, "running").await;
        daemon.delete(&format!("/mcp/instances/{name}?wait=60s")).await.expect(204);
    }
    daemon.until("/mcp/plugins", |body| plugin(body, "go-mcp-manager").is_null()).await;
}

#[tokio::test]
async fn a_backend_that_has_instances_is_moved_only_when_it_is_said_to_be_the_same() {
    let manager = FakeManager::image_dialect().start();
    let mut daemon = TestDaemon::builder().manager(&manager).start().await;
    daemon.create("one", "demo").await;
    // The same backend by another name.
    let (here, there) = (manager.url(), manager.url().replace("127.0.0.1", "localhost"));
    assert_ne!(here, there);
    edit(&daemon, &here, &there);
    for restarted in [false, true] {
        if restarted {
            daemon.kill9();
            daemon.start().await;
        }
        let body = reload(&daemon).await;
        let refusal = &plugin(&body, "go-mcp-manager")["last_refusal"];
        assert_eq!(refusal["code"], "provisioner_in_use", "{body:#}");
        let message = refusal["message"].as_str().unwrap();
        assert!(message.contains("1 instance") && message.contains("moved = true"), "{message}");
        // It serves on, with new instances and old ones.
        daemon.create(&format!("more-{restarted}"), "demo").await;
        daemon.delete(&format!("/mcp/instances/more-{restarted}?wait=30s")).await.expect(204);
    }
    edit(&daemon, "[provisioners.go-mcp-manager]\n", "[provisioners.go-mcp-manager]\nmoved = true\n");
    let body = reload(&daemon).await;
    assert_eq!(plugin(&body, "go-mcp-manager")["state"], "active", "{body:#}");
    daemon.create("two", "demo").await;
    daemon.delete("/mcp/instances/one?wait=30s").await.expect(204);
    assert_eq!(daemon.get("/mcp/instances/two").await.expect(200)["status"], "running");
}

#[tokio::test]
async fn a_daemon_that_lost_a_retired_provisioner_with_instances_does_not_start_without_it() {
    let mut daemon = TestDaemon::builder().local().toml(HARBOUR).prepare();
    // The two have different components, and only that of `harbour` is lost.
    let local = fs::read(daemon.dir().join("plugins/local.wasm")).unwrap();
    daemon.write_file("plugins/harbour.wasm", components::version(local, 1));
    edit(&daemon, HARBOUR, &HARBOUR.replace("local.wasm", "harbour.wasm"));
    daemon.start().await;
    let body = json!({"name": "one", "template": "demo", "provisioner": "harbour"});
    daemon.post("/mcp/instances?wait=60s", &body).await.expect(201);
    let before = daemon.config();
    edit(&daemon, &HARBOUR.replace("local.wasm", "harbour.wasm"), "");
    let listed = reload(&daemon).await;
    let harbour = plugin(&listed, "harbour");
    assert_eq!(harbour["state"], "retired", "{harbour}");
    let hex = harbour["active"]["digest"].as_str().unwrap().replace("sha256:", "");
    daemon.kill9();
    // Neither its copy is left nor the file.
    let file = daemon.dir().join("plugins/harbour.wasm");
    let whole = fs::read(&file).unwrap();
    fs::remove_file(file).unwrap();
    fs::remove_file(daemon.dir().join(format!("data/plugins/{hex}.wasm"))).unwrap();
    let status = daemon.start_and_expect_exit().await;
    assert_eq!(status.code(), Some(78), "{}", daemon.log());
    assert!(daemon.log().contains("provisioner \"harbour\" has instances and no table"), "{}", daemon.log());
    // Its table brings it back, and its instance was never let go.
    let without = daemon.config();
    daemon.write_config(&before);
    daemon.write_file("plugins/harbour.wasm", whole);
    daemon.start().await;
    daemon.write_config(&without);
    assert_eq!(plugin(&reload(&daemon).await, "harbour")["state"], "retired");
    daemon.wait_for_status("one", "running").await;
    daemon.delete("/mcp/instances/one?wait=30s").await.expect(204);
}
