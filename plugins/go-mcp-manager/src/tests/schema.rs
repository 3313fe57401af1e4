//! The settings: what is refused, and their schema.

use serde_json::Value;
use wharfinger_plugin_sdk::prelude::*;

use crate::GoMcpManager;

#[test]
fn settings_are_checked_key_by_key() {
    assert_eq!(settings::check::<GoMcpManager>("{}"), Ok(Vec::new()));
    let failure =
        settings::check::<GoMcpManager>(r#"{"dialect": "klingon", "url": "http://x"}"#).unwrap_err();
    let pointers: Vec<&str> = failure.violations.iter().map(|violation| violation.pointer.as_str()).collect();
    assert_eq!(pointers, ["/dialect", "/url"]);
}

#[test]
fn the_schema_is_json() {
    let schema = GoMcpManager::describe().settings_schema.unwrap();
    serde_json::from_str::<Value>(&schema).unwrap();
}
