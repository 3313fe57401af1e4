//! What could not be built at a start: it is not forgotten.

use std::path::Path;
use std::sync::atomic::Ordering;

use crate::extension::{Extensions as _, PluginState, Plugins as _};
use crate::plugin::testing::TestGuest;
use crate::plugin::tests::{Bench, hook_options, options, other_provisioner, provisioner_options, shown};
use crate::plugin::{Allowances, Error, HookOptions, Options, PluginHost, ProvisionerOptions};

/// A provisioner whose upstream is shown the token in a file, known to `bench`.
fn with_token(bench: &Bench, text: &str, path: &Path, url: &str, token: &Path) -> Options {
    let upstream = shown(url, token);
    let upstreams = [("manager".to_owned(), upstream)].into();
    let table = ProvisionerOptions { table: text.to_owned(), upstreams, ..provisioner_options(path) };
    let options = options(table, Vec::new());
    bench.remember(&options);
    options
}

fn codes(started: Result<PluginHost, Error>) -> Vec<&'static str> {
    let Err(Error::Refused(refusals)) = started else { panic!("it started") };
    refusals.iter().map(|refusal| refusal.error.code()).collect()
}

const HERE: &str = "http://127.0.0.1:1";
const ELSEWHERE: &str = "http://127.0.0.1:2";

