//! One set after the other: what is taken up, what is refused, what is kept.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::domain::{Decision, FailureKind, HookMode, PluginKind, ProvisionerName, Secrets};
use crate::extension::{Extensions as _, PluginState, Plugins as _, ProvisionerStanding, RollbackError};
use crate::plugin::hostile_tests::{AN_HOUR, SLEEPS};
use crate::plugin::testing::TestGuest;
use crate::plugin::tests::{
    Bench, create, hook_options, options, other_provisioner, provisioner_options, review, target,
};
use crate::plugin::{
    Allowances, Error, HookOptions, Options, PluginHost, ProvisionerOptions, Reloaded, Timeouts,
};

#[path = "serving_tests.rs"]
mod serving;

#[tokio::test]
async fn nothing_changed_is_no_new_generation() {
    let bench = Bench::new();
    let path = bench.write(&TestGuest::provisioner(), "p.wasm");
    let table = options(provisioner_options(&path), Vec::new());
    let host = bench.start(table.clone()).await.unwrap();
    bench.changed.rung().await;
    // Written again, with the same content.
    bench.write(&TestGuest::provisioner(), "p.wasm");
    let reloaded = host.reload(table, Allowances::default()).await.unwrap();
    assert_eq!((reloaded.generation, reloaded.changed.len()), (7, 0));
    assert!(tokio::time::timeout(Duration::from_millis(20), bench.changed.rung()).await.is_err());
}

#[tokio::test]
async fn a_changed_plugin_is_swapped_and_the_others_stay() {
    let (bench, path, hook) = Bench::with_plugins();
    let table = options(provisioner_options(&path), vec![hook_options(&hook)]);
    let host = bench.start(table.clone()).await.unwrap();
    let before = host.current();
    bench.write(&TestGuest::hook().named("another"), "h.wasm");
    let reloaded = host.reload(table, Allowances::default()).await.unwrap();
    assert_eq!(reloaded, Reloaded { generation: 8, changed: vec!["hooks.naming".to_owned()] });
    bench.changed.rung().await;
    let after = host.current();
    let provisioner =
        |set: &crate::extension::ExtensionSet| set.provisioners.values().next().unwrap().provisioner.clone();
    assert!(Arc::ptr_eq(&provisioner(&before), &provisioner(&after)));
    assert_ne!(before.hooks[0].digest, after.hooks[0].digest);
    let reports = host.reports();
    assert_eq!(reports.iter().map(|report| report.active_generation).collect::<Vec<_>>(), [Some(7), Some(8)]);
}

async fn until(holds: impl Fn() -> bool) {
    let waiting = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap();
}

#[tokio::test]
async fn the_spare_sandbox_of_a_hook_serves_one_review_and_goes_with_the_hook() {
    let bench = Bench::new();
    let path = bench.write(&TestGuest::provisioner(), "p.wasm");
    // Of the second review in one sandbox nothing would be left but a trap.
    let once = TestGuest::hook().with("(global $met (mut i32) (i32.const 0))").body(
        "review",
        "(if (global.get $met) (then unreachable)) (global.set $met (i32.const 1)) i32.const 512",
    );
    let hook = bench.write(&once, "h.wasm");
    let provisioner = provisioner_options(&path);
    let host = bench.start(options(provisioner.clone(), vec![hook_options(&hook)])).await.unwrap();
    let permits = &host.swap.workshop.spares;
    let free = permits.available_permits();
    let spares = || free - permits.available_permits();
    let review = review();
    for _ in 0..5 {
        assert_eq!(host.current().hooks[0].hook.review(&review).await.unwrap().decision, Decision::Allow);
        assert_eq!(spares(), 0, "it was used, and the next one is made when there is time");
        until(|| spares() == 1).await;
    }
    // Two at once: one of them makes its own, and one spare is left.
    let hooked = host.current();
    let (one, two) = tokio::join!(hooked.hooks[0].hook.review(&review), hooked.hooks[0].hook.review(&review));
    assert!(one.is_ok() && two.is_ok());
    drop(hooked);
    until(|| spares() == 1).await;
    host.reload(options(provisioner, Vec::new()), Allowances::default()).await.unwrap();
    until(|| spares() == 0).await;
}

