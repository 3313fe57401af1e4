//! A seeded simulation: the real reconciler, lifecycle and store over a fake backend in rough
//! weather, with users, outages, dying workloads and killed daemons in between.
//!
//! ```text
//!  play ── users, deaths ──> life (one daemon) ──> world (backend, weather) <── clock
//!    │                         │ events                │ what it is asked for
//!    └── judges after each step <── log                └── judges each call by the records
//! ```
//!
//! A failure prints its seed: `SIMULATION_SEED=n cargo test … simulation` repeats it.

mod clock;
mod invariants;
mod life;
mod log;
mod outages;
#[cfg(feature = "planted-faults")]
mod planted;
mod play;
mod weather;
mod world;

use wharfinger::reconciler::Planted;

pub(crate) use clock::SimulatedClock;
pub(crate) use life::{Birth, Life, MAX_ATTEMPTS, directory, spec};
pub(crate) use log::Log;
pub(crate) use world::World;

use play::{Tally, play};
use weather::Fault;

const SEEDS: u64 = 48;

#[test]
fn after_calm_the_world_is_what_was_asked_for() {
    let told = |seed| play(seed, Planted::default()).unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
    if let Ok(seed) = std::env::var("SIMULATION_SEED") {
        told(seed.parse().expect("SIMULATION_SEED is a number"));
        return;
    }
    let mut total = Tally::default();
    for seed in 0..SEEDS {
        eprintln!("seed {seed}");
        total.add(told(seed));
    }
    // A simulation in which nothing happens proves nothing.
    let rare = |fault: &Fault| total.faults.get(fault).is_none_or(|count| *count < 5);
    let rare: Vec<Fault> = Fault::ALL.into_iter().filter(rare).collect();
    assert!(rare.is_empty(), "{rare:?} in {total:?}");
    assert!(
        total.creates > 500 && total.deaths.len() == 3 && total.deaths.values().all(|count| *count > 50),
        "{total:?}"
    );
    assert!(total.refused_names > 20 && total.retries > 10 && total.set_back > 20, "{total:?}");
}
