//! service.

mod options;

pub use options::*;
