//! What plugins in other languages need, which not every machine has.

#![expect(clippy::print_stderr, reason = "a test that did nothing must say so")]

/// Whether `what` is there, which `cargo xtask plugins --all-languages` makes and which needs Python and Node. A
/// test that does nothing without it says so; in CI (the variable `CI` is set) it fails.
pub fn is_there(found: bool, what: &str) -> bool {
    const MAKE_IT: &str = "`cargo xtask plugins --all-languages` makes it";
    if !found {
        assert!(std::env::var_os("CI").is_none(), "{what} is missing in CI: {MAKE_IT}");
        eprintln!("SKIPPED, {what} is missing: {MAKE_IT}");
    }
    found
}
