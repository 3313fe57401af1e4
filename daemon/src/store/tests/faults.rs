//! The disk refuses an operation: every one of a small story, once or until it is mended.

use std::io::ErrorKind;
use std::time::Duration;

use super::disk::{Disk, Fault, What};
use super::ledger::{Known, Ledger, whole};
use super::{formatted, insert, open_over, remove, runtime, touch, until_writable};
use crate::store::{Error, Store};

const SOON: Duration = Duration::from_millis(2);

/// Six writes. Goes on whatever becomes of each.
async fn story(store: &Store, ledger: &mut Ledger, disk: &Disk) {
    for step in 0..6u64 {
        let number = step % 3;
        let outcome = match step {
            0..3 => insert(store, number).await.map(Known::There),
            _ if !ledger.living().contains(&number) => continue,
            3 | 4 => touch(store, number).await.map(Known::There),
            _ => remove(store, number).await.map(|()| Known::Gone),
        };
        match outcome {
            Ok(known) => ledger.acknowledge(number, known),
            Err(error) => {
                assert!(matches!(error, Error::Unwritable), "{error}");
                assert!(disk.struck());
                ledger.doubt(number);
            }
        }
        ledger.holds_in(store).unwrap_or_else(|lost| panic!("reads go on: {lost}"));
    }
}

fn play(fault: Fault) -> bool {
    let disk = formatted();
    let (store, seen) = open_over(&disk, SOON).unwrap();
    let mut ledger = Ledger::default();
    disk.fail(Fault { at: disk.operations() + fault.at, ..fault });
    let struck = runtime().block_on(async {
        story(&store, &mut ledger, &disk).await;
        let struck = disk.struck();
        if struck && matches!(fault.what, What::Writes(_)) {
            until_writable(&store, false).await;
            assert!(matches!(insert(&store, 100).await, Err(Error::Unwritable)));
            assert!(store.get(super::id(100)).unwrap().is_none());
        }
        disk.mend();
        until_writable(&store, true).await;
        let last = insert(&store, 200).await.unwrap();
        ledger.acknowledge(200, Known::There(last));
        let all: Vec<u64> = (1..=last.0).collect();
        assert_eq!(seen.revisions(), all, "{fault:?}: each change is told once, in order");
        struck
    });
    // A restart, with nothing lost that was synced.
    let left = disk.after_power_cut(&mut fastrand::Rng::with_seed(1));
    drop(store);
    whole(&left).unwrap_or_else(|lost| panic!("{fault:?}: {lost}"));
    let (again, _) = open_over(&left, SOON).unwrap();
    ledger.holds_in(&again).unwrap_or_else(|lost| panic!("{fault:?}: {lost}"));
    struck
}

#[test]
fn whatever_operation_the_disk_refuses_reads_go_on_and_writes_do_when_it_is_mended() {
    let full = ErrorKind::StorageFull;
    let kinds =
        [What::Writes(full), What::Once(full), What::Writes(ErrorKind::Other), What::Once(ErrorKind::Other)];
    for what in kinds {
        let struck = (0..).take_while(|at| play(Fault { at: *at, what })).count();
        assert!(struck > 20, "{what:?}: the story has only {struck} operations");
    }
}

#[test]
fn a_disk_that_fails_while_the_database_is_opened_refuses_it_and_loses_nothing() {
    let (disk, mut ledger) = (formatted(), Ledger::default());
    let (store, _) = open_over(&disk, SOON).unwrap();
    runtime().block_on(story(&store, &mut ledger, &disk));
    let (mut refused, left) = (0, disk.copy());
    drop(store);
    for at in 0.. {
        let disk = left.copy();
        disk.fail(Fault { at, what: What::Writes(ErrorKind::StorageFull) });
        match open_over(&disk, SOON) {
            Ok(_) => break,
            Err(error) => {
                assert!(matches!(error, Error::Unprepared { .. }), "{error}");
                refused += 1;
            }
        }
        disk.mend();
        let (again, _) = open_over(&disk, SOON).unwrap();
        ledger.holds_in(&again).unwrap();
    }
    assert!(refused > 3, "{refused}");
}
