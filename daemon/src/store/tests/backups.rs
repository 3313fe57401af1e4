//! Backups: consistent whatever is written meanwhile, and never in the way of what is there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tempfile::TempDir;

use super::{id, insert, open_in, options, remove, runtime, touch};
use crate::domain::{Query, Revision, Timestamp};
use crate::store::lock::Lock;
use crate::store::{Error, Store, backup, open, restore};

const NOW: Timestamp = Timestamp(1_760_000_000_000);

fn never() -> bool {
    false
}

/// Restores `from` into a new directory and opens it.
fn restored(from: &Path) -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let done = restore(&options(dir.path()), from, false, NOW).unwrap();
    assert!(done.findings.are_fine(), "{:#?}", done.findings);
    assert_eq!(done.replaced, None);
    let store = open_in(dir.path()).unwrap();
    (dir, store)
}

fn let_go(dir: &Path) {
    while Lock::take(dir).is_err() {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
}

#[test]
fn a_backup_taken_while_others_write_is_what_was_committed_at_one_moment() {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open_in(dir.path()).unwrap();
    let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let writing = {
        let (store, stop, acknowledged) = (store.clone(), Arc::clone(&stop), Arc::clone(&acknowledged));
        std::thread::spawn(move || {
            runtime().block_on(async {
                for number in 0.. {
                    insert(&store, number).await.unwrap();
                    let last = touch(&store, number).await.unwrap();
                    if number % 3 == 2 {
                        remove(&store, number - 2).await.unwrap();
                    }
                    acknowledged.store(last.0, Ordering::SeqCst);
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                }
            });
        })
    };
    let mut before = 0;
    for round in 0..5 {
        while acknowledged.load(Ordering::SeqCst) < before + 20 {
            std::thread::yield_now();
        }
        before = acknowledged.load(Ordering::SeqCst);
        let path = elsewhere.path().join(format!("backup-{round}"));
        let made = store.backup(&path, false, never).unwrap();
        assert_eq!(made.bytes, fs::metadata(&path).unwrap().len());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "it holds secrets");
        let (_dir, copy) = restored(&path);
        let page = copy.list(&Query { limit: 100_000, ..Query::default() }).unwrap();
        assert!(page.revision >= Revision(before), "what was acknowledged before it began is in it");
        assert_eq!(copy.owner(), store.owner());
        // As the story goes: of every three, the first is removed after the third.
        let newest = page.instances.last().unwrap().id;
        for number in (0..).take_while(|number| id(*number) < newest) {
            let there = page.instances.iter().any(|instance| instance.id == id(number));
            assert!(there || number % 3 == 0, "{number} is missing");
            if there {
                assert_eq!(copy.secrets(id(number)).unwrap().0["KEY"].expose(), format!("secret {number}"));
            }
        }
    }
    stop.store(true, Ordering::SeqCst);
    writing.join().unwrap();
    let names: Vec<_> =
        fs::read_dir(elsewhere.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 5, "nothing half is left: {names:?}");
}

#[test]
fn a_file_that_is_there_is_replaced_only_when_asked() {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open_in(dir.path()).unwrap();
    let path = elsewhere.path().join("backup");
    fs::write(&path, "precious").unwrap();
    assert!(matches!(store.backup(&path, false, never), Err(Error::Exists { .. })));
    assert_eq!(fs::read(&path).unwrap(), b"precious");
    store.backup(&path, true, never).unwrap();
    restored(&path);
    // Where it would take the place of what is copied, it is refused in any case.
    let live = open::path(dir.path());
    assert!(matches!(store.backup(&live, true, never), Err(Error::Copy { .. })));
}

#[test]
fn a_backup_that_is_stopped_or_has_nowhere_to_go_leaves_nothing() {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open_in(dir.path()).unwrap();
    runtime().block_on(async {
        for batch in 0..5 {
            let some = (batch * 50..batch * 50 + 50).map(|number| insert(&store, number));
            assert!(futures_util::future::join_all(some).await.iter().all(Result::is_ok));
        }
    });
    let path = elsewhere.path().join("backup");
    let stopped = store.backup(&path, false, || true);
    assert!(matches!(stopped, Err(Error::Stopped)), "{stopped:?}");
    let nowhere = elsewhere.path().join("no folder/backup");
    assert!(matches!(store.backup(&nowhere, false, never), Err(Error::Directory { .. })));
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

#[test]
fn without_a_daemon_the_file_is_copied_and_left_as_it_is() {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open_in(dir.path()).unwrap();
    runtime().block_on(insert(&store, 1)).unwrap();
    let path = elsewhere.path().join("backup");
    assert!(matches!(backup(&options(dir.path()), &path, false), Err(Error::InUse { .. })));
    drop(store);
    let_go(dir.path());
    let before = fs::read(open::path(dir.path())).unwrap();
    backup(&options(dir.path()), &path, false).unwrap();
    assert!(fs::read(open::path(dir.path())).unwrap() == before);
    let (_dir, copy) = restored(&path);
    assert!(copy.get(id(1)).unwrap().is_some());
}

#[test]
fn a_restore_keeps_the_database_that_was_there_and_refuses_unless_forced() {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open_in(dir.path()).unwrap();
    runtime().block_on(insert(&store, 1)).unwrap();
    let path = elsewhere.path().join("backup");
    store.backup(&path, false, never).unwrap();
    runtime().block_on(insert(&store, 2)).unwrap();
    assert!(matches!(restore(&options(dir.path()), &path, true, NOW), Err(Error::InUse { .. })));
    drop(store);
    let_go(dir.path());
    let newer = fs::read(open::path(dir.path())).unwrap();
    assert!(matches!(restore(&options(dir.path()), &path, false, NOW), Err(Error::Exists { .. })));
    assert!(fs::read(open::path(dir.path())).unwrap() == newer);

    let replaced = restore(&options(dir.path()), &path, true, NOW).unwrap().replaced.unwrap();
    assert!(fs::read(&replaced).unwrap() == newer, "nothing is lost");
    let store = open_in(dir.path()).unwrap();
    assert!(store.get(id(1)).unwrap().is_some() && store.get(id(2)).unwrap().is_none());
}

#[test]
fn a_damaged_backup_and_one_in_use_are_refused_and_change_nothing() {
    let (dir, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = open_in(dir.path()).unwrap();
    runtime().block_on(insert(&store, 1)).unwrap();
    let path = elsewhere.path().join("backup");
    store.backup(&path, false, never).unwrap();
    let other = elsewhere.path().join("data");
    let in_use = restore(&options(&other), &open::path(dir.path()), false, NOW);
    assert!(matches!(in_use, Err(Error::InUse { .. })), "a live file is no backup: {in_use:?}");
    drop(store);
    let_go(dir.path());
    let before = fs::read(open::path(dir.path())).unwrap();
    let whole = fs::read(&path).unwrap();
    for bytes in [&whole[..whole.len() / 2], b"", b"no database"] {
        fs::write(&path, bytes).unwrap();
        let refused = restore(&options(dir.path()), &path, true, NOW);
        assert!(matches!(refused, Err(Error::Damaged { .. })), "{refused:?}");
        assert!(fs::read(open::path(dir.path())).unwrap() == before);
        assert!(!open::unborn(dir.path()).exists());
    }
}
