//! The test of the simulation: daemons with something wrong with them, each found by the invariant
//! that should find it.

use wharfinger::reconciler::{Fault, Planted};

use super::invariants::Invariant;
use super::play::play;

/// Each fault shows within so many seeds, with room to spare.
const SEEDS: u64 = 12;

#[test]
fn each_planted_fault_is_found_by_the_invariant_that_should_find_it() {
    let expected = |fault| match fault {
        Fault::ForgetsToResume => Invariant::ComesToRest,
        Fault::ForgetsTheOldWorkload => Invariant::OldOneFirst,
        Fault::ActsBeforeTheIntent => Invariant::IntentFirst,
        Fault::RecordsAFailedDeleteAsDone => Invariant::GoneIsGone,
        Fault::TriesOnceTooOften => Invariant::AttemptsAreBounded,
    };
    for fault in Fault::ALL {
        let found = (0..SEEDS).find_map(|seed| Some((seed, play(seed, Planted::fault(fault)).err()?)));
        let Some((seed, broken)) = found else { panic!("{fault:?} was not found in {SEEDS} seeds") };
        eprintln!("{fault:?} found at seed {seed}");
        assert_eq!(broken.invariant, expected(fault), "{fault:?} at seed {seed}: {broken}");
        // Without it the same seed is played to its end.
        if let Err(broken) = play(seed, Planted::default()) {
            panic!("nothing was planted, and seed {seed}: {broken}");
        }
    }
}
