//! What could not be built at a start: it is not forgotten.

use std::path::Path;
use std::sync::atomic::Ordering;

use crate::extension::{Extensions as _, Plugins as _};
use crate::plugin::testing::TestGuest;
use crate::plugin::tests::{Bench, options, provisioner_options};
use crate::plugin::{
    Allowances, Bounds, CredentialSource, Error, Options, PluginHost, ProvisionerOptions, Upstream,
};

/// A provisioner whose upstream is shown the token in a file, known to `bench`.
fn with_token(bench: &Bench, text: &str, path: &Path, url: &str, token: &Path) -> Options {
    let upstream = Upstream {
        url: url.to_owned(),
        socket: None,
        bearer_token: Some(CredentialSource::File(token.to_owned())),
        ca_file: None,
        client_certificate: None,
        bounds: Bounds::default(),
    };
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
        let other = ProvisionerOptions {
            name: "other".parse().unwrap(),
            table: "other".to_owned(),
            ..provisioner_options(&path)
        };
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
