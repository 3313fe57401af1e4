//! Plugins: WebAssembly components that make workloads and review requests. wasmtime is here and
//! nowhere else.
//!
//! Knows nothing of phases, records or routes. What it offers are the traits of
//! [`extension`](crate::extension): whoever calls them sees answers and failures, never a trap.
//!
//! ```text
//!  door.rs      what the daemon does with plugins, and what the rest of it sees of them; ground.rs: what it
//!   │           has to be given; workbench.rs: the same for one plugin of an author
//!   └ swap.rs     one immutable set (set.rs), replaced whole; standing.rs says how each plugin stands
//!      └ draft.rs    the set that comes next:
//!         │ next.rs     from what is asked for, as its files are (survey.rs)
//!         │ serving.rs  from what serves on, with what is left to it (allowance.rs) and the credentials of now
//!         │ restore.rs  from what was published, or served before
//!         └ workshop.rs one plugin (built.rs) of its material.rs, which lies in stock.rs: the operator's files
//!            │           (regular.rs) and our own copies (warehouse.rs), known by their digest.rs; trial.rs
//!            │ load.rs     its birth: compiler.rs, compilation.rs, engine.rs; schema.rs; anatomy.rs without it
//!            └ provisioner.rs, hook.rs    the component as an extension, denied.rs instead of one;
//!               │                          convert/ its words; cleanup.rs after it
//!               └ call.rs    one call: fresh sandbox (limiter.rs), turn, deadline, how it ended (stats.rs,
//!                  │          quarantine.rs)
//!                  └ host/      what the guest finds: log, settings, wasi, http, process
//! ```
//!
//! Invariants:
//! * A guest gets what it was granted by name, by type where possible: what is not granted is not
//!   linked. Operators' credentials never enter a sandbox; secrets of an instance enter it in
//!   `create` alone, and are replaced in everything that comes back.
//! * Every call has its own sandbox, which nothing survives.
//! * Everything has a bound: file, memory, handles, time, turns, request, answer, lines of log.

mod allowance;
mod anatomy;
mod bindings;
mod built;
mod call;
mod cleanup;
mod compilation;
mod compiler;
mod convert;
mod denied;
mod digest;
mod door;
mod draft;
mod engine;
mod error;
mod ground;
mod hook;
mod host;
#[cfg(test)]
mod hostile_tests;
mod limiter;
mod load;
mod material;
mod next;
mod options;
mod provisioner;
mod quarantine;
mod regular;
mod restore;
mod schema;
mod serving;
mod set;
mod standing;
mod stats;
mod stock;
mod survey;
mod swap;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod trial;
mod warehouse;
mod workbench;
mod workshop;

pub use allowance::{Allowance, Allowances, Left, Shown};
pub use anatomy::Anatomy;
pub use compilation::compile;
pub use door::PluginHost;
pub use error::{Error, Refusal, Subject};
pub use ground::{CountInstances, Ground, Ledger, ReadTable, ReloadRequests, Wiring};
pub use host::{Asked, Exchange, Script, ScriptedAnswer};
pub use options::*;
pub use swap::Reloaded;
pub use workbench::{Loaded, Workbench, inspect};
