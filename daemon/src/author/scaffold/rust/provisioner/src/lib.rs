//! A provisioner: workloads are boxes of a service that is asked by HTTP.
//!
//! ```text
//! POST   /boxes         {name, image, port, environment, labels} → 201 box, 409 the name is taken
//! GET    /boxes/NAME    200 box, 404
//! DELETE /boxes/NAME    204, 404
//! GET    /boxes?label=OWNER    200 [box…]
//! ```
//!
//! The service is the upstream `boxes`: its address, certificates and credentials are the host's.

use std::time::Duration;

use serde::Deserialize;
use wharfinger_plugin_sdk::prelude::*;

/// The settings; [`SCHEMA`] says the same to the host, which checks them before this plugin does.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Boxes {
    /// Put in front of images that name no registry.
    #[serde(default)]
    registry: Option<String>,
}

const SCHEMA: &str = r#"{
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "registry": { "type": "string", "minLength": 1, "description": "Put in front of images that name no registry." }
  }
}"#;

/// A look is quick, or it is worth nothing.
const LOOK: Duration = Duration::from_secs(5);

/// A box, as the service shows it.
#[derive(Deserialize)]
struct Shown {
    id: String,
    name: String,
    state: String,
    url: Option<String>,
    labels: Pairs,
}

impl Plugin for Boxes {
    fn describe() -> Description {
        Description::new("{{name}}", env!("CARGO_PKG_VERSION")).settings_schema(SCHEMA).capability("owned")
    }
}

impl Provisioner for Boxes {
    fn create(&self, call: CreateCall) -> Result<Creation, Failure> {
        let template = &call.request.template;
        let Some(image) = &template.image else {
            let violation = Violation::new("/template", "image_required", "a box runs an image");
            return Err(Failure::invalid("the template names no image").violations([violation]));
        };
        let mut environment = call.request.environment.clone();
        environment.extend(call.secrets.clone());
        let body = serde_json::json!({
            "name": call.target.workload_name,
            "image": self.image(image),
            "port": template.port,
            "environment": environment,
            "labels": call.target.marks(),
        });
        let response = service().timeout(call.deadline).post("/boxes").json(&body).send()?;
        match response.status {
            201 => Ok(Creation::created(workload(response.json()?))),
            409 => adopt(&call.target),
            // Nothing was made, for certain, and repeating it would not help.
            400 | 422 => Err(Failure::invalid(format!("the service refuses this box: {}", response.text()))),
            // Nothing was made, and it may work another time.
            429 | 503 => Err(Failure::not_applied("the service has no room for a box now")),
            // Who can say? The host looks before it does anything else.
            status => Err(Failure::outcome_unknown(format!("the service answered {status}"))),
        }
    }

    fn inspect(&self, call: InspectCall) -> Result<Observation, Failure> {
        Ok(match look(&call.target)? {
            Some(shown) if is_ours(&shown, &call.target) => observe(shown),
            Some(_) => Observation::absent("the box of this name belongs to somebody else"),
            None => Observation::absent("there is no such box"),
        })
    }

    fn destroy(&self, call: DestroyCall) -> Result<Destruction, Failure> {
        match look(&call.target)? {
            Some(shown) if is_ours(&shown, &call.target) => {}
            // Gone already is gone; what is not ours is left alone.
            _ => return Ok(Destruction::gone()),
        }
        let response = service().delete(path(&call.target)).send()?;
        match response.status {
            204 | 404 => Ok(Destruction::gone()),
            202 => Ok(Destruction::going()),
            status => Err(Failure::outcome_unknown(format!("the service answered {status}"))),
        }
    }

    fn owned(&self, query: OwnedQuery) -> Result<OwnedPage, Failure> {
        let path = format!("/boxes?label={}", http::segment(&query.owner));
        let response = service().timeout(LOOK).get(path).send()?;
        if response.status != 200 {
            return Err(Failure::not_applied(format!("the service answered {}", response.status)));
        }
        let shown: Vec<Shown> = response.json()?;
        let owned = |shown: Shown| {
            let target = Target::from_marks(&shown.name, &shown.labels)?;
            Some(OwnedWorkload { target, observation: observe(shown), extra: Pairs::new() })
        };
        Ok(OwnedPage { workloads: shown.into_iter().filter_map(owned).collect(), ..OwnedPage::default() })
    }
}

export_provisioner!(Boxes);

impl Boxes {
    fn image(&self, image: &str) -> String {
        match &self.registry {
            Some(registry) if !image.contains('/') => format!("{registry}/{image}"),
            _ => image.to_owned(),
        }
    }
}