#[tokio::test]
async fn a_bad_file_leaves_everything_as_it_was() {
    let (bench, path, hook) = Bench::with_plugins();
    let table = options(provisioner_options(&path), vec![hook_options(&hook)]);
    let host = bench.start(table.clone()).await.unwrap();
    let before = host.current();
    std::fs::write(&hook, b"half a fi").unwrap();
    bench.write(&TestGuest::provisioner().body("inspect", "unreachable"), "p.wasm");
    assert_eq!(
        host.reload(table.clone(), Allowances::default()).await.unwrap_err().code(),
        "plugins_refused"
    );
    assert!(Arc::ptr_eq(&before, &host.current()));
    let reports = host.reports();
    assert!(reports.iter().all(|report| report.state == PluginState::Refused));
    let codes: Vec<_> = reports.iter().map(|report| report.last_refusal.clone().unwrap().code).collect();
    assert_eq!(codes, ["set_refused", "not_a_component"]);
    // Repaired: what was held back is taken over too.
    bench.write(&TestGuest::hook(), "h.wasm");
    assert_eq!(host.reload(table, Allowances::default()).await.unwrap().changed, ["provisioners.local"]);
    assert!(host.reports().iter().all(|report| report.last_refusal.is_none()));
}

#[tokio::test]
async fn another_backend_does_not_take_the_place_of_one_that_has_instances() {
    let bench = Bench::new();
    let path = bench.write(&TestGuest::provisioner(), "p.wasm");
    let table = options(provisioner_options(&path), Vec::new());
    let host = bench.start(table.clone()).await.unwrap();
    bench.owned.store(3, Ordering::Relaxed);
    bench.write(&TestGuest::provisioner().named("another"), "p.wasm");
    let error = host.reload(table.clone(), Allowances::default()).await.unwrap_err();
    assert!(error.to_string().contains("3 instances"), "{error}");
    // A new version of the same plugin is welcome.
    bench.write(&TestGuest::provisioner().body("create", "unreachable"), "p.wasm");
    assert!(host.reload(table.clone(), Allowances::default()).await.is_ok());
    // So is another one, if it says that its backend is the same; both names are known from then on.
    bench.write(&TestGuest::provisioner().named("another"), "p.wasm");
    let moved = ProvisionerOptions { moved: true, ..provisioner_options(&path) };
    host.reload(options(moved, Vec::new()), Allowances::default()).await.unwrap();
    let set = host.current();
    let entry = set.provisioners.values().next().unwrap();
    assert!(entry.is_of("test") && entry.is_of("another") && !entry.is_of("third"));
    host.reload(table, Allowances::default()).await.unwrap();
    assert!(host.current().provisioners.values().next().unwrap().is_of("test"));
}

#[tokio::test]
async fn a_provisioner_with_instances_is_retired_and_goes_with_the_last_one() {
    let bench = Bench::new();
    let path = bench.write(&TestGuest::provisioner(), "p.wasm");
    let local: ProvisionerName = "local".parse().unwrap();
    let host = bench.start(options(provisioner_options(&path), Vec::new())).await.unwrap();
    let other = other_provisioner(&path);
    let removed = options(other, Vec::new());
    // A request that began with the old set may still make an instance.
    let old = host.current();
    host.reload(removed.clone(), Allowances::default()).await.unwrap();
    assert_eq!(host.current().provisioners[&local].standing, ProvisionerStanding::Retired);
    bench.owned.store(3, Ordering::Relaxed);
    drop(old);
    host.reload(removed.clone(), Allowances::default()).await.unwrap();
    assert_eq!(host.current().provisioners[&local].standing, ProvisionerStanding::Retired);
    let report = |host: &PluginHost| host.reports().into_iter().find(|report| report.name == "local");
    let retired = report(&host).unwrap();
    assert_eq!((retired.state, retired.instances), (PluginState::Retired, Some(3)));
    // Also after a restart that lost its file.
    drop(host);
    std::fs::remove_file(&path).unwrap();
    let other_path = bench.write(&TestGuest::provisioner(), "q.wasm");
    bench.remember(&removed);
    bench.remember(&options(provisioner_options(&path), Vec::new()));
    let other = other_provisioner(&other_path);
    let removed = options(other, Vec::new());
    let host = bench.start(removed.clone()).await.unwrap();
    assert_eq!(host.current().provisioners[&local].standing, ProvisionerStanding::Retired);
    bench.owned.store(0, Ordering::Relaxed);
    host.reload(removed, Allowances::default()).await.unwrap();
    assert!(report(&host).is_none());
}

/// Options whose tables can be told apart, known to `bench` by their texts.
fn told_apart(bench: &Bench, path: &Path, hook: &Path) -> Options {
    let provisioner = ProvisionerOptions { table: "a provisioner".to_owned(), ..provisioner_options(path) };
    let hook = HookOptions { table: "a hook".to_owned(), ..hook_options(hook) };
    let options = options(provisioner, vec![hook]);
    bench.remember(&options);
    options
}

