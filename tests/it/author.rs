//! `wharfinger plugin …` from the outside: what an author types, and what comes of it.

use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;
use wharfinger_tests::bin_path::{wharfinger, workspace_root};
use wharfinger_tests::fake_manager::FakeManager;

/// What a command said, with its exit code.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// Every document on standard output.
    pub(crate) fn answers(&self) -> Vec<Value> {
        let answers = serde_json::Deserializer::from_str(&self.out).into_iter();
        answers.map(|answer| answer.unwrap_or_else(|error| panic!("{error}: {self:?}"))).collect()
    }
}

/// Runs `wharfinger plugin ARGUMENTS` in the workspace.
pub(crate) fn plugin(arguments: &[&str]) -> Said {
    let mut command = Command::new(wharfinger());
    command.arg("plugin").args(arguments).current_dir(workspace_root());
    Said::of(&command.output().unwrap())
}

/// One of the shipped plugins.
fn shipped(name: &str) -> String {
    let file = workspace_root().join(format!("config/plugins/{name}.wasm"));
    assert!(file.is_file(), "{} is missing: build it with `cargo xtask plugins`", file.display());
    file.to_str().unwrap().to_owned()
}

/// One of the guests that misbehave as their settings say.
fn moody(name: &str) -> String {
    let file = workspace_root().join(format!("target/test-plugins/{name}.wasm"));
    assert!(file.is_file(), "{} is missing: build it with `cargo xtask test`", file.display());
    file.to_str().unwrap().to_owned()
}

fn write(folder: &TempDir, name: &str, content: &Value) -> String {
    let file = folder.path().join(name);
    std::fs::write(&file, content.to_string()).unwrap();
    file.to_str().unwrap().to_owned()
}

fn request(name: &str) -> Value {
    json!({ "name": name, "template": { "name": "files", "image": "files:1.4", "port": 8080 } })
}

/// How the misbehaving hook is told to be, and the code of what comes of it.
const MOODS: [(&str, &str); 4] = [
    ("fail", "invalid"),
    ("panic", "plugin_trapped"),
    ("loop", "plugin_timed_out"),
    ("eat-memory", "plugin_out_of_memory"),
];

#[test]
fn a_check_says_what_the_daemon_would_say() {
    let folder = tempfile::tempdir().unwrap();
    let good = write(&folder, "good.json", &json!({ "pattern": "^[a-z]+$" }));
    let said = plugin(&["check", &shipped("naming"), "--settings", &good]);
    assert_eq!(said.code, Some(0), "{said:?}");
    for told in
        ["hook \"naming\"", "sha256:", "wit           0.1.0", "wharfinger:plugin/hook@0.1.0", "by its schema"]
    {
        assert!(said.out.contains(told), "{told}: {said:?}");
    }

    let bad = write(&folder, "bad.json", &json!({ "patern": "^[a-z]+$", "max_length": 0 }));
    let said = plugin(&["check", &shipped("naming"), "--settings", &bad]);
    assert_eq!(said.code, Some(78), "{said:?}");
    for told in [
        "settings.patern: there is no such key",
        "settings.pattern: this key is required",
        "settings.max_length",
    ] {
        assert!(said.err.contains(told), "{told}: {said:?}");
    }

    let table = folder.path().join("table.toml");
    std::fs::write(&table, "settings.pattern = \"^[a-z]+$\"").unwrap();
    let said = plugin(&["check", &shipped("naming"), "--settings", table.to_str().unwrap()]);
    assert!(said.code == Some(78) && said.err.contains("is not JSON"), "{said:?}");
    assert!(said.err.contains("--table"), "{said:?}");
    assert_eq!(plugin(&["check", &shipped("naming"), "--table", table.to_str().unwrap()]).code, Some(0));

    let said = plugin(&["check", &shipped("local")]);
    assert!(said.code == Some(78) && said.err.contains("grant"), "{said:?}");
    assert_eq!(plugin(&["check", &shipped("local"), "--grant", "process"]).code, Some(0));

    let said = plugin(&["check", &shipped("naming"), "--kind", "provisioner"]);
    assert!(said.code == Some(78) && said.err.contains("provisioner-plugin"), "{said:?}");
}

