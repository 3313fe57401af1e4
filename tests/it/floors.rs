//! The floor table of ARCHITECTURE.md, held: who may know whom, and which library lives where.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Folder → the folders it may use. From the lowest floor up.
const FLOORS: [(&str, &[&str]); 15] = [
    ("domain", &[]),
    ("runtime", &["domain"]),
    ("extension", &["domain"]),
    ("store", &["domain", "runtime"]),
    ("catalog", &["domain", "runtime", "extension"]),
    ("process", &["domain", "runtime"]),
    ("plugin", &["domain", "runtime", "extension", "process"]),
    ("probe", &["domain", "runtime", "extension"]),
    ("lifecycle", &["domain", "runtime", "store"]),
    ("service", &["domain", "runtime", "extension", "catalog", "lifecycle", "store"]),
    ("reconciler", &["domain", "runtime", "extension", "lifecycle"]),
    ("control", &["runtime", "lifecycle"]),
    ("api", &["domain", "runtime", "service"]),
    (
        "config",
        &[
            "domain",
            "runtime",
            "api",
            "catalog",
            "plugin",
            "probe",
            "process",
            "reconciler",
            "service",
            "store",
        ],
    ),
    ("author", &["domain", "runtime", "extension", "catalog", "process", "plugin", "service", "config"]),
];

/// Library → the folders that may name it.
const HOMES: [(&str, &[&str]); 17] = [
    ("clap", &["author"]),
    ("jsonschema", &["plugin"]),
    ("maud", &["api"]),
    ("prometheus_client", &["runtime"]),
    ("wasmparser", &["plugin"]),
    ("wasmtime", &["plugin"]),
    ("wasmtime_wasi", &["plugin"]),
    ("wasmtime_wasi_http", &["plugin"]),
    ("redb", &["store"]),
    ("rust_embed", &["api"]),
    ("axum", &["api"]),
    ("utoipa", &["api"]),
    ("rmcp", &[]),
    ("notify", &["runtime"]),
    ("toml", &["runtime"]),
    // Upstreams of plugins: the daemon's own calls go through reqwest.
    ("tokio_rustls", &["plugin"]),
    ("rustls_platform_verifier", &["plugin"]),
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../daemon/src")
}

/// Every source file of a folder that is not there for tests alone.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            // Sources of other projects are no code of this one.
            if name != "tests" && name != "scaffold" {
                found.extend(files(&path));
            }
        } else if name.ends_with(".rs") && !name.ends_with("tests.rs") {
            found.push(path);
        }
    }
    found
}

/// The code of a file: without comments, and without the tests at its end.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let text = text.split("\n#[cfg(test)]").next().unwrap();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The folders named by `crate::folder` and `crate::{folder…, folder}`.
fn uses(code: &str) -> BTreeSet<String> {
    let word = |text: &str| -> String {
        text.trim_start().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
    };
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 1;
            let end = group.find(|letter| {
                depth += match letter {
                    '{' => 1,
                    '}' => -1,
                    _ => 0,
                };
                depth == 0
            });
            let group = &group[..end.expect("a group ends")];
            let mut depth = 0;
            let parts = group.split(|letter| {
                depth += match letter {
                    '{' => 1,
                    '}' => -1,
                    _ => 0,
                };
                letter == ',' && depth == 0
            });
            found.extend(parts.map(word).filter(|part| !part.is_empty()));
        } else {
            found.insert(word(rest));
        }
    }
    found
}

#[test]
fn every_folder_uses_only_the_floors_below_it() {
    let mut complaints = Vec::new();
    let mut seen = 0;
    for (folder, allowed) in FLOORS {
        for file in files(&source().join(folder)) {
            for used in uses(&code(&file)) {
                seen += 1;
                if used != folder && !allowed.contains(&used.as_str()) {
                    complaints.push(format!("{} uses {used}", file.display()));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    // A test that finds nothing to check has lost its subject.
    assert!(seen > 100, "only {seen} uses were found");
}

#[test]
fn every_folder_stands_in_the_table() {
    let folders: BTreeSet<String> = fs::read_dir(source())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(folders, FLOORS.iter().map(|(folder, _)| (*folder).to_owned()).collect());
}

#[test]
fn every_heavy_library_has_one_home() {
    let mut complaints = Vec::new();
    for (folder, _) in FLOORS {
        for file in files(&source().join(folder)) {
            let code = code(&file);
            for (library, homes) in HOMES {
                let path = format!("{library}::");
                // `crate::toml::` and `my_toml::` are other things.
                let named = code.match_indices(&path).any(|(at, _)| {
                    !code[..at]
                        .ends_with(|before: char| before.is_alphanumeric() || matches!(before, '_' | ':'))
                });
                if named && !homes.contains(&folder) {
                    complaints.push(format!("{} uses {library}", file.display()));
                }
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn the_domain_is_pure() {
    for file in files(&source().join("domain")) {
        let code = code(&file);
        for impure in
            ["tokio", "serde", "async ", "SystemTime", "Instant", "std::fs", "std::net::Tcp", "std::env"]
        {
            assert!(!code.contains(impure), "{} names {impure}", file.display());
        }
    }
}

#[test]
fn the_table_is_the_one_in_the_architecture() {
    let text = fs::read_to_string(source().join("../../ARCHITECTURE.md")).unwrap();
    for (folder, allowed) in FLOORS {
        let row = text.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{folder}`")));
        let row = row.unwrap_or_else(|| panic!("ARCHITECTURE.md has no row for {folder}"));
        let told: BTreeSet<&str> =
            row.trim_matches('|').split('|').nth(3).unwrap().trim().split(", ").collect();
        let expected: BTreeSet<&str> = match allowed {
            [] => ["–"].into(),
            _ if folder == "config" => ["the Options"].into(),
            _ => allowed.iter().copied().collect(),
        };
        assert_eq!(told, expected, "{folder}");
    }
}
