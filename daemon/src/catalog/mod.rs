//! catalog.

mod options;

pub use options::*;
