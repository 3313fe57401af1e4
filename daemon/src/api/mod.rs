//! api.

mod options;

pub use options::*;
