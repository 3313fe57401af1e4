//! What a configuration only takes away holds at once, whatever else is wrong in it.

use serde_json::{Value, json};
use wharfinger_tests::daemon::TestDaemon;
use wharfinger_tests::fake_manager::FakeManager;

use super::compilers::compiler;
use super::{GATE, OTHER, components, dry_run, edit, gated_by, plugin, reload, the_gate_holds};

/// Wrong beyond the reach of the configuration's own checks: the plugin refuses it.
const BROKEN: (&str, &str) = ("pattern = \"^[a-z]\"", "pattern = \"(\"");
/// Wrong at the first sight.
const NONSENSE: (&str, &str) = (
    "timeout = \"20s\"\nsettings = { pattern = \"^[a-z]\"",
    "timeout = 20\nsettings = { pattern = \"^[a-z]\"",
);

/// An instance that a provisioner was asked for and could not make.
async fn denied(daemon: &TestDaemon, name: &str) {
    let instance = created(daemon, name).await;
    assert_eq!(
        (&instance["status"], &instance["error"]["code"]),
        (&"failed".into(), &"denied".into()),
        "{instance}"
    );
    daemon.delete(&format!("/mcp/instances/{name}?wait=0s")).await;
}

async fn created(daemon: &TestDaemon, name: &str) -> Value {
    let body = json!({"name": name, "template": "demo"});
    daemon.post("/mcp/instances?wait=60s", &body).await.expect(201)
}

/// Makes the file wrong in the table of `other`, and takes away at the same time.
fn break_and(daemon: &TestDaemon, wrong: (&str, &str), from: &str, to: &str) {
    let config = daemon.config();
    assert!(config.contains(wrong.0) && config.contains(from), "{config}");
    daemon.write_config(&config.replace(wrong.0, wrong.1).replace(from, to));
}

async fn refused(daemon: &TestDaemon) -> Value {
    let body = reload(daemon).await;
    let at_first_sight = !body["configuration"]["refusal"].is_null();
    assert!(at_first_sight || plugin(&body, "other")["state"] == "refused", "{body:#}");
    body
}

#[tokio::test]
async fn a_grant_is_gone_at_once_and_stays_gone_until_a_whole_file_gives_it_back() {
    const GRANT: &str = "grants = [\"process\"]";
    for wrong in [BROKEN, NONSENSE] {
        let mut daemon = gated_by(TestDaemon::builder().local().hook(GATE).hook(OTHER));
        daemon.start().await;
        let good = daemon.config();
        assert_eq!(created(&daemon, "good").await["status"], "running");
        break_and(&daemon, wrong, GRANT, "grants = []");
        refused(&daemon).await;
        denied(&daemon, "good-denied").await;
        the_gate_holds(&daemon).await;
        // The same over a restart; a file that is wrong at the first sight would be none.
        daemon.kill9();
        daemon.write_config(&good.replace(GRANT, "").replace(BROKEN.0, BROKEN.1));
        daemon.start().await;
        denied(&daemon, "good-after").await;
        // A file that gives it back, and is not good as a whole, gives nothing back.
        daemon.write_config(&good.replace(wrong.0, wrong.1));
        refused(&daemon).await;
        denied(&daemon, "good-again").await;
        // What ran was not destroyed.
        assert_ne!(daemon.get("/mcp/instances/good").await.expect(200)["status"], "failed");
        daemon.write_config(&good);
        let body = reload(&daemon).await;
        assert_eq!(plugin(&body, "local")["state"], "active", "{body:#}");
        assert_eq!(created(&daemon, "good-in-the-end").await["status"], "running");
        daemon.wait_for_status("good", "running").await;
    }
}

#[tokio::test]
async fn an_upstream_and_what_is_shown_there_are_gone_at_once() {
    for wrong in [BROKEN, NONSENSE] {
        for left in ["", "upstreams.manager = { url = URL }"] {
            let manager = FakeManager::image_dialect().start();
            let url = format!("{:?}", manager.url());
            let with_token =
                "upstreams.manager = { url = URL, bearer_token = { env = \"TOKEN\" } }".replace("URL", &url);
            let mut daemon = gated_by(
                TestDaemon::builder()
                    .environment("TOKEN", "the-harbour-masters-own")
                    .manager(&manager)
                    .hook(GATE)
                    .hook(OTHER),
            );
            edit(&daemon, &format!("upstreams.manager = {{ url = {url} }}"), &with_token);
            daemon.start().await;
            assert_eq!(created(&daemon, "good").await["status"], "running");
            break_and(&daemon, wrong, &with_token, &left.replace("URL", &url));
            refused(&daemon).await;
            let creates = manager.creates_seen();
            denied(&daemon, "good-denied").await;
            assert_eq!(manager.creates_seen(), creates, "it was not reached");
            let good = daemon.config().replace(wrong.1, wrong.0);
            let good = match left {
                "" => {
                    good.replace("go-mcp-manager.wasm\"\n", &format!("go-mcp-manager.wasm\"\n{with_token}\n"))
                }
                left => good.replace(&left.replace("URL", &url), &with_token),
            };
            daemon.write_config(&good);
            reload(&daemon).await;
            assert_eq!(created(&daemon, "good-again").await["status"], "running", "{}", daemon.log());
        }
    }
}

