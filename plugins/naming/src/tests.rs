//! What the naming hook lets through.

use wharfinger_plugin_sdk::prelude::*;

use crate::Naming;

fn review(settings: &str, name: &str) -> Verdict {
    let naming: Naming = settings::read(settings).unwrap();
    let request = InstanceRequest { name: name.into(), ..InstanceRequest::default() };
    naming.review(ReviewCall { request, ..ReviewCall::default() }).unwrap()
}

fn complaints(settings: &str) -> Vec<String> {
    let failure = settings::check::<Naming>(settings).unwrap_err();
    failure.violations.into_iter().map(|violation| violation.pointer).collect()
}

#[test]
fn a_name_that_matches_is_allowed() {
    assert_eq!(review(r#"{"pattern": "^[a-z]"}"#, "files"), Verdict::allow());
}

#[test]
fn a_name_that_does_not_match_is_denied_with_the_pattern() {
    let verdict = review(r#"{"pattern": "^[a-z]"}"#, "9files");
    assert_eq!(verdict.decision, Decision::Deny);
    assert_eq!(verdict.violations[0].pointer, "/name");
    assert_eq!(verdict.violations[0].code, "name_not_allowed");
    assert!(verdict.violations[0].message.contains("^[a-z]"));
}

#[test]
fn the_operators_message_replaces_the_pattern() {
    let verdict = review(r#"{"pattern": "^team-", "message": "begin with your team"}"#, "x");
    assert_eq!(verdict.violations[0].message, "begin with your team");
}

#[test]
fn every_reason_is_told_at_once() {
    let verdict = review(r#"{"pattern": "^[a-z]+$", "max_length": 3}"#, "9files");
    let codes: Vec<&str> = verdict.violations.iter().map(|violation| violation.code.as_str()).collect();
    assert_eq!(codes, ["name_not_allowed", "name_too_long"]);
}

#[test]
fn length_counts_characters_not_bytes() {
    assert_eq!(review(r#"{"pattern": "", "max_length": 3}"#, "äöü"), Verdict::allow());
}

#[test]
fn bad_settings_are_told_key_by_key() {
    assert_eq!(complaints("{}"), ["/pattern"]);
    assert_eq!(complaints(r#"{"pattern": "(", "max_length": 0}"#), ["/pattern", "/max_length"]);
    assert_eq!(
        complaints(r#"{"pattern": 3, "max_length": -1, "color": "red"}"#),
        ["/color", "/max_length", "/pattern"]
    );
}

#[test]
fn the_schema_is_json_and_names_every_key() {
    let schema = Naming::describe().settings_schema.unwrap();
    for key in ["pattern", "max_length", "message"] {
        assert!(schema.contains(&format!("\"{key}\"")), "{key}");
    }
}
