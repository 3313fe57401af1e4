//! Write a Wharfinger plugin in one readable file.
//!
//! A plugin is a Rust struct whose fields are its settings. It implements [`Plugin`] (who am I, are
//! my settings good?) and either [`Provisioner`] (make, inspect and destroy workloads) or [`Hook`]
//! (review a request before it is accepted), and one macro exports it:
//!
//! ```
//! use serde::Deserialize;
//! use wharfinger_plugin_sdk::prelude::*;
//!
//! /// Refuses names that are longer than the operator allows.
//! #[derive(Deserialize)]
//! #[serde(deny_unknown_fields)]
//! struct ShortNames {
//!     limit: usize,
//! }
//!
//! impl Plugin for ShortNames {
//!     fn describe() -> Description {
//!         Description::new("short-names", "1.0.0")
//!     }
//! }
//!
//! impl Hook for ShortNames {
//!     fn review(&self, call: ReviewCall) -> Result<Verdict, Failure> {
//!         log::debug!("reviewing {}", call.request.name);
//!         if call.request.name.len() <= self.limit {
//!             return Ok(Verdict::allow());
//!         }
//!         Ok(Verdict::deny([Violation::new("/name", "too_long", format!("at most {} characters", self.limit))]))
//!     }
//! }
//!
//! export_hook!(ShortNames);
//! # fn main() {}
//! ```
//!
//! What holds for every plugin:
//!
//! * **No memory between calls.** Each call runs in a fresh sandbox; the struct is read anew from the
//!   settings. What must be remembered is remembered by the backend, or by the host.
//! * **Every call may be repeated**, and after a crash of the host it will be.
//! * **What a component imports is what its code uses.** One that uses [`http`] needs an upstream, one
//!   that uses [`process`] needs the grant `process`, and a hook may use neither: the host refuses it.
//! * **A panic is a trap**: its text goes to the log and the call fails with an unknown outcome.
//! * Built for anything else than `wasm32`, the crate talks to the doubles in `testing` instead of a
//!   host, so plain `cargo test` tests a plugin's rules.

mod bindings;
mod convert;
mod failure;
#[doc(hidden)]
pub mod guest;
mod hook;
pub mod http;
pub mod log;
mod plugin;
pub mod process;
mod provisioner;
mod request;
pub mod settings;
#[cfg(not(target_arch = "wasm32"))]
pub mod testing;
mod workload;

/// A sandbox is made anew for each call: an allocator that begins with the memory the module has spares
/// each one from growing it, which the standard library's does first of all. The feature `allocator`.
#[cfg(all(feature = "allocator", target_arch = "wasm32", target_os = "unknown"))]
#[global_allocator]
static HEAP: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// What the README shows compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub use failure::{Failure, FailureKind, Violation};
pub use hook::{Decision, Hook, ReviewCall, Verdict};
pub use plugin::{Description, Plugin};
pub use provisioner::{
    CreateCall, CreateOutcome, Creation, DestroyCall, Destruction, InspectCall, LogLine, LogsPage, LogsQuery,
    Observation, OwnedPage, OwnedQuery, OwnedWorkload, Provisioner, TemplatesPage, TemplatesQuery,
    WorkloadState,
};
pub use request::{InstanceRequest, Pairs, Template};
pub use workload::{Target, Workload};

/// Everything a plugin usually names: `use wharfinger_plugin_sdk::prelude::*;`.
pub mod prelude {
    pub use crate::{
        CreateCall, CreateOutcome, Creation, Decision, Description, DestroyCall, Destruction, Failure,
        FailureKind, Hook, InspectCall, InstanceRequest, LogLine, LogsPage, LogsQuery, Observation,
        OwnedPage, OwnedQuery, OwnedWorkload, Pairs, Plugin, Provisioner, ReviewCall, Target, Template,
        TemplatesPage, TemplatesQuery, Verdict, Violation, Workload, WorkloadState, export_hook,
        export_provisioner, http, log, process, settings,
    };
}

/// Exports a type that implements [`Provisioner`]: `export_provisioner!(MyBackend);`, once in a crate.
///
/// The same macro serves backends behind HTTP and those that start child processes: the component
/// imports what its code uses.
#[macro_export]
macro_rules! export_provisioner {
    ($plugin:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exported = $crate::guest::ProvisionerGuest<$plugin>;
    $crate::guest::export_info_world!(Exported with_types_in $crate::guest::info);
    $crate::guest::export_provisioner_world!(Exported with_types_in $crate::guest::provisioner);
        };
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() = $crate::guest::is_provisioner::<$plugin>;
    };
}

/// Exports a type that implements [`Hook`]: `export_hook!(MyPolicy);`, once in a crate.
#[macro_export]
macro_rules! export_hook {
    ($plugin:ty) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            type Exported = $crate::guest::HookGuest<$plugin>;
    $crate::guest::export_info_world!(Exported with_types_in $crate::guest::info);
    $crate::guest::export_hook_world!(Exported with_types_in $crate::guest::hook);
        };
        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() = $crate::guest::is_hook::<$plugin>;
    };
}