#[tokio::test]
async fn a_hook_that_is_turned_off_or_to_audit_refuses_nothing_from_then_on() {
    const GATE_BEGINS: &str = "name = \"gate\"\n";
    for wrong in [BROKEN, NONSENSE] {
        for (line, asked) in
            [("mode = \"off\"", false), ("enabled = false", false), ("mode = \"audit\"", true)]
        {
            let mut daemon = gated_by(TestDaemon::builder().local().hook(GATE).hook(OTHER));
            daemon.start().await;
            let good = daemon.config();
            the_gate_holds(&daemon).await;
            break_and(&daemon, wrong, GATE_BEGINS, &format!("{GATE_BEGINS}{line}\n"));
            refused(&daemon).await;
            for restarted in [false, true] {
                if restarted {
                    daemon.kill9();
                    let bad = good.replace(BROKEN.0, BROKEN.1);
                    daemon.write_config(&bad.replace(GATE_BEGINS, &format!("{GATE_BEGINS}{line}\n")));
                    daemon.start().await;
                }
                let passed = dry_run(&daemon, "bad").await.expect(200);
                let hooks: Vec<&str> = passed["admission"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| one["hook"].as_str().unwrap())
                    .collect();
                assert_eq!(hooks.contains(&"gate"), asked, "{line}, restarted: {restarted}: {passed}");
                assert!(hooks.contains(&"other"), "{passed}");
            }
            daemon.write_config(&good);
            reload(&daemon).await;
            the_gate_holds(&daemon).await;
        }
    }
}

#[tokio::test]
async fn a_provisioner_that_is_disabled_takes_no_new_instances_and_is_not_called() {
    for wrong in [BROKEN, NONSENSE] {
        let mut daemon = gated_by(TestDaemon::builder().local().hook(GATE).hook(OTHER));
        daemon.start().await;
        let good = daemon.config();
        let running = created(&daemon, "good").await;
        let begins = "[provisioners.local]\n";
        break_and(&daemon, wrong, begins, &format!("{begins}enabled = false\n"));
        let body = refused(&daemon).await;
        assert_ne!(plugin(&body, "local")["state"], "active", "{body:#}");
        for restarted in [false, true] {
            if restarted {
                daemon.kill9();
                let bad = good.replace(BROKEN.0, BROKEN.1);
                daemon.write_config(&bad.replace(begins, &format!("{begins}enabled = false\n")));
                daemon.start().await;
            }
            let answer = dry_run(&daemon, "good-too").await;
            assert_eq!((answer.status.as_u16(), answer.code()), (422, "provisioner_disabled"), "{answer}");
            assert_eq!(daemon.servers(running["id"].as_str().unwrap()).len(), 1, "it runs on");
        }
        // Deleting it needs a call: it waits, and says why.
        daemon.delete("/mcp/instances/good?wait=0s").await;
        let said = |body: &Value| body.to_string().contains("ProvisionerDisabled");
        daemon.until("/mcp/instances/good/events", said).await;
        daemon.write_config(&good);
        reload(&daemon).await;
        daemon.wait_until_gone("good").await;
        assert_eq!(created(&daemon, "good-too").await["status"], "running");
    }
}

#[tokio::test]
async fn a_file_that_is_no_toml_takes_nothing_away() {
    let mut daemon = gated_by(TestDaemon::builder().local().hook(GATE).hook(OTHER));
    daemon.start().await;
    edit(&daemon, "grants = [\"process\"]", "enabled = false\ngrants = [");
    let body = reload(&daemon).await;
    assert!(body["configuration"]["refusal"]["message"].is_string(), "{body}");
    assert_eq!(body["generation"], 1);
    assert_eq!(created(&daemon, "good").await["status"], "running");
    the_gate_holds(&daemon).await;
}

#[tokio::test]
async fn nothing_that_is_taken_away_waits_for_a_compiler() {
    let mut daemon = gated_by(TestDaemon::builder().local().hook(GATE).hook(OTHER));
    daemon.start().await;
    daemon.write_file("hooks/gate.wasm", components::slow_work());
    daemon.eventually("it compiles", async || compiler(&daemon).is_some()).await;
    // A whole configuration that takes away: beside what is compiled, it holds before that is done.
    edit(&daemon, "grants = [\"process\"]", "grants = []");
    daemon.until("/mcp/plugins", |body| body["generation"] == 2).await;
    let body = daemon.get("/mcp/plugins").await.expect(200);
    let gate = plugin(&body, "gate");
    assert_ne!(gate["desired"]["digest"], gate["active"]["digest"], "the compiler was waited for: {gate}");
    denied(&daemon, "good-denied").await;
    the_gate_holds(&daemon).await;
    // Nor does a rollback, or who asks for one that cannot be.
    let none = daemon.post_empty("/mcp/plugins/other/rollback").await;
    assert_eq!(none.code(), "nothing_to_roll_back_to", "{none}");
    daemon.eventually("it compiles again", async || compiler(&daemon).is_some()).await;
}
