//! Hooks from the outside: whom they are asked about, what is stored of them, and rehearsals.

use serde_json::{Value, json};
use wharfinger_tests::daemon::TestDaemon;

const SECRET: &str = "hunter2-of-the-harbour";

/// A `[[hooks]]` entry of the guest that behaves as its settings say.
fn moody(name: &str, mood: &str, more: &str) -> String {
    format!(
        "name = \"{name}\"\nplugin = \"plugins/moody-hook.wasm\"\nsettings = {{ mood = \"{mood}\" }}\n{more}"
    )
}

fn naming(pattern: &str, more: &str) -> String {
    format!(
        "name = \"naming\"\nplugin = \"plugins/naming.wasm\"\nsettings = {{ pattern = \"{pattern}\" }}\n{more}"
    )
}

async fn dry_run(daemon: &TestDaemon, name: &str, labels: Value) -> Value {
    let body = json!({"name": name, "template": "demo", "labels": labels});
    daemon.post("/mcp/instances?dry_run=true", &body).await.expect(200)
}

/// Names of the hooks that left a verdict, in their order.
fn asked(admission: &Value) -> Vec<&str> {
    admission.as_array().unwrap().iter().map(|one| one["hook"].as_str().unwrap()).collect()
}

async fn rehearse(daemon: &TestDaemon, hook: &str, body: &Value) -> Value {
    daemon.post(&format!("/mcp/hooks/{hook}/rehearse"), body).await.expect(200)
}

