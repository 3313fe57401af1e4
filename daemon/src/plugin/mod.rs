//! plugin.

mod bindings;
mod options;

pub use options::*;
