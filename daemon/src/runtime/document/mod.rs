//! Reads a TOML document and gathers every complaint about it.
//!
//! `serde` stops at the first mistake; an operator wants them all, each with its place, its key and
//! what is allowed. So a document is parsed into a tree that knows where each value came from
//! ([`Node`]), and walked with a [`Table`] that hands out values, remembers which keys it was asked
//! for, and complains about the rest.
//!
//! ```text
//! text ── Document::parse ──> tree ── set() overrides ──> read(|table| …) ──> T, or Complaints
//! ```
//!
//! Knows no key by itself: what a file means is its reader's business. Asking for a value never
//! fails; a wrong one is complained about and the reading goes on with what the caller has instead.
//! [`Document::read`] answers with a value only if nobody complained.

mod complaint;
mod file;
mod kind;
mod nearest;
mod size;
mod table;
mod text;
mod tree;

#[cfg(test)]
mod tests;

pub use complaint::{Complaint, Complaints, Place};
pub use file::read_text;
pub use kind::{boolean, choice, count, duration, parsed, path, regex, size, text};
pub use size::{InvalidSize, format_size, parse_size};
pub use table::Table;
pub use tree::{Document, Node, Value};
