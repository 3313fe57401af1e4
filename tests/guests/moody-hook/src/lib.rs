//! A hook that behaves as its settings say: well, or in one of the ways that plugins fail.

use serde::Deserialize;
use wharfinger_plugin_sdk::prelude::*;

/// How to answer a review.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mood {
    Allow,
    Warn,
    Deny,
    Fail,
    Panic,
    Loop,
    EatMemory,
    /// Denies any request in which a secret's value can be seen, to prove that it cannot.
    LookForSecrets,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Moody {
    mood: Mood,
}

impl Plugin for Moody {
    fn describe() -> Description {
        Description::new("moody-hook", env!("CARGO_PKG_VERSION"))
    }
}

impl Hook for Moody {
    fn review(&self, call: ReviewCall) -> Result<Verdict, Failure> {
        match self.mood {
            Mood::Allow => Ok(Verdict::allow()),
            Mood::Warn => Ok(Verdict::allow().warning("this once")),
            Mood::Deny => Ok(Verdict::deny([Violation::new("/labels", "bad_mood", "not today")])),
            Mood::Fail => Err(Failure::invalid("I cannot decide")),
            Mood::Panic => panic!("in this mood"),
            Mood::Loop => loop {
                std::hint::black_box(&call);
            },
            Mood::EatMemory => {
                let mut eaten: Vec<Vec<u8>> = Vec::new();
                loop {
                    eaten.push(vec![1; 1 << 20]);
                    std::hint::black_box(&eaten);
                }
            }
            Mood::LookForSecrets => {
                let names = call.secret_names.join(",");
                let plain = call.request.environment.values().any(|value| value.contains("hunter2"));
                Ok(if plain {
                    Verdict::deny([Violation::new("/secrets", "seen", "a value can be seen")])
                } else {
                    Verdict::allow().warning(format!("names: {names}"))
                })
            }
        }
    }
}

export_hook!(Moody);
