//! config.

mod options;

pub use options::*;
