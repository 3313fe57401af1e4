//! What the operator of this machine asks of a running daemon, through a socket in its data
//! directory that only its own user can open.
//!
//! ```text
//!  wharfinger backup ──> {"backup":{"to":"/…","replace":false}} ──> lifecycle ──> store
//!                    <── {"backup":{"records":…,"bytes":…}} or {"refused":"…"}
//! ```
//!
//! One line of JSON each way, and the connection ends. One question at a time: others wait. Each
//! is bounded in size and time, and ends when whoever asked goes away. Knows nothing of HTTP.

mod client;
mod server;
mod wire;

pub use client::{Error, backup};
pub use server::Control;

use std::path::{Path, PathBuf};

fn socket(data_dir: &Path) -> PathBuf {
    data_dir.join("control.sock")
}
