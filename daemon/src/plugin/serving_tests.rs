//! What serves on beside a refused configuration, a rollback or a retirement: its grants, its say, its tokens.

use std::path::Path;
use std::sync::atomic::Ordering;

use super::told_apart;
use crate::domain::{FailureKind, HookMode, ProvisionerName, Secrets};
use crate::extension::{Extensions as _, Plugins as _, ProvisionerStanding};
use crate::plugin::host::{Credentials, read_credentials};
use crate::plugin::testing::TestGuest;
use crate::plugin::tests::{Bench, hook_options, options, other_provisioner, shown, target};
use crate::plugin::{
    Allowance, Allowances, CredentialSource, HookOptions, Left, Options, PluginHost, ProvisionerOptions,
    Shown, Upstream,
};

#[tokio::test]
async fn what_is_taken_away_is_gone_though_the_rest_is_refused() {
    let (bench, path, hook) = Bench::with_plugins();
    let table = told_apart(&bench, &path, &hook);
    let host = bench.start(table.clone()).await.unwrap();
    std::fs::write(&hook, b"half a fi").unwrap();
    let left = Allowance { enabled: false, process: false, upstreams: None };
    let allowances = Allowances {
        provisioners: [("local".to_owned(), left)].into(),
        hooks: [("naming".to_owned(), HookMode::Audit)].into(),
        ..Allowances::default()
    };
    assert!(host.reload(table.clone(), allowances.clone()).await.is_err());
    let set = host.current();
    assert_eq!(set.generation, 8);
    assert_eq!(set.hooks[0].mode, HookMode::Audit);
    let entry = set.provisioners.values().next().unwrap();
    assert_eq!(entry.standing, ProvisionerStanding::Disabled);
    let failure = entry.provisioner.inspect(&target(), &Secrets::default()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Denied);
    // It stays so over a restart, and nothing is given back before a whole configuration is good.
    drop(host);
    let host = bench.start(table.clone()).await.unwrap();
    assert_eq!(host.current().hooks[0].mode, HookMode::Audit);
    assert_eq!(host.current().provisioners.values().next().unwrap().standing, ProvisionerStanding::Disabled);
    bench.write(&TestGuest::hook(), "h.wasm");
    host.reload(table, Allowances::default()).await.unwrap();
    assert_eq!(host.current().hooks[0].mode, HookMode::Enforce);
    assert_eq!(host.current().provisioners.values().next().unwrap().standing, ProvisionerStanding::Serving);
}

#[tokio::test]
async fn a_hooks_say_comes_back_with_the_file_though_the_rest_is_refused() {
    let (bench, path, hook) = Bench::with_plugins();
    let table = told_apart(&bench, &path, &hook);
    let mut host = bench.start(table.clone()).await.unwrap();
    std::fs::write(&path, b"half a fi").unwrap();
    let says = |mode| Allowances { hooks: [("naming".to_owned(), mode)].into(), ..Allowances::default() };
    let modes = |host: &PluginHost| host.current().hooks.iter().map(|hook| hook.mode).collect::<Vec<_>>();
    for (said, asked) in [
        (HookMode::Audit, vec![HookMode::Audit]),
        (HookMode::Enforce, vec![HookMode::Enforce]),
        (HookMode::Off, vec![]),
        (HookMode::Audit, vec![HookMode::Audit]),
        (HookMode::Off, vec![]),
    ] {
        assert!(host.reload(table.clone(), says(said)).await.is_err());
        assert_eq!(modes(&host), asked);
    }
    // A restart knows that it is off, and what it was.
    drop(host);
    host = bench.start(table.clone()).await.unwrap();
    assert_eq!(modes(&host), []);
    assert!(host.reload(table.clone(), says(HookMode::Enforce)).await.is_err());
    assert_eq!(modes(&host), [HookMode::Enforce]);
    // It has no more to say than its last good table gave it.
    bench.write(&TestGuest::provisioner(), "p.wasm");
    let mut audited = table;
    audited.hooks[0] =
        HookOptions { mode: HookMode::Audit, table: "an audit".to_owned(), ..hook_options(&hook) };
    host.reload(audited.clone(), says(HookMode::Audit)).await.unwrap();
    std::fs::write(&path, b"half a fi").unwrap();
    assert!(host.reload(audited, says(HookMode::Enforce)).await.is_err());
    assert_eq!(modes(&host), [HookMode::Audit]);
}

