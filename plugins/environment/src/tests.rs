//! What the environment hook lets through.

use wharfinger_plugin_sdk::prelude::*;

use crate::{Environment, looks_secret, matches};

fn review(settings: &str, environment: &[(&str, &str)], secrets: &[&str]) -> Verdict {
    let hook: Environment = settings::read(settings).unwrap();
    let environment =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let request = InstanceRequest { environment, ..InstanceRequest::default() };
    let secret_names = secrets.iter().map(|name| (*name).to_owned()).collect();
    hook.review(ReviewCall { request, secret_names, ..ReviewCall::default() }).unwrap()
}

fn complaints(verdict: &Verdict) -> Vec<(&str, &str)> {
    verdict.violations.iter().map(|violation| (violation.pointer.as_str(), violation.code.as_str())).collect()
}

#[test]
fn a_required_variable_may_come_in_clear_or_as_a_secret() {
    let settings = r#"{"required": ["TEAM", "TOKEN"]}"#;
    assert_eq!(review(settings, &[("TEAM", "a")], &["TOKEN"]), Verdict::allow());
    assert_eq!(
        complaints(&review(settings, &[], &[])),
        [("/environment/TEAM", "required"), ("/environment/TOKEN", "required")]
    );
}

#[test]
fn a_forbidden_variable_may_come_neither_way() {
    let settings = r#"{"forbidden": ["LD_*", "DEBUG"]}"#;
    let verdict = review(settings, &[("LD_PRELOAD", "x"), ("DEBUGGER", "x")], &["DEBUG"]);
    assert_eq!(verdict.decision, Decision::Deny);
    assert_eq!(
        complaints(&verdict),
        [("/environment/LD_PRELOAD", "forbidden"), ("/secrets/DEBUG", "forbidden")]
    );
}

#[test]
fn a_secret_in_clear_is_warned_of_unless_the_operator_decides_otherwise() {
    let environment = [("API_KEY", "x"), ("MODE", "fast")];
    let warned = review("{}", &environment, &[]);
    assert_eq!((warned.decision, warned.warnings.len()), (Decision::Allow, 1));
    let denied = review(r#"{"secret_like": "deny"}"#, &environment, &[]);
    assert_eq!(complaints(&denied), [("/environment/API_KEY", "secret_in_clear")]);
    assert_eq!(review(r#"{"secret_like": "off"}"#, &environment, &[]), Verdict::allow());
}

#[test]
fn a_secret_given_as_one_is_fine_and_so_is_an_empty_value() {
    let settings = r#"{"secret_like": "deny"}"#;
    assert_eq!(review(settings, &[("PASSWORD", "")], &["API_KEY"]), Verdict::allow());
}

#[test]
fn values_are_never_told() {
    let verdict = review(r#"{"secret_like": "deny", "forbidden": ["*"]}"#, &[("API_KEY", "hunter2")], &[]);
    assert!(!format!("{verdict:?}").contains("hunter2"));
}

#[test]
fn secrets_are_known_by_whole_words() {
    for name in [
        "API_KEY",
        "token",
        "DB_PASSWORD",
        "githubToken",
        "CLIENT-SECRET",
        "AWS_SECRET_ACCESS_KEY",
        "X.APIKEY",
    ] {
        assert!(looks_secret(name), "{name}");
    }
    for name in ["MONKEY", "MAX_TOKENS", "KEYBOARD", "AUTHOR", "PUBLIC_KEY", "TOKEN_FILE", "PATH", "MODE", ""]
    {
        assert!(!looks_secret(name), "{name}");
    }
}

#[test]
fn a_star_stands_for_any_characters() {
    for (pattern, name) in [
        ("*", ""),
        ("*", "A"),
        ("A*", "A"),
        ("*_KEY", "MY_KEY"),
        ("A*B*C", "AxBBxC"),
        ("A", "A"),
        ("A**B", "AB"),
    ] {
        assert!(matches(pattern, name), "{pattern} {name}");
    }
    for (pattern, name) in
        [("A*", "BA"), ("*_KEY", "KEY"), ("A*B*C", "AC"), ("A*A", "A"), ("A", "AB"), ("", "A")]
    {
        assert!(!matches(pattern, name), "{pattern} {name}");
    }
}

#[test]
fn settings_are_checked_key_by_key() {
    let pointers = |json: &str| -> Vec<String> {
        let failure = settings::check::<Environment>(json).unwrap_err();
        failure.violations.into_iter().map(|violation| violation.pointer).collect()
    };
    assert_eq!(settings::check::<Environment>("{}"), Ok(Vec::new()));
    assert_eq!(settings::check::<Environment>(r#"{"secret_like": "off"}"#).unwrap().len(), 1);
    assert_eq!(
        pointers(r#"{"required": "A", "forbidden": [1], "secret_like": "maybe", "optional": []}"#),
        ["/forbidden", "/optional", "/required", "/secret_like"]
    );
    assert_eq!(
        pointers(r#"{"required": ["", "LD_A"], "forbidden": ["LD_*", "A=B"]}"#),
        ["/required/0", "/forbidden/1", "/required/1"]
    );
}
