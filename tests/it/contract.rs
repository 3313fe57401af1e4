//! The contract with plugins, `wit/`: what is published stays as it is, and what was ever built
//! against it is loaded and called by the daemon of today.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use sha2::{Digest as _, Sha256};
use wharfinger_tests::bin_path::workspace_root;

use super::author::{Said, plugin};

/// Every file below `folder`, by its path in it.
fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned(), path);
            }
        }
    }
    found
}

fn digest(file: &Path) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(std::fs::read(file).unwrap()) {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

fn archive(version: &str) -> PathBuf {
    workspace_root().join("tests/archive").join(version)
}

fn stays_as_published(version: &str) {
    let found: BTreeMap<String, String> = files(&workspace_root().join("wit").join(version))
        .into_iter()
        .map(|(name, path)| (name, digest(&path)))
        .collect();
    let sums = std::fs::read_to_string(archive(version).join("wit.sha256")).unwrap();
    let published: BTreeMap<String, String> = sums
        .lines()
        .map(|line| line.split_once("  ").unwrap())
        .map(|(sum, name)| (name.to_owned(), sum.to_owned()))
        .collect();
    assert_eq!(
        found, published,
        "wit/{version} is published: a change is a new interface, or a new folder beside it; \
         CONTRIBUTING.md has the rule"
    );
}

#[test]
fn version_0_1_stays_as_it_was_published() {
    stays_as_published("v0.1");
}

#[test]
fn every_published_version_is_held_by_this_test() {
    let here: Vec<String> = std::fs::read_dir(workspace_root().join("wit"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    assert_eq!(here, ["v0.1"], "archive guests of the new version, and add it to the tests here");
}

#[test]
fn an_archived_hook_of_0_1_reviews() {
    let file = |name: &str| archive("v0.1").join(name).to_str().unwrap().to_owned();
    let said = plugin(&["check", &file("hook.wasm"), "--settings", &file("hook.settings.json")]);
    assert!(said.code == Some(0) && said.out.contains("wit           0.1.0"), "{said:?}");
    let settings = file("hook.settings.json");
    let said =
        plugin(&["run", &file("hook.wasm"), "--settings", &settings, "--request", &file("hook.calls.json")]);
    assert_eq!(said.code, Some(2), "{said:?}");
    let answers = said.answers();
    assert_eq!(answers[0]["answer"]["decision"], "allow", "{said:?}");
    assert_eq!(answers[1]["answer"]["violations"][0]["code"], "label_not_allowed", "{said:?}");
}

/// Four answers: to a create, an inspect, a destroy and an inspect.
#[track_caller]
fn it_made_a_workload_and_removed_it(said: &Said) {
    assert_eq!(said.code, Some(0), "{said:?}");
    let outcomes: Vec<_> = said.answers().iter().map(|answer| answer["answer"].clone()).collect();
    assert_eq!(
        (&outcomes[0]["outcome"], &outcomes[1]["state"]),
        (&json!("created"), &json!("running")),
        "{said:?}"
    );
    assert_eq!((&outcomes[2]["gone"], &outcomes[3]["state"]), (&json!(true), &json!("absent")), "{said:?}");
}

#[test]
fn an_archived_provisioner_of_0_1_makes_and_removes() {
    let file = |name: &str| archive("v0.1").join(name).to_str().unwrap().to_owned();
    let (calls, upstreams) = (file("provisioner.calls.json"), file("provisioner.upstreams.json"));
    let said = plugin(&["run", &file("provisioner.wasm"), "--request", &calls, "--upstreams", &upstreams]);
    it_made_a_workload_and_removed_it(&said);
}

#[test]
fn an_archived_process_provisioner_of_0_1_runs_a_child() {
    let file = |name: &str| archive("v0.1").join(name).to_str().unwrap().to_owned();
    let calls = file("process-provisioner.calls.json");
    let said = plugin(&["run", &file("process-provisioner.wasm"), "--grant", "process", "--request", &calls]);
    it_made_a_workload_and_removed_it(&said);
}