const HERE: &str = "http://127.0.0.1:1";

/// The same table, with an upstream.
fn with_upstream(bench: &Bench, mut table: Options, upstream: &Upstream) -> Options {
    table.provisioners[0].upstreams = [("manager".to_owned(), upstream.clone())].into();
    bench.remember(&table);
    table
}

/// What the provisioner shows to its upstream.
fn shows(host: &PluginHost) -> Credentials {
    let active = host.swap.active.load();
    active.parts.provisioner("local").unwrap().material.credentials["manager"].clone()
}

#[tokio::test]
async fn a_token_that_changed_reaches_what_serves_though_the_rest_is_refused() {
    let (bench, path, hook) = Bench::with_plugins();
    let token = bench.folder.path().join("token");
    std::fs::write(&token, "first-token\n").unwrap();
    let upstream = shown(HERE, &token);
    let table = with_upstream(&bench, told_apart(&bench, &path, &hook), &upstream);
    let host = bench.start(table.clone()).await.unwrap();
    std::fs::write(&hook, b"half a fi").unwrap();
    std::fs::write(&token, "second-token\n").unwrap();
    let second = read_credentials(&upstream).unwrap();
    assert_ne!(shows(&host), second);
    // The second look finds nothing new.
    for _ in 0..2 {
        assert!(host.reload(table.clone(), Allowances::default()).await.is_err());
        assert_eq!((shows(&host), host.current().generation), (second.clone(), 8));
    }
    // One that cannot be had stays as it was.
    std::fs::remove_file(&token).unwrap();
    assert!(host.reload(table, Allowances::default()).await.is_err());
    assert_eq!((shows(&host), host.current().generation), (second, 8));
    // Nor does it matter that the configuration cannot be read at all.
    std::fs::write(&token, "third-token\n").unwrap();
    host.refresh().await;
    assert_eq!(shows(&host), read_credentials(&upstream).unwrap());
}

#[tokio::test]
async fn what_was_rolled_back_or_is_retired_has_the_token_of_now() {
    let (bench, path, hook) = Bench::with_plugins();
    let token = bench.folder.path().join("token");
    std::fs::write(&token, "first-token\n").unwrap();
    let upstream = shown(HERE, &token);
    let table = with_upstream(&bench, told_apart(&bench, &path, &hook), &upstream);
    let host = bench.start(table.clone()).await.unwrap();
    let local: ProvisionerName = "local".parse().unwrap();
    let digest = || host.current().provisioners[&local].plugin.digest.clone();
    let first = digest();
    bench.write(&TestGuest::provisioner().body("inspect", "unreachable"), "p.wasm");
    host.reload(table.clone(), Allowances::default()).await.unwrap();
    host.roll_back("local", None).await.unwrap();
    std::fs::write(&token, "second-token\n").unwrap();
    host.reload(table.clone(), Allowances::default()).await.unwrap();
    assert_eq!((shows(&host), digest()), (read_credentials(&upstream).unwrap(), first.clone()));
    bench.owned.store(1, Ordering::Relaxed);
    let other = other_provisioner(&path);
    let removed = options(other, table.hooks);
    host.reload(removed.clone(), Allowances::default()).await.unwrap();
    assert_eq!(host.current().provisioners[&local].standing, ProvisionerStanding::Retired);
    assert_eq!(host.credential_files(), std::slice::from_ref(&token), "it is watched");
    std::fs::write(&token, "third-token\n").unwrap();
    host.reload(removed, Allowances::default()).await.unwrap();
    assert_eq!((shows(&host), digest()), (read_credentials(&upstream).unwrap(), first));
    assert_eq!(host.current().provisioners[&local].standing, ProvisionerStanding::Retired);
}

