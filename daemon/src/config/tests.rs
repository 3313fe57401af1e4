use std::fs;
use std::path::Path;
use std::time::Duration;

use super::{Loaded, Overrides, Refused, load};
use crate::domain::{BreakerPolicy, EndpointRule};
use crate::plugin::{Bounds, CredentialSource, Limits};

const LEAST: &str = "[defaults]\nprovisioner = 'a'\n[provisioners.a]\nplugin = 'a.wasm'\n";

fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("templates")).unwrap();
    fs::write(folder.path().join("a.wasm"), "").unwrap();
    fs::write(folder.path().join("c.toml"), text).unwrap();
    folder
}

fn load_from(folder: &Path, environment: &[(&str, &str)], overrides: &Overrides) -> Result<Loaded, Refused> {
    let environment = environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    load(&folder.join("c.toml"), environment, overrides)
}

/// The complaints without the file's folder.
fn complaints(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let folder = folder(text);
    let all = load_from(folder.path(), environment, &Overrides::default()).unwrap_err().to_string();
    let prefix = format!("{}/", folder.path().display());
    all.lines().map(|line| line.replace(&prefix, "")).collect()
}

fn options(text: &str, environment: &[(&str, &str)]) -> Loaded {
    load_from(folder(text).path(), environment, &Overrides::default()).unwrap_or_else(|all| panic!("{all}"))
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let text = "
[server]
listen = '0.0.0.0:80'
lisen = 1
default_wait = '400s'
allowed_hosts = ['https://x']
[defaults]
provisioner = 'b'
[provisioners.a]
plugin = 'b.wasm'
timeouts = { create = 180, Inspect = '1s' }
grants = ['network']
endpoints = ['10.0.0.1/8']
upstreams.m = { url = 'http://user:pass@x' }
[[hooks]]
name = 'n'
plugin = 'a.wasm'
mode = 'on'
upstreams.m = { url = 'http://x' }
[[hooks]]
name = 'n'
[templates]
dir = 'missing'
";
    let expected = [
        "c.toml:3: server.listen: 0.0.0.0:80 is not a loopback address, and nobody is asked who they are: listen on 127.0.0.1 or [::1] behind something that asks, or set server.allow_anonymous = true",
        "c.toml:4: server.lisen: unknown key; did you mean \"listen\"?",
        "c.toml:5: server.default_wait: is longer than max_wait; at most that is allowed",
        "c.toml:6: server.allowed_hosts[0]: \"https://x\" is not a host name: write it without scheme, port and path",
        "c.toml:8: defaults.provisioner: \"b\" is not configured; there are: a",
        "c.toml:11: provisioners.a.timeouts.Inspect: unknown key; did you mean \"inspect\"?",
        "c.toml:11: provisioners.a.timeouts.create: \"180\" is not a duration: write a whole number and a unit, such as 500ms, 30s, 5m or 24h",
        "c.toml:12: provisioners.a.grants[0]: \"network\" is not allowed: one of \"process\"",
        "c.toml:13: provisioners.a.endpoints[0]: \"10.0.0.1/8\" has bits behind its prefix; write \"10.0.0.0/8\"",
        "c.toml:14: provisioners.a.upstreams.m.url: holds a user or a password; use bearer_token",
        "c.toml:18: hooks[0].mode: \"on\" is not allowed: one of \"enforce\", \"audit\", \"off\"",
        "c.toml:19: hooks[0].upstreams: a hook has no network and starts no process: its world imports neither",
        "c.toml:20: hooks[1].plugin: is required and missing",
        "c.toml:21: hooks[1].name: there is another hook named \"n\"",
        "c.toml:23: templates.dir: missing is not a folder",
    ];
    assert_eq!(complaints(text, &[]), expected);
}

#[test]
fn a_missing_file_and_bad_toml_are_one_complaint() {
    let folder = tempfile::tempdir().unwrap();
    let error = load_from(folder.path(), &[], &Overrides::default()).unwrap_err();
    assert!(error.to_string().contains("c.toml: cannot be read: "), "{error}");
    let error = complaints("[server\n", &[]);
    assert!(error[0].starts_with("c.toml:1: not TOML: "), "{error:?}");
    assert_eq!(error.len(), 1);
}

