//! What a developer of Wharfinger runs.
fn main() {}
