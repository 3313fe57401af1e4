//! The crash test: the release binary under load, killed at any moment and started again, over and
//! over; and nothing that it said may turn out untrue.
//!
//! ```text
//!  clients ── creates, deletes, restarts, retries ──> daemon <── SIGKILL, start, SIGKILL, …
//!     │ ledger: what was promised                       │            (run)
//!     │ watcher: every event, over all starts <─────────┤
//!     └───────────────> check <── census of /proc ──────┘ workloads, killed now and then
//! ```
//!
//! Each client has names of its own and asks one thing at a time, so that it knows what must be. An
//! answer that was lost leaves two possibilities, and the next look decides which. Now and then, and
//! in the end, the clients rest and everything must come to be as it was asked for.
//!
//! A seed decides what is asked and when it is killed; what the kill strikes is the machine's choice.

mod census;
mod check;
mod client;
mod ledger;
mod run;
mod watcher;
mod wrong;

pub use run::{Plan, Report, run};
pub use wrong::{Kind, Wrong};

/// Recoveries in a row, as the daemon under test is configured.
const MAX_ATTEMPTS: u64 = 3;
