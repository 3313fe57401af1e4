//! reconciler.

mod options;

pub use options::*;
