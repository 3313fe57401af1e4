//! Local children and their supervisors, with real processes.
//!
//! Nothing here depends on how long something takes: what must become true is asked for until it
//! is, within a bound that only a hang reaches.

#![expect(clippy::unwrap_used, reason = "what a test expects is checked by its panics")]

mod ends;
mod losses;
mod quay;
mod starts;
