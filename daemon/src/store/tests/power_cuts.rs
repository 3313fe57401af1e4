//! The power goes off at any moment, and takes with it what was not synced: some of it, in parts.
//!
//! A failure prints its seed.

use std::time::Duration;

use futures_util::future::join_all;

use super::disk::{Disk, Fault, What};
use super::ledger::{Known, Ledger, whole};
use super::{formatted, insert, open_over, remove, runtime, touch};
use crate::store::Store;

const SEEDS: u64 = 150;
/// Power cuts in a row, on the same disk.
const CUTS: usize = 3;
const BATCHES: usize = 12;
/// No disk is mended here.
const NEVER: Duration = Duration::from_secs(3_600);

#[derive(Debug, Clone, Copy)]
enum Deed {
    Insert(u64),
    Touch(u64),
    Remove(u64),
}

/// Writes until the power goes off, or to the end of the day.
async fn work(store: &Store, ledger: &mut Ledger, next: &mut u64, random: &mut fastrand::Rng) {
    for _ in 0..BATCHES {
        let mut living = ledger.living();
        random.shuffle(&mut living);
        let deeds: Vec<Deed> = (0..random.usize(1..6))
            .map(|_| match (random.u8(..4), living.pop()) {
                (0, Some(number)) => Deed::Remove(number),
                (1, Some(number)) => Deed::Touch(number),
                _ => {
                    *next += 1;
                    Deed::Insert(*next)
                }
            })
            .collect();
        let done = join_all(deeds.iter().map(|deed| async move {
            match *deed {
                Deed::Insert(number) => (number, insert(store, number).await.map(Known::There)),
                Deed::Touch(number) => (number, touch(store, number).await.map(Known::There)),
                Deed::Remove(number) => (number, remove(store, number).await.map(|()| Known::Gone)),
            }
        }));
        let mut off = false;
        for (number, outcome) in done.await {
            match outcome {
                Ok(known) => ledger.acknowledge(number, known),
                Err(_) => {
                    ledger.doubt(number);
                    off = true;
                }
            }
        }
        if off {
            return;
        }
    }
}

/// Plays one seed; says what was lost, or how often the power went off while something was written.
fn play(seed: u64, lies: bool) -> Result<usize, String> {
    let mut random = fastrand::Rng::with_seed(seed);
    let (mut disk, mut ledger, mut next, mut hits) = (formatted(), Ledger::default(), 0, 0);
    for _ in 0..CUTS {
        if lies {
            disk.lie();
        }
        let (store, _) = open_over(&disk, NEVER).map_err(|error| format!("it does not open: {error}"))?;
        ledger.holds_in(&store)?;
        disk.fail(Fault { at: disk.operations() + random.usize(..400), what: What::PowerCut });
        runtime().block_on(work(&store, &mut ledger, &mut next, &mut random));
        hits += usize::from(disk.struck());
        disk = disk.after_power_cut(&mut random);
        drop(store);
        // It may go off again while the database is opened.
        for _ in 0..random.usize(..3) {
            disk.fail(Fault { at: disk.operations() + random.usize(..30), what: What::PowerCut });
            drop(open_over(&disk, NEVER));
            disk = disk.after_power_cut(&mut random);
        }
        whole(&disk)?;
    }
    let (store, _) = open_over(&disk, NEVER).map_err(|error| format!("it does not open: {error}"))?;
    ledger.holds_in(&store)?;
    Ok(hits)
}

#[test]
fn what_was_acknowledged_survives_a_power_cut_and_nothing_is_half_there() {
    let mut hits = 0;
    for seed in 0..SEEDS {
        hits += play(seed, false).unwrap_or_else(|lost| panic!("seed {seed}: {lost}"));
    }
    // Most cuts are to strike while something is written, or nothing is proven.
    assert!(hits > usize::try_from(SEEDS).unwrap(), "{hits}");
}

#[test]
fn a_disk_that_lies_about_syncing_is_noticed_by_this_test() {
    let lost = (0..20).filter(|seed| play(*seed, true).is_err()).count();
    assert!(lost > 10, "{lost} of 20 lost something");
}

#[test]
fn a_cut_leaves_only_what_was_there_or_written() {
    use redb::StorageBackend as _;
    let disk = Disk::default();
    disk.set_len(2_048).unwrap();
    disk.write(0, &[1; 2_048]).unwrap();
    disk.sync_data().unwrap();
    disk.write(512, &[2; 1_024]).unwrap();
    let mut random = fastrand::Rng::with_seed(1);
    let cuts: Vec<Vec<u8>> = (0..100).map(|_| disk.after_power_cut(&mut random).bytes()).collect();
    assert!(cuts.iter().all(|bytes| bytes[..512] == [1; 512] && bytes[1_536..] == [1; 512]));
    assert!(cuts.iter().any(|bytes| bytes[512..1_536] == [1; 1_024]), "all of it may be lost");
    assert!(cuts.iter().any(|bytes| bytes[512..1_536] == [2; 1_024]), "or nothing");
    assert!(
        cuts.iter().any(|bytes| bytes[512..1_024].contains(&1) && bytes[512..1_024].contains(&2)),
        "or a part"
    );
}
