//! A provisioner whose `create` behaves as its settings say; it makes nothing, ever.

use std::time::Duration;

use serde::Deserialize;
use wharfinger_plugin_sdk::prelude::*;

/// How to answer a create.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Mood {
    Refuse,
    Panic,
    Loop,
    EatMemory,
    /// Says "created" and names no workload.
    Lie,
    /// Fails, and tells every secret it was given.
    Blab,
    /// Asks for an address it was not granted.
    Stray,
    /// Tells what its upstream `backend` answers, and waits for that as long as it may.
    Ask,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Moody {
    mood: Mood,
}

impl Plugin for Moody {
    fn describe() -> Description {
        Description::new("moody-provisioner", env!("CARGO_PKG_VERSION"))
    }
}

impl Provisioner for Moody {
    fn create(&self, call: CreateCall) -> Result<Creation, Failure> {
        match self.mood {
            Mood::Refuse => Err(Failure::invalid("never")),
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
            Mood::Lie => Ok(Creation { workload: None, ..Creation::created(Workload::default()) }),
            Mood::Blab => {
                let told: Vec<String> =
                    call.secrets.iter().map(|(key, value)| format!("{key}={value}")).collect();
                log::warn!("the secrets are {}", told.join(" "));
                Err(Failure::invalid(format!("the secrets are {}", told.join(" "))))
            }
            Mood::Stray => {
                http::Client::upstream("elsewhere").get("/").send()?;
                Err(Failure::invalid("an address that was not granted answered"))
            }
            Mood::Ask => {
                let answer =
                    http::Client::upstream("backend").timeout(Duration::from_secs(600)).get("/").send()?;
                let length = answer.body.len();
                Err(Failure::invalid(format!("the backend said {} and {length} bytes", answer.status)))
            }
        }
    }

    fn inspect(&self, _: InspectCall) -> Result<Observation, Failure> {
        Ok(Observation::absent("it makes nothing"))
    }

    fn destroy(&self, _: DestroyCall) -> Result<Destruction, Failure> {
        Ok(Destruction::gone())
    }
}

export_provisioner!(Moody);
