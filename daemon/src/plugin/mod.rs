//! plugin.

mod options;

pub use options::*;
