//! A person puts back what served before.

use wharfinger_tests::daemon::TestDaemon;
use wharfinger_tests::fake_manager::FakeManager;

use super::{components, digest, edit, gated, plugin, reload, the_gate_holds};

#[tokio::test]
async fn a_rollback_stays_until_the_file_or_the_table_changes() {
    let mut daemon = gated();
    daemon.start().await;
    let none = daemon.post_empty("/mcp/plugins/gate/rollback").await;
    assert_eq!((none.status.as_u16(), none.code()), (409, "nothing_to_roll_back_to"), "{none}");
    let of = |number| components::digest(&components::naming(number));
    for number in 1..=2 {
        daemon.write_file("hooks/gate.wasm", components::naming(number));
        assert_eq!(digest(&reload(&daemon).await, "gate"), of(number));
    }
    // Twice is two versions back.
    for number in [1, 0] {
        let body = daemon.post_empty("/mcp/plugins/gate/rollback").await.expect(200);
        assert_eq!(digest(&body, "gate"), of(number));
        let gate = plugin(&body, "gate");
        assert_eq!(
            (&gate["state"], &gate["last_refusal"]["code"], &gate["desired"]["digest"]),
            (&"refused".into(), &"rolled_back".into(), &of(2).into()),
            "{gate}"
        );
    }
    let none = daemon.post_empty("/mcp/plugins/gate/rollback").await;
    assert_eq!(none.code(), "nothing_to_roll_back_to", "{none}");
    the_gate_holds(&daemon).await;

    // Neither a look nor a restart forgets it, nor a change of something else.
    assert_eq!(digest(&reload(&daemon).await, "gate"), of(0));
    daemon.kill9();
    daemon.start().await;
    let body = reload(&daemon).await;
    assert_eq!(
        (digest(&body, "gate"), &plugin(&body, "gate")["last_refusal"]["code"]),
        (&*of(0), &"rolled_back".into())
    );
    edit(&daemon, "grants = [\"process\"]", "grants = [\"process\"]\nmax_concurrent = 3");
    let body = reload(&daemon).await;
    assert_eq!((digest(&body, "gate"), &plugin(&body, "local")["state"]), (&*of(0), &"active".into()));

    // The table changes: the file is believed again, then rolled back, then the file changes.
    edit(&daemon, "timeout = \"20s\"", "timeout = \"21s\"");
    let body = reload(&daemon).await;
    assert_eq!((digest(&body, "gate"), &plugin(&body, "gate")["state"]), (&*of(2), &"active".into()));
    let body = daemon.post_empty("/mcp/plugins/gate/rollback?kind=hook").await.expect(200);
    assert_eq!(digest(&body, "gate"), of(0));
    daemon.write_file("hooks/gate.wasm", components::naming(3));
    let body = reload(&daemon).await;
    assert_eq!((digest(&body, "gate"), &plugin(&body, "gate")["state"]), (&*of(3), &"active".into()));
    the_gate_holds(&daemon).await;
}

#[tokio::test]
async fn a_rollback_does_not_give_back_what_was_taken_away_since() {
    let manager = FakeManager::image_dialect().start();
    let mut daemon =
        TestDaemon::builder().environment("TOKEN", "the-harbour-masters-own").manager(&manager).start().await;
    let url = format!("url = {:?}", manager.url());
    edit(&daemon, &url, &format!("{url}, bearer_token = {{ env = \"TOKEN\" }}"));
    assert_eq!(plugin(&reload(&daemon).await, "go-mcp-manager")["previous"].as_array().unwrap().len(), 1);
    edit(&daemon, ", bearer_token = { env = \"TOKEN\" }", "");
    assert_eq!(reload(&daemon).await["generation"], 3);
    // What served before was shown the token; what serves now must not show it.
    daemon.post_empty("/mcp/plugins/go-mcp-manager/rollback").await.expect(200);
    for name in ["one", "after-a-restart"] {
        let instance = daemon.create(name, "demo").await;
        assert_eq!(instance["error"]["code"], "denied", "{instance}");
        daemon.kill9();
        daemon.start().await;
        assert_eq!(reload(&daemon).await["generation"], 4);
    }
    assert_eq!(manager.creates_seen(), 0);
}
