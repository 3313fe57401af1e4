//! store.

mod options;

pub use options::*;
