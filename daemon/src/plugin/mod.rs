//! Plugins: WebAssembly components that make workloads and review requests. wasmtime is here and
//! nowhere else.
//!
//! Knows nothing of phases, records or routes. What it offers are the traits of
//! [`extension`](crate::extension): whoever calls them sees answers and failures, never a trap.
//!
//! ```text
//!  set.rs      one immutable set, replaced whole; standing.rs says how each plugin stands
//!  workbench.rs   or one plugin by itself, for its author; anatomy.rs says what its file is
//!   └ build.rs    one plugin from its table: load.rs (the birth), compiler.rs, engine.rs
//!      └ provisioner.rs, hook.rs    the component as an extension; convert/ its words
//!         └ call.rs    one call: fresh sandbox, turn, deadline, how it ended
//!            └ host/      what the guest finds: log, settings, wasi, http, process
//! ```
//!
//! Invariants:
//! * A guest gets what it was granted by name, by type where possible: what is not granted is not
//!   linked. Operators' credentials never enter a sandbox; secrets of an instance enter it in
//!   `create` alone, and are replaced in everything that comes back.
//! * Every call has its own sandbox, which nothing survives.
//! * Everything has a bound: file, memory, handles, time, turns, request, answer, lines of log.

mod anatomy;
mod bindings;
mod build;
mod call;
mod compiler;
mod convert;
mod engine;
mod error;
mod hook;
mod host;
mod limiter;
mod load;
mod options;
mod provisioner;
mod schema;
mod set;
mod standing;
mod stats;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod workbench;

pub use anatomy::Anatomy;
pub use error::{Error, Refusal, Subject};
pub use host::{Asked, Exchange, Script, ScriptedAnswer};
pub use options::*;
pub use set::{Host, Owned, PluginHost, Reloaded};
pub use workbench::{Loaded, Workbench, inspect};