#[tokio::test]
async fn a_restart_serves_the_last_good_versions_of_files_that_are_lost_or_damaged() {
    let (bench, path, hook) = Bench::with_plugins();
    let table = told_apart(&bench, &path, &hook);
    let before = bench.start(table.clone()).await.unwrap();
    let digest = before.current().hooks[0].digest.clone();
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&hook, b"half a fi").unwrap();
    drop(before);
    let host = bench.start(table.clone()).await.unwrap();
    assert_eq!(host.current().hooks[0].digest, digest);
    assert_eq!(host.current().generation, 7, "it is the same set");
    assert_eq!(host.current().provisioners.len(), 1);
    let codes: Vec<_> = host.reports().into_iter().map(|report| report.last_refusal.unwrap().code).collect();
    assert_eq!(codes, ["plugin_unreadable", "not_a_component"]);
    // Without a last good copy there is nothing to serve.
    drop(host);
    std::fs::remove_dir_all(bench.folder.path().join("kept")).unwrap();
    let Err(Error::Refused(refusals)) = bench.start(table).await else { panic!("it started") };
    let codes: Vec<_> = refusals.iter().map(|refusal| refusal.error.code()).collect();
    assert_eq!(codes, ["plugin_unreadable", "not_a_component", "copy_unusable", "copy_unusable"]);
}

#[tokio::test]
async fn a_rollback_stays_until_the_file_or_the_table_changes() {
    let (bench, path, hook) = Bench::with_plugins();
    let table = told_apart(&bench, &path, &hook);
    let host = bench.start(table.clone()).await.unwrap();
    let digest = |host: &PluginHost| host.current().hooks[0].digest.clone();
    let first = digest(&host);
    assert!(matches!(host.roll_back("naming", None).await, Err(RollbackError::NothingBefore { .. })));
    assert!(matches!(host.roll_back("nobody", None).await, Err(RollbackError::Unknown { .. })));
    bench.write(&TestGuest::hook().named("second"), "h.wasm");
    host.reload(table.clone(), Allowances::default()).await.unwrap();
    assert_eq!(host.reports()[1].previous[0].digest, first);
    host.roll_back("naming", Some(PluginKind::Hook)).await.unwrap();
    assert_eq!(digest(&host), first);
    for restarted in [false, true] {
        let host = if restarted { bench.start(table.clone()).await.unwrap() } else { host.clone() };
        host.reload(table.clone(), Allowances::default()).await.unwrap();
        assert_eq!(digest(&host), first, "restarted: {restarted}");
        let refusal = host.reports()[1].last_refusal.clone().unwrap();
        assert_eq!(refusal.code, "rolled_back");
    }
    bench.write(&TestGuest::hook().named("third"), "h.wasm");
    host.reload(table, Allowances::default()).await.unwrap();
    assert_ne!(digest(&host), first);
    assert_eq!(host.reports()[1].last_refusal, None);
}

#[tokio::test]
async fn a_rollback_while_the_file_is_unreadable_rejects_what_served() {
    let (bench, path, hook) = Bench::with_plugins();
    let table = told_apart(&bench, &path, &hook);
    let host = bench.start(table.clone()).await.unwrap();
    let first = host.current().hooks[0].digest.clone();
    bench.write(&TestGuest::hook().named("second"), "h.wasm");
    host.reload(table.clone(), Allowances::default()).await.unwrap();
    std::fs::remove_file(&hook).unwrap();
    host.roll_back("naming", None).await.unwrap();
    assert_eq!(host.current().hooks[0].digest, first);
    // The same bad version is there again.
    bench.write(&TestGuest::hook().named("second"), "h.wasm");
    host.reload(table.clone(), Allowances::default()).await.unwrap();
    assert_eq!(host.current().hooks[0].digest, first);
    assert_eq!(host.reports()[1].last_refusal.clone().unwrap().code, "rolled_back");
    bench.write(&TestGuest::hook().named("third"), "h.wasm");
    host.reload(table, Allowances::default()).await.unwrap();
    assert_ne!(host.current().hooks[0].digest, first);
}