#[tokio::test]
async fn an_upstream_that_was_removed_does_not_come_back_elsewhere_while_there_are_instances() {
    for beside_an_error in [false, true] {
        let (bench, path, hook) = Bench::with_plugins();
        let there = Upstream { bearer_token: None, ..shown(HERE, Path::new("/nowhere")) };
        let table = with_upstream(&bench, told_apart(&bench, &path, &hook), &there);
        let with = |text: &str, moved, upstreams: &[&Upstream]| {
            let mut other = table.clone();
            let provisioner = &mut other.provisioners[0];
            (provisioner.table, provisioner.moved) = (text.to_owned(), moved);
            provisioner.upstreams =
                upstreams.iter().map(|&upstream| ("manager".to_owned(), upstream.clone())).collect();
            bench.remember(&other);
            other
        };
        let host = bench.start(table.clone()).await.unwrap();
        bench.owned.store(1, Ordering::Relaxed);
        if beside_an_error {
            std::fs::write(&hook, b"half a fi").unwrap();
            let left = Allowance { enabled: true, process: false, upstreams: Some([].into()) };
            let allowances =
                Allowances { provisioners: [("local".to_owned(), left)].into(), ..Allowances::default() };
            assert!(host.reload(table.clone(), allowances).await.is_err());
            bench.write(&TestGuest::hook(), "h.wasm");
        } else {
            host.reload(with("without", false, &[]), Allowances::default()).await.unwrap();
        }
        let reached = || {
            let active = host.swap.active.load();
            active.parts.provisioner("local").unwrap().material.options.upstreams.get("manager").cloned()
        };
        assert_eq!(reached(), None);
        let elsewhere = Upstream { url: "http://127.0.0.1:2".to_owned(), ..there.clone() };
        let refused = host.reload(with("elsewhere", false, &[&elsewhere]), Allowances::default()).await;
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("changing the URL of upstreams.manager"), "{refused}");
        assert_eq!(reached(), None);
        // At its place it is welcome, and elsewhere if its table says that it is the same one.
        host.reload(with("again", false, &[&there]), Allowances::default()).await.unwrap();
        assert_eq!(reached(), Some(there));
        host.reload(with("moved", true, &[&elsewhere]), Allowances::default()).await.unwrap();
        assert_eq!(reached(), Some(elsewhere));
    }
}

#[tokio::test]
async fn a_token_at_another_place_is_no_longer_shown_though_the_rest_is_refused() {
    let (bench, path, hook) = Bench::with_plugins();
    let token = bench.folder.path().join("token");
    std::fs::write(&token, "first-token").unwrap();
    let table = with_upstream(&bench, told_apart(&bench, &path, &hook), &shown(HERE, &token));
    let host = bench.start(table.clone()).await.unwrap();
    std::fs::write(&hook, b"half a fi").unwrap();
    let reached = || {
        let active = host.swap.active.load();
        active.parts.provisioner("local").unwrap().material.options.upstreams.contains_key("manager")
    };
    let place = |file: &str| Left::This(CredentialSource::File(bench.folder.path().join(file)));
    for (left, is_left) in
        [(Left::Unclear, true), (place("token"), true), (place("other"), false), (place("token"), false)]
    {
        let shown = Shown { token: left, certificate: Left::Nothing };
        let upstreams = Some([("manager".to_owned(), shown)].into());
        let left = Allowance { enabled: true, process: false, upstreams };
        let provisioners = [("local".to_owned(), left)].into();
        let allowances = Allowances { provisioners, ..Allowances::default() };
        assert!(host.reload(table.clone(), allowances).await.is_err());
        assert_eq!(reached(), is_left);
    }
    bench.write(&TestGuest::hook(), "h.wasm");
    host.reload(table, Allowances::default()).await.unwrap();
    assert!(reached());
}

#[tokio::test]
async fn a_provisioner_that_lost_its_table_makes_nothing_new_though_the_rest_is_refused() {
    let (bench, path, hook) = Bench::with_plugins();
    let table = told_apart(&bench, &path, &hook);
    let mut host = bench.start(table.clone()).await.unwrap();
    std::fs::write(&hook, b"half a fi").unwrap();
    let standing = |host: &PluginHost| host.current().provisioners.values().next().unwrap().standing;
    for (names_every_provisioner, expected) in
        [(false, ProvisionerStanding::Serving), (true, ProvisionerStanding::Retired)]
    {
        let allowances = Allowances { names_every_provisioner, ..Allowances::default() };
        assert!(host.reload(table.clone(), allowances).await.is_err());
        assert_eq!(standing(&host), expected);
    }
    assert!(!host.are_leaving(), "it goes with a whole configuration");
    drop(host);
    host = bench.start(table.clone()).await.unwrap();
    assert_eq!(standing(&host), ProvisionerStanding::Retired, "a restart knows it");
    bench.write(&TestGuest::hook(), "h.wasm");
    host.reload(table, Allowances::default()).await.unwrap();
    assert_eq!(standing(&host), ProvisionerStanding::Serving);
}

