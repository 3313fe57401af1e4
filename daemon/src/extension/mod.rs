//! The extension points as Rust traits: what can be plugged in, and what it is asked.
//!
//! Knows nothing of WebAssembly, HTTP or TOML. Whoever implements these traits turns every way
//! of failing into a [`Failure`](crate::domain::Failure): a caller never sees a trap or a socket.
//!
//! Every provisioner call may be repeated; after a crash it will be.

mod caller;
mod hook;
mod plugins;
mod prober;
mod provisioner;
mod set;

pub use caller::{ToolCall, ToolCallError, ToolCaller};
pub use hook::{Hook, Review};
pub use plugins::{
    Candidate, CandidateRefusal, ConfigurationReport, PluginQuarantine, PluginRefusal, PluginReport,
    PluginState, Plugins, PreviousVersion, RollbackError,
};
pub use prober::{Answer, Era, Prober, Question, Rung};
pub use provisioner::{
    CreateOrder, CreateOutcome, Creation, LogsPage, LogsRequest, OwnedPage, OwnedWorkload, Provisioner, Reach,
};
pub use set::{ExtensionSet, Extensions, HookEntry, ProvisionerEntry, ProvisionerStanding};
