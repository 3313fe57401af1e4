//! probe.

mod options;

pub use options::*;
