//! HTTP and JSON, and only here.
//!
//! ```text
//!  connection ─> server ─> middleware ─> router ─> handlers ─> service
//!                (bounds,   (request id,              │
//!                 drain)     guard, problems)         ├─ extract: what a request says
//!                                                     ├─ wire: what an answer says
//!                                                     ├─ problem: why not
//!                                                     ├─ pages: all of that, for people
//!                                                     └─ console: what a browser gets elsewhere
//! ```
//! Calls the service and nothing else: knows neither store nor plugin, and decides nothing about
//! instances.
//!
//! # Invariants
//! * Every failure, the router's own included, is a problem (RFC 9457) with a code of the table in
//!   [`problem`]; every code an operation may answer with is in the OpenAPI document.
//! * No answer and no log line holds a secret's value: requests are read into types without
//!   `Debug`, and no complaint quotes what it complains about in a body.
//! * Everything that comes from outside has a bound: connections, head, body, and the time each
//!   may take.

mod console;
mod extract;
mod handlers;
mod middleware;
mod openapi;
mod options;
mod pages;
mod problem;
mod router;
mod server;
mod sse;
mod state;
mod wire;

#[cfg(test)]
mod tests;

pub use options::*;
pub use problem::refusal;
pub use server::{Drained, Error, Server};
