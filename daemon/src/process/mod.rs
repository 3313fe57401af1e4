//! process.

mod options;

pub use options::*;
