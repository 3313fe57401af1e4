//! Where the binaries under test are.
//!
//! A test executable lies in `target/release/deps`; the binaries of the same profile lie
//! one folder up. They are found there instead of being built by the test, so that a
//! test never waits for a compiler without saying so.

use std::path::{Path, PathBuf};

/// The workspace's root folder, where `config/`, `plugins/` and `target/` are by default.
pub fn workspace_root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("this crate lies in a folder of the workspace").to_owned()
}

/// The folder of the binaries built beside this test executable (`target/release`).
pub fn profile_dir() -> PathBuf {
    let test = std::env::current_exe().expect("a running test knows its own path");
    let dir = test.parent().expect("an executable lies in a folder");
    if dir.ends_with("deps") {
        dir.parent().expect("deps lies in a folder").to_owned()
    } else {
        dir.to_owned()
    }
}

/// The path of the binary `name`.
///
/// # Panics
/// When it has not been built, with the command that builds it.
#[track_caller]
pub fn binary(name: &str) -> PathBuf {
    let path = profile_dir().join(name);
    assert!(
        path.is_file(),
        "{} is missing: build it with `cargo build --release --bin {name}`, \
         or run all tests with `cargo xtask test`, which builds it first",
        path.display()
    );
    path
}

/// The daemon, `wharfinger`.
#[track_caller]
pub fn wharfinger() -> PathBuf {
    binary("wharfinger")
}

/// The workload of most tests, `demo-server`.
#[track_caller]
pub fn demo_server() -> PathBuf {
    binary("demo-server")
}

/// Where a guest that only tests need is built to, whether it is there or not.
pub fn test_plugin(name: &str) -> PathBuf {
    let profile = profile_dir();
    let target = profile.parent().expect("a profile's folder lies in target");
    target.join(format!("test-plugins/{name}.wasm"))
}