#[tokio::test]
async fn calls_that_are_out_end_with_what_they_began_with_and_stragglers_with_the_drain() {
    let bench = Bench::new();
    let sleeping = TestGuest::provisioner().importing(SLEEPS.0, SLEEPS.1).body("create", AN_HOUR);
    let path = bench.write(&sleeping, "p.wasm");
    let timeouts = Timeouts { create: Duration::from_secs(600), ..provisioner_options(&path).timeouts };
    let mut table = options(ProvisionerOptions { timeouts, ..provisioner_options(&path) }, Vec::new());
    table.loading.drain = Duration::from_millis(300);
    let host = bench.start(table.clone()).await.unwrap();
    let old = host.current().provisioners.values().next().unwrap().provisioner.clone();
    let call = create(&*old);
    tokio::pin!(call);
    let not_yet = tokio::time::timeout(Duration::from_millis(20), &mut call).await;
    assert!(not_yet.is_err(), "it sleeps: {not_yet:?}");
    bench.write(&TestGuest::provisioner(), "p.wasm");
    host.reload(table, Allowances::default()).await.unwrap();
    let new = host.current().provisioners.values().next().unwrap().provisioner.clone();
    assert!(new.inspect(&target(), &Secrets::default()).await.is_ok(), "the new one serves meanwhile");
    let failure = call.await;
    assert_eq!((failure.kind, failure.code.as_str()), (FailureKind::OutcomeUnknown, "plugin_replaced"));
}

#[tokio::test]
async fn a_hook_that_is_off_is_not_loaded() {
    let bench = Bench::new();
    let path = bench.write(&TestGuest::provisioner(), "p.wasm");
    let off = HookOptions { mode: HookMode::Off, ..hook_options(Path::new("/nowhere")) };
    let host = bench.start(options(provisioner_options(&path), vec![off])).await.unwrap();
    assert!(host.current().hooks.is_empty());
    assert_eq!(host.reports().len(), 2);
}

#[tokio::test]
async fn whoever_is_held_back_by_another_says_so_though_only_its_table_changed() {
    let (bench, path, hook) = Bench::with_plugins();
    let mut table = told_apart(&bench, &path, &hook);
    let host = bench.start(table.clone()).await.unwrap();
    std::fs::write(&hook, b"half a fi").unwrap();
    table.provisioners[0].table = "another table".to_owned();
    assert!(host.reload(table, Allowances::default()).await.is_err());
    let codes: Vec<_> = host.reports().into_iter().map(|report| report.last_refusal.unwrap().code).collect();
    assert_eq!(codes, ["set_refused", "not_a_component"]);
    // Beside a configuration that cannot be read, what the files are is told all the same.
    bench.write(&TestGuest::hook().named("second"), "h.wasm");
    host.refresh().await;
    let reports = host.reports();
    assert_ne!(reports[1].desired_digest, reports[1].active_digest);
    assert!(reports[1].desired_digest.is_some());
}

#[tokio::test]
async fn of_plugins_that_are_gone_nothing_is_kept() {
    let (bench, path, hook) = Bench::with_plugins();
    let provisioner = provisioner_options(&path);
    let host = bench.start(options(provisioner.clone(), Vec::new())).await.unwrap();
    for name in ["one", "two", "three"] {
        bench.write(&TestGuest::hook().named(name), "h.wasm");
        let hook = HookOptions { name: name.parse().unwrap(), ..hook_options(&hook) };
        host.reload(options(provisioner.clone(), vec![hook]), Allowances::default()).await.unwrap();
    }
    host.reload(options(provisioner.clone(), Vec::new()), Allowances::default()).await.unwrap();
    assert_eq!(bench.published.lock().unwrap().as_ref().unwrap().previous, []);
    // What was needed until then goes with the next look.
    host.reload(options(provisioner, Vec::new()), Allowances::default()).await.unwrap();
    let kept = std::fs::read_dir(bench.folder.path().join("kept")).unwrap();
    assert_eq!(kept.count(), 2, "the component that serves and its machine code");
}

#[tokio::test]
async fn a_start_without_a_new_plugin_that_is_held_back_is_none() {
    let (bench, path, hook) = Bench::with_plugins();
    let mut table = told_apart(&bench, &path, &hook);
    drop(bench.start(table.clone()).await.unwrap());
    std::fs::remove_file(&hook).unwrap();
    drop(bench.start(table.clone()).await.unwrap());
    let fine = bench.write(&TestGuest::hook(), "fine.wasm");
    table.hooks.push(HookOptions { name: "new".parse().unwrap(), ..hook_options(&fine) });
    let Err(Error::Refused(refusals)) = bench.start(table).await else { panic!("it started") };
    let said: Vec<_> =
        refusals.iter().map(|refusal| (refusal.plugin.name.as_str(), refusal.error.code())).collect();
    assert_eq!(said, [("naming", "plugin_unreadable"), ("new", "set_refused")]);
}