/// What was refused there: kind and name.
fn refusals(rehearsal: &Value) -> Vec<(&str, &str)> {
    let refusals = rehearsal["refusals"].as_array().unwrap();
    refusals.iter().map(|one| (one["kind"].as_str().unwrap(), one["name"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_hook_is_asked_about_what_its_condition_says_in_the_order_of_the_file() {
    let daemon = TestDaemon::builder()
        .local()
        .guest("moody-hook")
        .hook(&moody("last-of-the-alphabet", "allow", ""))
        .hook(&moody("everywhere-off", "panic", "mode = \"off\""))
        .hook(&moody("other-template", "panic", "when = { template = [\"files\", \"weather\"] }"))
        .hook(&moody("this-template", "allow", "when = { template = \"demo\" }"))
        .hook(&moody("production", "allow", "when = { template = \"demo\", label = \"stage=production\" }"))
        .hook(&moody("either", "allow", "when = { label = [\"stage=test\", \"stage=production\"] }"))
        .start()
        .await;
    let plain = dry_run(&daemon, "one", json!({})).await;
    assert_eq!(asked(&plain["admission"]), ["last-of-the-alphabet", "this-template"]);
    let production = dry_run(&daemon, "one", json!({"stage": "production"})).await;
    assert_eq!(
        asked(&production["admission"]),
        ["last-of-the-alphabet", "this-template", "production", "either"]
    );
    let test = dry_run(&daemon, "one", json!({"stage": "test"})).await;
    assert_eq!(asked(&test["admission"]), ["last-of-the-alphabet", "this-template", "either"]);
    // The file cannot be loaded as the hook that is off, and nobody minds.
    assert_eq!(daemon.create("one", "demo").await["admission"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_condition_that_is_misspelt_is_refused_at_the_start() {
    for (when, complaint) in [
        ("when = { templates = \"demo\" }", "hooks[0].when.templates: unknown key"),
        ("when = { label = \"production\" }", "is no label: write it as \"key=value\""),
        ("when = { label = \"=production\" }", "is no label"),
        ("when = { template = \"No Name\" }", "hooks[0].when.template"),
        ("when = \"demo\"", "a table is wanted"),
    ] {
        let mut daemon = TestDaemon::builder().local().hook(&naming("^[a-z]", when)).prepare();
        assert_eq!(daemon.start_and_expect_exit().await.code(), Some(78), "{when}");
        let said = daemon.run("check-config");
        let said = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
        assert!(said.contains(complaint), "{when}: {said}");
    }
}

#[tokio::test]
async fn what_the_hooks_said_is_stored_with_the_instance_and_survives_a_crash() {
    let mut daemon = TestDaemon::builder()
        .local()
        .guest("moody-hook")
        .hook(&naming("^[a-z]", ""))
        .hook(&moody("auditor", "deny", "mode = \"audit\""))
        .hook(&moody("fails-open", "panic", "on_error = \"allow\""))
        .start()
        .await;
    let admission = daemon.create("one", "demo").await["admission"].clone();
    assert_eq!(asked(&admission), ["naming", "auditor", "fails-open"]);
    for (index, (verdict, mode, code)) in [
        ("allow", "enforce", Value::Null),
        ("deny", "audit", json!("hook_denied")),
        ("allow", "enforce", json!("hook_failed")),
    ]
    .into_iter()
    .enumerate()
    {
        let one = &admission[index];
        assert_eq!((&one["verdict"], &one["mode"], &one["code"]), (&json!(verdict), &json!(mode), &code));
        assert!(one["generation"] == 1 && one["at"].is_string() && one["took_us"].is_u64(), "{one}");
        for hash in ["digest", "settings_hash"] {
            let hash = one[hash].as_str().unwrap();
            assert!(hash.starts_with("sha256:") && hash.len() == 71, "{one}");
        }
    }
    assert_eq!(
        admission[1]["violations"],
        json!([{"pointer": "/labels", "code": "bad_mood", "message": "not today"}])
    );
    assert_eq!(admission[1]["digest"], admission[2]["digest"]);
    assert_ne!(admission[1]["settings_hash"], admission[2]["settings_hash"]);
    assert!(admission[2]["message"].as_str().unwrap().contains("plugin_trapped"), "{admission}");
    daemon.kill9();
    daemon.start().await;
    assert_eq!(daemon.get("/mcp/instances/one").await.expect(200)["admission"], admission);
}

#[tokio::test]
async fn a_dry_run_asks_every_hook_and_says_what_each_objects_to() {
    let daemon = TestDaemon::builder()
        .local()
        .guest("moody-hook")
        .hook(&naming("^x", ""))
        .hook(&moody("auditor", "deny", "mode = \"audit\""))
        .hook(&moody("broken", "panic", ""))
        .hook(&moody("happy", "warn", ""))
        .start()
        .await;
    let body = json!({"name": "one", "template": "demo"});
    let refused = daemon.post("/mcp/instances?dry_run=true", &body).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "hook_denied"));
    let admission = refused.body["admission"].as_array().unwrap();
    let told: Vec<_> = admission
        .iter()
        .map(|one| {
            let pointer = one["violations"][0]["pointer"].as_str();
            (one["hook"].as_str().unwrap(), one["verdict"].as_str().unwrap(), one["code"].as_str(), pointer)
        })
        .collect();
    assert_eq!(
        told,
        [
            ("naming", "deny", Some("hook_denied"), Some("/name")),
            ("auditor", "deny", Some("hook_denied"), Some("/labels")),
            ("broken", "deny", Some("hook_failed"), Some("")),
            ("happy", "allow", None, None),
        ]
    );
    // In earnest the first refusal ends it.
    let refused = daemon.post("/mcp/instances", &body).await;
    assert_eq!(asked(&refused.body["admission"]), ["naming"]);
}

#[tokio::test]
async fn a_busy_hook_decides_nothing_unless_it_only_audits() {
    let slow = "timeout = \"2s\"\nmax_concurrent = 1";
    let daemon =
        TestDaemon::builder().local().guest("moody-hook").hook(&moody("slow", "loop", slow)).start().await;
    let body = |name: &str| json!({"name": name, "template": "demo"});
    let (one, two) = (body("one"), body("two"));
    let (first, second) =
        tokio::join!(daemon.post("/mcp/instances", &one), daemon.post("/mcp/instances", &two));
    let mut codes = [first.code(), second.code()];
    codes.sort_unstable();
    assert_eq!(codes, ["hook_busy", "hook_failed"], "{first} {second}");
    let busy = if first.code() == "hook_busy" { &first } else { &second };
    assert_eq!((busy.status.as_u16(), &busy.body["retryable"]), (503, &json!(true)), "{busy}");
    assert!(busy.headers.contains_key("retry-after"), "{busy}");

    daemon.write_config(&daemon.config().replace(slow, &format!("{slow}\nmode = \"audit\"")));
    daemon.until("/mcp/plugins", |body| body["generation"] == 2).await;
    let (first, second) =
        tokio::join!(daemon.post("/mcp/instances", &one), daemon.post("/mcp/instances", &two));
    let mut codes: Vec<Value> =
        [first, second].map(|made| made.expect(201)["admission"][0]["code"].clone()).into();
    codes.sort_unstable_by_key(Value::to_string);
    assert_eq!(codes, ["hook_busy", "hook_failed"]);
}

#[tokio::test]
async fn a_stricter_hook_is_rehearsed_on_every_instance_and_request_before_it_refuses_anybody() {
    let mut daemon = TestDaemon::builder().local().hook(&naming("^[a-z]", "")).start().await;
    for name in ["team-one", "two", "team-three"] {
        daemon.create(name, "demo").await;
    }
    daemon.delete("/mcp/instances/team-three?wait=30s").await.expect(204);
    daemon.post("/mcp/instances", &json!({"name": "9th", "template": "demo"})).await.expect(422);

    let stricter = json!({"settings": {"pattern": "^team-"}});
    let rehearsal = rehearse(&daemon, "naming", &stricter).await;
    assert_eq!(rehearsal["summary"], "would refuse 1 of 2 instances and 2 of 4 recorded requests");
    assert_eq!(refusals(&rehearsal), [("instance", "two"), ("request", "two"), ("request", "9th")]);
    let [instance, admitted, refused] = [0, 1, 2].map(|index| &rehearsal["refusals"][index]);
    assert_eq!(instance["reason"], "a name must match `^team-`");
    assert_eq!(instance["violations"][0]["pointer"], "/name");
    assert_eq!(instance["id"], daemon.get("/mcp/instances/two").await.expect(200)["id"]);
    assert_eq!([instance, admitted, refused].map(|one| one["admitted_before"] == true), [true, true, false]);
    assert_eq!(rehearsal["candidate"]["digest"].as_str().unwrap().len(), 71);

    // What is configured would refuse what it refused, and nothing has changed for anybody.
    let as_it_is = rehearse(&daemon, "naming", &json!({})).await;
    assert_eq!(refusals(&as_it_is), [("request", "9th")]);
    assert_eq!(as_it_is["candidate"]["digest"], rehearsal["candidate"]["digest"]);
    assert_ne!(as_it_is["candidate"]["settings_hash"], rehearsal["candidate"]["settings_hash"]);
    assert_eq!(
        daemon.create("five", "demo").await["admission"][0]["settings_hash"],
        as_it_is["candidate"]["settings_hash"]
    );
    assert_eq!(daemon.get("/mcp/plugins").await.expect(200)["generation"], 1);

    // The same settings are the same, wherever they come from.
    let the_same = rehearse(&daemon, "naming", &json!({"settings": {"pattern": "^[a-z]"}})).await;
    assert_eq!(the_same["candidate"], as_it_is["candidate"]);

    // What was only tried is not counted as what serves: five requests are five reviews.
    let metrics = daemon.get("/metrics").await.expect(200);
    let reviews =
        r#"call_duration_seconds_count{plugin="naming",kind="hook",function="review",outcome="ok"} 5"#;
    assert!(metrics.as_str().unwrap().contains(reviews), "{metrics}");

    // Requests outlive a crash: the refused one was written when it was rehearsed on.
    daemon.kill9();
    daemon.start().await;
    let rehearsal = rehearse(&daemon, "naming", &stricter).await;
    assert_eq!(rehearsal["requests"], json!({"reviewed": 5, "would_refuse": 3, "failed": 0, "skipped": 0}));
    let listed = rehearse(&daemon, "naming", &json!({"settings": {"pattern": "^team-"}, "limit": 1})).await;
    assert_eq!((listed["refusals"].as_array().unwrap().len(), &listed["truncated"]), (1, &json!(true)));
}

#[tokio::test]
async fn another_file_is_rehearsed_as_a_hook_that_is_off_or_restricted() {
    let daemon = TestDaemon::builder()
        .local()
        .guest("moody-hook")
        .hook(&naming("^[a-z]", "mode = \"off\""))
        .hook(&moody("production", "allow", "when = { label = \"stage=production\" }"))
        .start()
        .await;
    daemon.create("one", "demo").await;
    let body = json!({"name": "two", "template": "demo", "labels": {"stage": "production"}});
    daemon.post("/mcp/instances?wait=30s", &body).await.expect(201);

    let off = rehearse(&daemon, "naming", &json!({"settings": {"pattern": "^t"}})).await;
    assert_eq!(refusals(&off), [("instance", "one"), ("request", "one")]);
    let other = json!({"plugin": "moody-hook.wasm", "settings": {"mood": "deny"}});
    let other = rehearse(&daemon, "naming", &other).await;
    assert_eq!(
        (&other["instances"]["would_refuse"], &other["requests"]["would_refuse"]),
        (&json!(2), &json!(2))
    );
    let restricted = rehearse(&daemon, "production", &json!({"settings": {"mood": "deny"}})).await;
    let counted = json!({"reviewed": 1, "would_refuse": 1, "failed": 0, "skipped": 1});
    assert_eq!((&restricted["instances"], &restricted["requests"]), (&counted, &counted));
    let settings_kept = rehearse(&daemon, "production", &json!({"plugin": "moody-hook.wasm"})).await;
    assert_eq!(settings_kept["refusals"], json!([]));
}

#[tokio::test]
async fn a_candidate_that_cannot_be_tried_is_refused_with_the_place_and_leads_nowhere_else() {
    let daemon = TestDaemon::builder().local().guest("moody-hook").hook(&naming("^[a-z]", "")).start().await;
    let plugins = daemon.dir().join("plugins");
    std::fs::copy(plugins.join("naming.wasm"), daemon.dir().join("outside.wasm")).unwrap();
    std::os::unix::fs::symlink("../outside.wasm", plugins.join("link.wasm")).unwrap();
    std::os::unix::fs::symlink("naming.wasm", plugins.join("inside.wasm")).unwrap();
    daemon.write_file("plugins/.hidden.wasm", b"");
    daemon.write_file("plugins/text.wasm", b"no component at all");
    let outside = daemon.dir().join("outside.wasm").display().to_string();
    for (plugin, code) in [
        ("../outside.wasm", "invalid_plugin_file"),
        (outside.as_str(), "invalid_plugin_file"),
        ("link.wasm", "invalid_plugin_file"),
        (".hidden.wasm", "invalid_plugin_file"),
        ("..", "invalid_plugin_file"),
        ("", "invalid_plugin_file"),
        ("missing.wasm", "invalid_plugin_file"),
        ("text.wasm", "not_a_component"),
        ("local.wasm", "wrong_world"),
    ] {
        let refused = daemon.post("/mcp/hooks/naming/rehearse", &json!({"plugin": plugin})).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (422, "invalid_request"), "{refused}");
        let error = &refused.body["errors"][0];
        assert_eq!(error["pointer"], "/plugin", "{plugin}: {refused}");
        // A provisioner imports what hooks never get, or fills another world.
        let allowed = if plugin == "local.wasm" { vec![code, "not_for_hooks"] } else { vec![code] };
        assert!(allowed.contains(&error["code"].as_str().unwrap()), "{plugin}: {refused}");
    }
    rehearse(&daemon, "naming", &json!({"plugin": "inside.wasm"})).await;

    let bad = json!({"settings": {"pattern": "(", "max_length": 0}});
    let refused = daemon.post("/mcp/hooks/naming/rehearse", &bad).await;
    assert_eq!((refused.status.as_u16(), refused.code()), (422, "invalid_request"), "{refused}");
    let mut pointers: Vec<&str> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["pointer"].as_str().unwrap())
        .collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/settings/max_length", "/settings/pattern"], "{refused}");

    let unknown = daemon.post("/mcp/hooks/nameing/rehearse", &json!({})).await;
    assert_eq!((unknown.status.as_u16(), unknown.code()), (404, "hook_not_found"));
    assert!(unknown.body["detail"].as_str().unwrap().contains("naming"), "{unknown}");
    // None of this is held against the hook that serves.
    let state = &daemon.get("/mcp/plugins").await.expect(200)["plugins"];
    assert!(state.as_array().unwrap().iter().all(|one| one["state"] == "active"), "{state}");
}

#[tokio::test]
async fn a_candidate_that_traps_is_counted_and_given_up_and_the_hook_that_serves_goes_on() {
    let daemon = TestDaemon::builder()
        .local()
        .guest("moody-hook")
        .hook(&moody("moody", "allow", "timeout = \"300ms\""))
        .start()
        .await;
    for number in 1..=6 {
        daemon.create(&format!("instance-{number}"), "demo").await;
    }
    for (mood, code) in [("panic", "plugin_trapped"), ("loop", "plugin_timed_out")] {
        let failing = json!({"settings": {"mood": mood}});
        let (rehearsal, made) =
            tokio::join!(rehearse(&daemon, "moody", &failing), dry_run(&daemon, "meanwhile", json!({})));
        assert_eq!(made["admission"][0]["verdict"], "allow");
        assert_eq!(
            (&rehearsal["instances"]["failed"], &rehearsal["cut"]),
            (&json!(5), &json!("kept_failing"))
        );
        assert_eq!(rehearsal["requests"]["reviewed"], 0);
        let reason = rehearsal["refusals"][0]["reason"].as_str().unwrap();
        assert!(reason.starts_with(code), "{rehearsal}");
    }
    assert_eq!(daemon.create("after", "demo").await["admission"][0]["verdict"], "allow");
}

#[tokio::test]
async fn no_value_of_a_secret_is_kept_of_a_request_nor_one_a_hook_objected_to() {
    let environment = "name = \"environment\"\nplugin = \"plugins/environment.wasm\"\n\
        settings = { required = [], forbidden = [\"DEBUG_*\"], secret_like = \"deny\" }";
    let mut daemon = TestDaemon::builder()
        .local()
        .guest("moody-hook")
        .hook(environment)
        .hook(&moody("nothing", "deny", ""))
        .start()
        .await;
    let body = |name: &str, environment: Value| {
        json!({
            "name": name, "template": "demo", "secrets": {"API_KEY": SECRET}, "environment": environment
        })
    };
    daemon.post("/mcp/instances", &body("clear", json!({"API_TOKEN": SECRET}))).await.expect(422);
    daemon.post("/mcp/instances", &body("forbidden", json!({"DEBUG_ALL": SECRET}))).await.expect(422);
    daemon.post("/mcp/instances", &body("refused", json!({"TEAM": "kept-in-clear"}))).await.expect(422);
    // A dry run is not recorded.
    daemon.post("/mcp/instances?dry_run=true", &body("dry", json!({}))).await.expect(422);

    let rehearsal = rehearse(&daemon, "nothing", &json!({})).await;
    assert_eq!(
        refusals(&rehearsal),
        [("request", "clear"), ("request", "forbidden"), ("request", "refused")]
    );
    let seen = rehearse(&daemon, "nothing", &json!({"settings": {"mood": "look-for-secrets"}})).await;
    assert_eq!(seen["refusals"], json!([]), "no hook sees a value");
    assert!(daemon.terminate().await.success());
    assert!(daemon.has_stored("kept-in-clear"), "the requests are in the file");
    assert!(!daemon.has_stored(SECRET));
    assert!(!daemon.log().contains(SECRET));
}

#[tokio::test]
async fn requests_are_not_kept_where_none_shall_be() {
    let mut daemon = TestDaemon::builder().local().hook(&naming("^[a-z]", "")).start().await;
    daemon.create("one", "demo").await;
    daemon.post("/mcp/instances", &json!({"name": "9th", "template": "demo"})).await.expect(422);
    let requests = async |daemon: &TestDaemon| {
        rehearse(daemon, "naming", &json!({})).await["requests"]["reviewed"].clone()
    };
    assert_eq!(requests(&daemon).await, 2);
    assert!(daemon.terminate().await.success());
    daemon.write_config(&format!("{}\n[rehearsal]\nkeep = 0\n", daemon.config()));
    daemon.start().await;
    daemon.create("two", "demo").await;
    assert_eq!(requests(&daemon).await, 0, "what was kept is forgotten");
    let findings = daemon.terminate().await;
    assert!(findings.success());
    let checked = daemon.run_on_data("fsck", &[]);
    assert!(checked.status.success(), "{checked:?}");
}