fn service() -> http::Client {
    http::Client::upstream("boxes")
}

fn path(target: &Target) -> String {
    format!("/boxes/{}", http::segment(&target.workload_name))
}

/// `None`: the service says that there is no such box. That it cannot be asked is a failure.
fn look(target: &Target) -> Result<Option<Shown>, Failure> {
    let response = service().timeout(LOOK).get(path(target)).send()?;
    match response.status {
        200 => Ok(Some(response.json()?)),
        404 => Ok(None),
        status => Err(Failure::not_applied(format!("the service answered {status}"))),
    }
}

/// The name is taken: by us, if an answer was lost, or by somebody else.
fn adopt(target: &Target) -> Result<Creation, Failure> {
    match look(target)? {
        Some(shown) if is_ours(&shown, target) => Ok(Creation::adopted(workload(shown))),
        Some(_) => Err(Failure::foreign("a box of this name belongs to somebody else; it was not touched")),
        None => Err(Failure::not_applied("a box of this name went away in this moment")),
    }
}

fn is_ours(shown: &Shown, target: &Target) -> bool {
    Target::from_marks(&shown.name, &shown.labels)
        .is_some_and(|marks| marks.owner == target.owner && marks.instance_id == target.instance_id)
}

fn workload(shown: Shown) -> Workload {
    Workload { id: shown.id, name: shown.name, url: shown.url, ..Workload::default() }
}

fn observe(shown: Shown) -> Observation {
    let state = match shown.state.as_str() {
        "starting" => WorkloadState::Starting,
        "running" => WorkloadState::Running,
        "stopped" => WorkloadState::Stopped,
        other => WorkloadState::Other(other.to_owned()),
    };
    Observation::new(state, format!("the box is {}", shown.state)).workload(workload(shown))
}

#[cfg(test)]
mod tests {
    use wharfinger_plugin_sdk::testing;

    use super::*;

    fn plugin() -> Boxes {
        testing::plugin(include_str!("../settings.json"))
    }

    fn asked() -> testing::Request {
        testing::request("files").image("files:1.4").secret("API_TOKEN", "hunter2")
    }

    fn shown(owner: &str) -> serde_json::Value {
        let target = Target { owner: owner.into(), ..asked().target() };
        serde_json::json!({
            "id": "b1", "name": target.workload_name, "state": "running",
            "url": "http://10.0.0.7:8080", "labels": target.marks(),
        })
    }

    #[test]
    fn a_box_is_made_with_marks_and_secrets() {
        testing::script([testing::post("/boxes").answers_json(201, &shown(&asked().target().owner))]);
        let creation = plugin().create(asked().create()).unwrap();
        assert_eq!(creation.outcome, CreateOutcome::Created);
        let sent = &testing::sent()[0].json;
        assert_eq!(sent["image"], "registry.example/files:1.4");
        assert_eq!(sent["environment"]["API_TOKEN"], "hunter2");
        assert_eq!(sent["labels"][Target::OWNER], asked().target().owner);
        testing::script_is_done();
    }

    #[test]
    fn a_lost_answer_is_an_unknown_outcome() {
        testing::script([testing::post("/boxes").loses_the_answer()]);
        assert_eq!(plugin().create(asked().create()).unwrap_err().kind, FailureKind::OutcomeUnknown);
    }

    #[test]
    fn a_name_that_is_taken_is_ours_or_foreign() {
        let path = path(&asked().target());
        for (owner, adopted) in [(asked().target().owner.as_str(), true), ("somebody-else", false)] {
            testing::script([
                testing::post("/boxes").answers(409, ""),
                testing::get(path.as_str()).answers_json(200, &shown(owner)),
            ]);
            match plugin().create(asked().create()) {
                Ok(creation) => assert!(adopted && creation.outcome == CreateOutcome::Adopted),
                Err(failure) => assert!(!adopted && failure.kind == FailureKind::Foreign),
            }
        }
    }

    #[test]
    fn only_the_services_word_makes_a_box_absent() {
        let path = path(&asked().target());
        testing::script([
            testing::get(path.as_str()).answers(404, ""),
            testing::get(path.as_str()).answers(500, ""),
            testing::get(path.as_str()).refuses_the_connection(),
        ]);
        assert_eq!(plugin().inspect(asked().inspect()).unwrap().state, WorkloadState::Absent);
        assert!(plugin().inspect(asked().inspect()).is_err());
        assert!(plugin().inspect(asked().inspect()).is_err());
    }
}