#[tokio::test]
async fn what_was_taken_from_a_version_that_was_rolled_back_to_comes_back_with_a_whole_configuration() {
    let (bench, path, hook) = Bench::with_plugins();
    let there = Upstream { bearer_token: None, ..shown(HERE, Path::new("/nowhere")) };
    let table = with_upstream(&bench, told_apart(&bench, &path, &hook), &there);
    let host = bench.start(table.clone()).await.unwrap();
    bench.write(&TestGuest::provisioner().body("inspect", "unreachable"), "p.wasm");
    host.reload(table.clone(), Allowances::default()).await.unwrap();
    host.roll_back("local", None).await.unwrap();
    let allowances = |enabled, upstreams: bool| {
        let none = Shown { token: Left::Nothing, certificate: Left::Nothing };
        let upstreams = upstreams.then(|| ("manager".to_owned(), none));
        let left = Allowance { enabled, process: false, upstreams: Some(upstreams.into_iter().collect()) };
        Allowances { provisioners: [("local".to_owned(), left)].into(), ..Allowances::default() }
    };
    let stands = || {
        let active = host.swap.active.load();
        let reaches = !active.parts.provisioner("local").unwrap().material.options.upstreams.is_empty();
        (reaches, host.current().provisioners.values().next().unwrap().standing)
    };
    use ProvisionerStanding::{Disabled, Serving};
    std::fs::write(&hook, b"half a fi").unwrap();
    assert!(host.reload(table.clone(), allowances(true, false)).await.is_err());
    assert_eq!(stands(), (false, Serving));
    bench.write(&TestGuest::hook(), "h.wasm");
    host.reload(table.clone(), allowances(true, true)).await.unwrap();
    assert_eq!(stands(), (true, Serving));
    std::fs::write(&hook, b"half a fi").unwrap();
    assert!(host.reload(table.clone(), allowances(false, true)).await.is_err());
    assert_eq!(stands().1, Disabled);
    bench.write(&TestGuest::hook(), "h.wasm");
    host.reload(table.clone(), allowances(true, true)).await.unwrap();
    assert_eq!(stands(), (true, Serving));
    // Another fault does not bring back what is over.
    std::fs::write(&hook, b"half a fi").unwrap();
    assert!(host.reload(table, allowances(true, true)).await.is_err());
    assert_eq!(stands(), (true, Serving));
}

#[tokio::test]
async fn a_disabled_provisioner_whose_table_goes_is_retired_and_still_disabled() {
    let (bench, path, hook) = Bench::with_plugins();
    let table = told_apart(&bench, &path, &hook);
    let host = bench.start(table.clone()).await.unwrap();
    bench.owned.store(1, Ordering::Relaxed);
    let other = other_provisioner(&path);
    let without = options(other.clone(), table.hooks.clone());
    let mut disabled = without.clone();
    disabled.provisioners.push(ProvisionerOptions { enabled: false, ..table.provisioners[0].clone() });
    host.reload(disabled, Allowances::default()).await.unwrap();
    host.reload(without.clone(), Allowances::default()).await.unwrap();
    let local: ProvisionerName = "local".parse().unwrap();
    assert_eq!(host.current().provisioners[&local].standing, ProvisionerStanding::Disabled);
    assert!(host.swap.active.load().parts.retired.contains(&local));
    drop(host);
    let host = bench.start(without).await.unwrap();
    assert_eq!(host.current().provisioners[&local].standing, ProvisionerStanding::Disabled, "over a restart");
    // A table gives it its calls back.
    let mut again = options(other, table.hooks);
    again.provisioners.extend(table.provisioners);
    host.reload(again, Allowances::default()).await.unwrap();
    assert_eq!(host.current().provisioners[&local].standing, ProvisionerStanding::Serving);
}
