//! Wharfinger: the control plane for MCP server instances.

pub mod api;
pub mod catalog;
pub mod config;
pub mod domain;
pub mod extension;
pub mod lifecycle;
pub mod plugin;
pub mod probe;
pub mod process;
pub mod reconciler;
pub mod runtime;
pub mod service;
pub mod store;