#[test]
fn an_empty_file_lacks_a_provisioner() {
    let expected = [
        "c.toml: defaults.provisioner: is required and missing",
        "c.toml: provisioners: at least one [provisioners.NAME] is required",
    ];
    assert_eq!(complaints("", &[]), expected);
}

#[test]
fn variables_win_over_the_file_and_flags_over_variables() {
    let text = format!("[server]\nlisten = '127.0.0.1:1'\n{LEAST}");
    let variables =
        [("wharfinger__server__LISTEN", "127.0.0.1:2"), ("WHARFINGER__PROVISIONERS__A__MAX_CONCURRENT", "9")];
    let from_variables = options(&text, &variables).options;
    assert_eq!(from_variables.api.listen.port(), 2);
    assert_eq!(from_variables.plugin.provisioners[0].max_concurrent, 9);

    let flags = Overrides {
        listen: Some("127.0.0.1:3".to_owned()),
        data_dir: Some("/d".into()),
        ..Overrides::default()
    };
    let from_flags = load_from(folder(&text).path(), &variables, &flags).unwrap().options;
    assert_eq!(from_flags.api.listen.port(), 3);
    assert_eq!(from_flags.store.data_dir, Path::new("/d"));
    assert_eq!(from_flags.process.dir, Path::new("/d/processes"));
}

#[test]
fn a_bad_variable_is_named_in_the_complaint() {
    let variables = [
        ("WHARFINGER__SERVER__DRIAN", "1s"),
        ("WHARFINGER__LOG__FORMAT", "xml"),
        ("WHARFINGER__SERVER____X", "1"),
    ];
    let expected = [
        "environment variable WHARFINGER__LOG__FORMAT: log.format: \"xml\" is not allowed: one of \"text\", \"json\"",
        "environment variable WHARFINGER__SERVER__DRIAN: server.drian: unknown key; did you mean \"drain\"?",
        "environment variable WHARFINGER__SERVER____X: server..x: a part of the key is empty",
    ];
    assert_eq!(complaints(LEAST, &variables), expected);
}

#[test]
fn relative_paths_start_at_the_files_folder() {
    let folder = folder(LEAST);
    let loaded = load_from(folder.path(), &[], &Overrides::default()).unwrap();
    assert_eq!(loaded.options.plugin.provisioners[0].plugin, folder.path().join("a.wasm"));
    assert_eq!(loaded.options.catalog.dir, folder.path().join("templates"));
    assert_eq!(loaded.files, [folder.path().join("c.toml"), folder.path().join("a.wasm")]);
}

#[test]
fn settings_become_json_whatever_is_in_them() {
    let text = format!("{LEAST}settings = {{ a = [1, 2.5, true], b.c = 'x', d = 2026-11-22 }}");
    let loaded = options(&text, &[]);
    assert_eq!(
        loaded.options.plugin.provisioners[0].settings,
        r#"{"a":[1,2.5,true],"b":{"c":"x"},"d":"2026-11-22"}"#
    );
    assert_eq!(options(LEAST, &[]).options.plugin.provisioners[0].settings, "{}");
    let error = complaints(&format!("{LEAST}settings = {{ a = inf }}"), &[]);
    assert_eq!(
        error,
        ["c.toml:5: provisioners.a.settings: inf cannot be handed over: JSON has no such number"]
    );
}

