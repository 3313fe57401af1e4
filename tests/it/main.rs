//! The integration tests: one binary, one file per resource.

mod fake_manager;