#[tokio::test]
async fn a_start_that_fails_leaves_the_copies_that_the_next_one_needs() {
    let bench = Bench::new();
    let path = bench.write(&TestGuest::provisioner(), "p.wasm");
    let token = bench.folder.path().join("token");
    std::fs::write(&token, "a-token").unwrap();
    let table = with_token(&bench, "here", &path, HERE, &token);
    drop(bench.start(table.clone()).await.unwrap());
    let kept = || {
        let files = std::fs::read_dir(bench.folder.path().join("kept")).unwrap();
        let mut names: Vec<_> = files.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = kept();
    std::fs::remove_file(&path).unwrap();
    std::fs::remove_file(&token).unwrap();
    assert_eq!(codes(bench.start(table.clone()).await), ["upstream_invalid", "upstream_invalid"]);
    assert_eq!(kept(), before);
    std::fs::write(&token, "a-token").unwrap();
    let host = bench.start(table).await.unwrap();
    assert_eq!(host.current().generation, 7, "it is the same set");
}

#[tokio::test]
async fn instances_stay_with_their_backend_though_it_could_not_be_built() {
    let bench = Bench::new();
    let path = bench.write(&TestGuest::provisioner(), "p.wasm");
    let (lost, other) = (bench.folder.path().join("lost"), bench.folder.path().join("other"));
    std::fs::write(&lost, "a-token").unwrap();
    std::fs::write(&other, "another-token").unwrap();
    drop(bench.start(with_token(&bench, "here", &path, HERE, &lost)).await.unwrap());
    bench.owned.store(1, Ordering::Relaxed);
    std::fs::remove_file(&lost).unwrap();
    let elsewhere = with_token(&bench, "elsewhere", &path, ELSEWHERE, &other);
    assert_eq!(codes(bench.start(elsewhere.clone()).await), ["provisioner_in_use", "upstream_invalid"]);
    // At its place it is welcome with another token; so it is anywhere, without instances.
    let there = with_token(&bench, "there", &path, HERE, &other);
    assert!(bench.start(there).await.is_ok());
    bench.owned.store(0, Ordering::Relaxed);
    assert!(bench.start(elsewhere).await.is_ok());
}

#[tokio::test]
async fn a_disabled_provisioner_that_could_not_be_built_is_retired_when_its_table_goes() {
    let bench = Bench::new();
    let path = bench.write(&TestGuest::provisioner(), "p.wasm");
    let token = bench.folder.path().join("token");
    std::fs::write(&token, "a-token").unwrap();
    let table = with_token(&bench, "here", &path, HERE, &token);
    drop(bench.start(table.clone()).await.unwrap());
    bench.owned.store(1, Ordering::Relaxed);
    std::fs::remove_file(&token).unwrap();
    let other = |enabled: Option<bool>| {
        let other = other_provisioner(&path);
        let mut options = options(other, Vec::new());
        let local = enabled.map(|enabled| ProvisionerOptions { enabled, ..table.provisioners[0].clone() });
        options.provisioners.extend(local);
        bench.remember(&options);
        bench.remember(&table);
        options
    };
    let stored = || {
        let published = bench.published.lock().unwrap().clone().unwrap();
        let names: Vec<_> = published.plugins.iter().map(|version| version.name.clone()).collect();
        let retired: Vec<_> = published.retired.iter().map(ToString::to_string).collect();
        (names, retired)
    };
    let host = bench.start(other(Some(false))).await.unwrap();
    assert_eq!(stored(), (vec!["other".to_owned(), "local".to_owned()], vec![]));
    host.reload(other(None), Allowances::default()).await.unwrap();
    assert_eq!(stored(), (vec!["other".to_owned(), "local".to_owned()], vec!["local".to_owned()]));
    let reports = host.reports();
    assert_eq!((reports[1].name.as_str(), reports[1].state), ("local", PluginState::Retired));
    assert_eq!((&reports[1].active_digest, reports[1].instances), (&None, Some(1)));
    drop(host);
    // Whose instances those are is known: without what it needs the daemon does not start, and with it, it does.
    assert_eq!(codes(bench.start(other(None)).await), ["provisioner_forsaken"]);
    std::fs::write(&token, "a-token").unwrap();
    let host = bench.start(other(None)).await.unwrap();
    assert_eq!(host.current().provisioners.len(), 2);
    bench.owned.store(0, Ordering::Relaxed);
    host.reload(other(None), Allowances::default()).await.unwrap();
    assert_eq!(stored(), (vec!["other".to_owned()], vec![]));
    assert!(host.reports().iter().all(|report| report.name == "other"));
}

#[tokio::test]
async fn one_that_is_disabled_and_lost_is_needed_for_nothing_but_its_instances() {
    let (bench, path, hook) = Bench::with_plugins();
    let token = bench.folder.path().join("token");
    std::fs::write(&token, "a-token").unwrap();
    let lost = with_token(&bench, "lost", &path, HERE, &token).provisioners.remove(0);
    let lost = ProvisionerOptions { name: "lost".parse().unwrap(), ..lost };
    let local = ProvisionerOptions { table: "local".to_owned(), ..provisioner_options(&path) };
    let naming = HookOptions { table: "a hook".to_owned(), ..hook_options(&hook) };
    let mut table = options(local, vec![naming]);
    table.provisioners.push(lost);
    bench.remember(&table);
    drop(bench.start(table.clone()).await.unwrap());
    std::fs::remove_file(&token).unwrap();
    table.provisioners[1].enabled = false;
    for _ in 0..2 {
        drop(bench.start(table.clone()).await.unwrap());
    }
    // Its last good copy serves beside a bad file, and a configuration without hooks is looked at twice.
    let whole = std::fs::read(&hook).unwrap();
    std::fs::write(&hook, b"half a fi").unwrap();
    assert_eq!(bench.start(table.clone()).await.unwrap().current().hooks.len(), 1);
    std::fs::write(&hook, whole).unwrap();
    table.hooks.clear();
    assert_eq!(bench.start(table).await.unwrap().current().hooks.len(), 1);
}

#[tokio::test]
async fn a_rollback_leads_to_what_can_be_built_before_it_leads_to_what_was_lost() {
    let bench = Bench::new();
    let path = bench.write(&TestGuest::provisioner(), "p.wasm");
    let (token, other) = (bench.folder.path().join("token"), bench.folder.path().join("other"));
    std::fs::write(&token, "a-token").unwrap();
    std::fs::write(&other, "another-token").unwrap();
    let host = bench.start(with_token(&bench, "first", &path, HERE, &other)).await.unwrap();
    host.reload(with_token(&bench, "second", &path, HERE, &token), Allowances::default()).await.unwrap();
    drop(host);
    std::fs::remove_file(&token).unwrap();
    let host = bench.start(with_token(&bench, "third", &path, HERE, &other)).await.unwrap();
    let serving = || host.swap.active.load().parts.provisioner("local").unwrap().version().table;
    assert_eq!(serving(), "third");
    host.roll_back("local", None).await.unwrap();
    assert_eq!(serving(), "first");
}
