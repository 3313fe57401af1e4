//! Wharfinger: the control plane for MCP server instances.
//!
//! ```text
//!  7  daemon, reload, check, upkeep, author     assembly
//!  6  config                                    TOML -> the Options of every part
//!  5  api                                       HTTP and JSON
//!  4  service   reconciler   control            what a user, the daemon itself, an operator can ask for
//!  3  lifecycle               the only door to the records
//!  2  store  catalog  plugin  process  probe
//!  1  runtime   extension
//!  0  domain                  words and rules
//! ```
//!
//! A folder uses only floors below it; `ARCHITECTURE.md` has the table, and a test holds it.

pub mod api;
pub mod author;
pub mod catalog;
pub mod check;
pub mod config;
pub mod control;
pub mod daemon;
pub mod domain;
pub mod extension;
pub mod lifecycle;
pub mod plugin;
pub mod probe;
pub mod process;
pub mod reconciler;
mod reload;
pub mod runtime;
pub mod service;
pub mod store;
pub mod upkeep;