#[test]
fn a_token_is_a_reference_and_is_not_read_here() {
    let text = format!("{LEAST}upstreams.m = {{ url = 'https://x', bearer_token = {{ env = 'T' }} }}");
    let loaded = options(&text, &[]);
    let upstream = &loaded.options.plugin.provisioners[0].upstreams["m"];
    assert_eq!(upstream.bearer_token, Some(CredentialSource::Variable("T".to_owned())));
    assert_eq!(upstream.bounds, Bounds::default());

    let folder = folder(&text.replace("env = 'T'", "file = 't'"));
    let loaded = load_from(folder.path(), &[], &Overrides::default()).unwrap();
    let file = folder.path().join("t");
    assert!(loaded.files.contains(&file), "a change is looked for");
    let upstream = &loaded.options.plugin.provisioners[0].upstreams["m"];
    assert_eq!(upstream.bearer_token, Some(CredentialSource::File(file)));

    let both = text.replace("env = 'T'", "env = 'T', file = 'a.wasm'");
    assert!(complaints(&both, &[])[0].contains("exactly one of"));
    let plain = text.replace("{ env = 'T' }", "'hunter2'");
    assert!(!complaints(&plain, &[]).join("\n").contains("hunter2"));
}

#[test]
fn a_client_certificate_has_a_key() {
    let with = |lines: &str| format!("{LEAST}upstreams.m = {{ url = 'https://x', {lines} }}");
    let text = with("client_cert_file = 'c.pem', client_key_file = 'k.pem', socket = '/run/x.sock'");
    let upstream = options(&text, &[]).options.plugin.provisioners[0].upstreams["m"].clone();
    let certificate = upstream.client_certificate.unwrap();
    assert!(certificate.chain.ends_with("c.pem") && certificate.key.ends_with("k.pem"));
    assert_eq!(upstream.socket, Some("/run/x.sock".into()));
    for half in ["client_cert_file = 'c.pem'", "client_key_file = 'k.pem'"] {
        assert!(complaints(&with(half), &[])[0].contains("are wanted together"));
    }
}

#[test]
fn limits_end_where_the_pool_of_sandboxes_does() {
    let limits = |lines: &str| format!("{LEAST}limits = {{ {lines} }}");
    let most = Limits::MOST;
    let text = limits(&format!("memory = '4GiB', memories = {}, tables = {}", most.memories, most.tables));
    let read = options(&text, &[]).options.plugin.provisioners[0].limits;
    assert_eq!((read.memory, read.memories, read.tables), (most.memory, most.memories, most.tables));
    for above in [format!("memories = {}", most.memories + 1), "memory = '5GiB'".to_owned()] {
        assert_eq!(complaints(&limits(&above), &[]).len(), 1, "{above}");
    }
}

#[test]
fn a_quarantine_has_pauses_that_grow() {
    let text = format!("[quarantine]\nfailures = 2\npause = '1s'\nmax_pause = '3s'\n{LEAST}");
    let (second, policy) = (Duration::from_secs(1), options(&text, &[]).options.plugin.quarantine);
    assert_eq!(policy, BreakerPolicy { failures: 2, pause: second, max_pause: 3 * second });
    let error = complaints(&text.replace("'3s'", "'500ms'"), &[]);
    assert!(error[0].contains("quarantine.pause: is longer than max_pause"), "{error:?}");
}

#[test]
fn a_token_without_encryption_is_a_warning() {
    let text = format!("{LEAST}upstreams.m = {{ url = 'http://x', bearer_token = {{ env = 'T' }} }}");
    let warnings = options(&text, &[("T", "t")]).warnings;
    assert_eq!(warnings[0].key, "provisioners.a.upstreams.m.url");
    assert_eq!(options(&text.replace("//x", "//127.0.0.1:1"), &[("T", "t")]).warnings, []);
}

#[test]
fn anonymous_access_from_elsewhere_is_a_choice_and_a_warning() {
    let text = format!("[server]\nlisten = '0.0.0.0:0'\nallow_anonymous = true\n{LEAST}");
    let loaded = options(&text, &[]);
    assert_eq!(loaded.options.api.listen.port(), 0);
    assert_eq!(loaded.warnings[0].key, "server.listen");
}

#[test]
fn endpoints_are_rules() {
    let text = format!("{LEAST}endpoints = ['10.0.0.0/8', 'mcp.internal']");
    let rules = options(&text, &[]).options.plugin.provisioners[0].endpoints.clone();
    let network = EndpointRule::Network("10.0.0.0".parse().unwrap(), 8);
    assert_eq!(rules, [network, EndpointRule::Host("mcp.internal".to_owned())]);
}
