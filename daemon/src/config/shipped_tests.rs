//! Holds the shipped files against the code: they load, and `wharfinger.toml` documents every key
//! with its real default.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Loaded, Overrides, load, load_with_known};

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config")
}

/// A folder as after a build: the shipped files and some plugins.
fn folder(edit: impl Fn(&str) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["wharfinger.toml", "dev.toml"] {
        let text = fs::read_to_string(shipped().join(name)).unwrap();
        fs::write(folder.path().join(name), edit(&text)).unwrap();
    }
    fs::create_dir(folder.path().join("templates")).unwrap();
    fs::create_dir(folder.path().join("plugins")).unwrap();
    for plugin in ["go-mcp-manager", "local", "naming", "environment"] {
        fs::write(folder.path().join(format!("plugins/{plugin}.wasm")), "").unwrap();
    }
    folder
}

fn loaded(folder: &Path, name: &str) -> Loaded {
    load(&folder.join(name), std::iter::empty(), &Overrides::default()).unwrap_or_else(|all| panic!("{all}"))
}

/// Every documented default as if it were set: `#key = …` becomes `key = …`.
fn set_every_default(text: &str) -> String {
    let set = |line: &str| match line.strip_prefix('#') {
        Some(key) if key.starts_with(|c: char| c.is_ascii_lowercase()) => key.to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(set).collect::<Vec<_>>().join("\n")
}

#[test]
fn both_shipped_files_load() {
    let folder = folder(str::to_owned);
    for (name, default) in [("wharfinger.toml", "go-mcp-manager"), ("dev.toml", "local")] {
        let loaded = loaded(folder.path(), name);
        assert_eq!(loaded.options.plugin.default_provisioner.as_str(), default);
        let hooks: Vec<_> = loaded.options.plugin.hooks.iter().map(|hook| hook.name.as_str()).collect();
        assert_eq!(hooks, ["naming", "environment"]);
        assert_eq!(loaded.options.plugin.provisioners.len(), 2);
        assert_eq!(loaded.warnings, []);
        assert_eq!(loaded.files.len(), 5, "the configuration and four plugins");
    }
}

/// What was read, without the text it was read from.
fn values(mut loaded: Loaded) -> String {
    loaded.options.plugin.provisioners.iter_mut().for_each(|table| table.table.clear());
    loaded.options.plugin.hooks.iter_mut().for_each(|table| table.table.clear());
    format!("{:#?}", loaded.options)
}

#[test]
fn the_documented_defaults_are_the_real_ones() {
    let folder = folder(str::to_owned);
    let real = values(loaded(folder.path(), "wharfinger.toml"));
    let file = folder.path().join("wharfinger.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, set_every_default(&text)).unwrap();
    let documented = values(loaded(folder.path(), "wharfinger.toml"));
    assert!(set_every_default(&text) != text);
    assert_eq!(real, documented);
}

#[test]
fn every_key_is_documented() {
    let folder = folder(set_every_default);
    let file = folder.path().join("wharfinger.toml");
    let text = fs::read_to_string(&file).unwrap();
    let (result, known) = load_with_known(&file, std::iter::empty(), &Overrides::default());
    result.unwrap_or_else(|all| panic!("{all}"));
    // `key =` at the beginning of a line, commented or not, or within an inline table.
    let documented = |key: &str| {
        let written = format!("{key} = ");
        text.lines().any(|line| {
            let line = line.trim_start_matches("# ");
            line.starts_with(&written)
                || line.contains(&format!("{{ {written}"))
                || line.contains(&format!(", {written}"))
        })
    };
    let missing: Vec<_> = known.iter().filter(|key| !documented(key.rsplit('.').next().unwrap())).collect();
    assert_eq!(missing, Vec::<&String>::new());
    assert!(known.len() > 50, "{known:?}");
    // Found within their own section too, but for what has no default.
    let without_default = [
        "bearer_token.env",
        "bearer_token.file",
        "ca_file",
        "client_cert_file",
        "client_key_file",
        "upstreams.*.socket",
    ];
    let table: toml::Table = text.parse().unwrap();
    for key in known.iter().filter(|key| !without_default.iter().any(|tail| key.ends_with(tail))) {
        assert!(is_set(&toml::Value::Table(table.clone()), key), "{key} is not documented in its section");
    }
}

/// Whether some value is at `path`, with `*` for any name and `[]` for any element.
fn is_set(value: &toml::Value, path: &str) -> bool {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let (step, list) = step.strip_suffix("[]").map_or((step, false), |step| (step, true));
    let Some(table) = value.as_table() else { return false };
    table.iter().filter(|(key, _)| step == "*" || *key == step).any(|(_, found)| match (list, rest) {
        (_, None) => true,
        (false, Some(rest)) => is_set(found, rest),
        (true, Some(rest)) => found.as_array().is_some_and(|all| all.iter().any(|one| is_set(one, rest))),
    })
}