#[test]
fn what_is_no_plugin_is_refused_by_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let whole = std::fs::read(shipped("naming")).unwrap();
    let files: [(&str, &[u8]); 4] = [
        ("empty.wasm", b""),
        ("text.wasm", b"(component)"),
        ("core.wasm", b"\0asm\x01\0\0\0"),
        ("cut.wasm", &whole[..whole.len() / 2]),
    ];
    let request = write(&folder, "request.json", &request("files"));
    for (name, bytes) in files {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let file = file.to_str().unwrap();
        for command in ["check", "inspect", "bench"] {
            let said = plugin(&[command, file]);
            assert!(said.code == Some(78) && said.err.contains(name), "{command} {name}: {said:?}");
        }
        let said = plugin(&["run", file, "--request", &request]);
        assert!(said.code == Some(78) && said.err.contains(name), "{name}: {said:?}");
    }
    let said = plugin(&["check", "nowhere.wasm"]);
    assert!(said.code == Some(78) && said.err.contains("nowhere.wasm"), "{said:?}");
}

#[test]
fn a_run_ends_as_the_hook_decides() {
    let folder = tempfile::tempdir().unwrap();
    let settings = write(&folder, "settings.json", &json!({ "pattern": "^team-" }));
    let calls = write(
        &folder,
        "calls.json",
        &json!([request("team-files"), { "request": request("files"), "dry_run": true }]),
    );
    let said = plugin(&["run", &shipped("naming"), "--settings", &settings, "--request", &calls]);
    assert_eq!(said.code, Some(2), "{said:?}");
    let answers = said.answers();
    assert_eq!((&answers[0]["outcome"], &answers[1]["outcome"]), (&json!("allowed"), &json!("denied")));
    assert_eq!(answers[1]["answer"]["violations"][0]["pointer"], "/name");
    assert!(
        answers[0]["memory_bytes"].as_u64().unwrap() > 0 && answers[0]["took_ms"].as_f64().unwrap() > 0.0
    );

    // The same template by its name, from a configuration.
    let named = write(&folder, "named.json", &json!({ "name": "files", "template": "demo" }));
    let config = workspace_root().join("config/dev.toml");
    let arguments = [
        "run",
        &shipped("naming"),
        "--settings",
        &settings,
        "--request",
        &named,
        "--config",
        config.to_str().unwrap(),
    ];
    let said = plugin(&arguments);
    assert_eq!(said.code, Some(2), "{said:?}");
}

#[test]
fn a_run_of_a_plugin_that_fails_ends_as_a_failure_with_its_code_and_its_log() {
    let folder = tempfile::tempdir().unwrap();
    let call = write(&folder, "call.json", &request("files"));
    for (mood, code) in MOODS {
        let settings = write(&folder, "settings.json", &json!({ "mood": mood }));
        let table = folder.path().join("table.toml");
        std::fs::write(&table, "timeout = \"300ms\"\n[limits]\nmemory = \"8MiB\"\n").unwrap();
        let table = table.to_str().unwrap();
        let said = plugin(&[
            "run",
            &moody("moody-hook"),
            "--settings",
            &settings,
            "--table",
            table,
            "--request",
            &call,
        ]);
        assert_eq!(
            (said.code, &said.answers()[0]["answer"]["code"]),
            (Some(1), &json!(code)),
            "{mood}: {said:?}"
        );
    }
}

