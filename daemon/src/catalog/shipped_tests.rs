//! Holds the shipped templates against the code: they load, and `demo.toml` documents every key
//! with its real default.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::folder::Folder;
use super::{CatalogEntry, Options, read, template_file};
use crate::domain::Timestamp;
use crate::runtime::document::{Complaints, Document};

fn shipped() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/templates")
}

fn options() -> Options {
    Options {
        dir: shipped(),
        refresh: std::time::Duration::from_secs(60),
        max_file: 64 << 10,
        max_templates: 1_000,
    }
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
fn the_shipped_templates_load() {
    assert_eq!(read(&options(), &BTreeSet::new()).map(drop), Ok(()));
    let mut folder = Folder::default();
    folder.reload(&options(), &BTreeSet::new(), Timestamp(0));
    let entries: Vec<CatalogEntry> = folder.entries().collect();
    let names: Vec<_> = entries.iter().map(|entry| entry.template.name.as_str()).collect();
    assert_eq!(names, ["demo", "everything"]);
    let demo = &entries[0].template;
    let root = fs::canonicalize(shipped().join("../..")).unwrap();
    assert_eq!(demo.command, [root.join("target/release/demo-server").to_string_lossy()]);
    assert_eq!(entries[1].template.command[0], "npx");
}

#[test]
fn demo_toml_documents_every_key_with_its_real_default() {
    let text = fs::read_to_string(shipped().join("demo.toml")).unwrap();
    let read = |text: &str| {
        let document = Document::parse(Path::new("demo.toml"), text).unwrap();
        document.read_with_known(|root| template_file::read(root, Path::new("/base"), &BTreeSet::new()))
    };
    let unwrap = |result: Result<_, Complaints>| result.unwrap_or_else(|all| panic!("{all}"));
    let (real, known) = read(&text);
    let (documented, _) = read(&set_every_default(&text));
    let (real, mut documented) = (unwrap(real), unwrap(documented));
    // To name the default format and to name none is the same.
    documented.inputs[0].format.take_if(|format| format == "string");
    assert_eq!(real, documented);

    let written = |key: &str| {
        text.lines().any(|line| {
            let line = line.trim_start_matches(['#', ' ']);
            line.starts_with(&format!("{key} = ")) || line == format!("[{key}]")
        })
    };
    let missing: Vec<_> = known.iter().filter(|key| !written(key.rsplit('.').next().unwrap())).collect();
    assert_eq!(missing, Vec::<&String>::new());
    assert!(known.len() > 20, "{known:?}");
}