#[test]
fn a_plugin_that_ends_badly_again_and_again_is_called_every_time() {
    let folder = tempfile::tempdir().unwrap();
    let settings = write(&folder, "settings.json", &json!({ "mood": "panic" }));
    // More than the daemon bears before it leaves a plugin alone.
    let calls = write(&folder, "calls.json", &json!(vec![request("files"); 12]));
    let said = plugin(&["run", &moody("moody-hook"), "--settings", &settings, "--request", &calls]);
    let answers = said.answers();
    let codes: Vec<&str> = answers.iter().map(|one| one["answer"]["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["plugin_trapped"; 12], "{said:?}");
}

#[test]
fn a_custom_section_that_nobody_can_read_is_no_reason_to_refuse_a_plugin() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = std::fs::read(shipped("naming")).unwrap();
    // A custom section: its id, its length, the length of its name, its name, and what names no producers.
    bytes.extend(b"\0\x0d\x09producers\xff\xff\xff");
    let file = folder.path().join("odd.wasm");
    std::fs::write(&file, bytes).unwrap();
    let file = file.to_str().unwrap();
    let settings = write(&folder, "settings.json", &json!({ "pattern": "." }));
    let call = write(&folder, "call.json", &request("files"));
    for arguments in [
        &["check", file, "--settings", &settings][..],
        &["run", file, "--settings", &settings, "--request", &call],
        &["inspect", file],
    ] {
        let said = plugin(arguments);
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    assert!(plugin(&["inspect", file]).out.contains("section   producers: "));
}

#[test]
fn a_reader_that_has_heard_enough_is_no_failure() {
    let whole = shipped("naming");
    let closed = || {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        writer
    };
    for (arguments, code) in [(["inspect", &whole], 0), (["inspect", "nowhere.wasm"], 78)] {
        let mut command = Command::new(wharfinger());
        command.arg("plugin").args(arguments).current_dir(workspace_root()).stdout(closed());
        let said = Said::of(&command.output().unwrap());
        assert_eq!(said.code, Some(code), "{said:?}");
        assert!(!said.err.contains("panicked"), "{said:?}");
        // Nor is one that does not listen to complaints.
        let status = command.stdout(closed()).stderr(closed()).status().unwrap();
        assert_eq!(status.code(), Some(code));
    }
}

#[test]
fn what_is_wrong_with_a_table_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let table = folder.path().join("table.toml");
    std::fs::write(&table, "timeuot = \"1s\"\n").unwrap();
    let said = plugin(&["check", &shipped("naming"), "--table", table.to_str().unwrap()]);
    assert_eq!(said.code, Some(78), "{said:?}");
    assert_eq!(said.err.matches("timeuot").count(), 1, "{said:?}");
}

#[test]
fn a_run_reaches_the_upstreams_of_a_table_and_no_others() {
    let manager = FakeManager::templates_dialect().start();
    let folder = tempfile::tempdir().unwrap();
    let call = write(&folder, "call.json", &json!({ "function": "templates" }));
    let table = folder.path().join("table.toml");
    std::fs::write(&table, format!("[upstreams.manager]\nurl = \"{}\"\n", manager.url())).unwrap();
    let file = shipped("go-mcp-manager");
    let said = plugin(&["run", &file, "--request", &call, "--table", table.to_str().unwrap()]);
    assert_eq!(said.code, Some(0), "{said:?}");
    assert!(!said.answers()[0]["answer"]["templates"].as_array().unwrap().is_empty(), "{said:?}");
    let refused = plugin(&["run", &file, "--request", &call]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert_eq!(refused.answers()[0]["answer"]["kind"], "denied", "{refused:?}");
}

#[test]
fn a_bench_prints_percentiles_and_an_inspection_runs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let settings = write(&folder, "settings.json", &json!({ "pattern": "." }));
    let said = plugin(&[
        "bench",
        &shipped("naming"),
        "--settings",
        &settings,
        "--seconds",
        "1",
        "--concurrency",
        "2",
    ]);
    assert_eq!(said.code, Some(0), "{said:?}");
    for told in ["calls/s", "p50", "p90", "p99", "KiB of code"] {
        assert!(said.out.contains(told), "{told}: {said:?}");
    }
    let said = plugin(&["bench", &shipped("local"), "--grant", "process"]);
    assert!(said.code == Some(64) && said.err.contains("--request"), "{said:?}");

    let said = plugin(&["inspect", &shipped("go-mcp-manager"), "--json"]);
    let report = &said.answers()[0];
    assert_eq!(
        (&report["kind"], &report["wit_versions"]),
        (&json!("provisioner"), &json!(["0.1.0"])),
        "{said:?}"
    );
    let imports = report["imports"].as_array().unwrap();
    assert!(
        imports.iter().any(|name| name.as_str().unwrap().starts_with("wasi:http/outgoing-handler")),
        "{said:?}"
    );
}
