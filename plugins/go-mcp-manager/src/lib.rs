//! The default provisioner: workloads are containers behind a `go-mcp-manager`.
//!
//! ```text
//! create ── POST /containers ─┬─ 201 ─────────────────────────────> created
//!                             ├─ no answer ───────────────────────> outcome unknown (the host inspects)
//!                             ├─ refused with a reason ───────────> invalid, or not applied
//!                             └─ the name is taken, or may be ─> GET /containers/NAME
//!                                         ours ───────────────────> adopted
//!                                         somebody else's ────────> foreign
//!                                         unknown, gone, stuck ───> orphan suspected (the host takes another name)
//! ```
//!
//! What shapes this plugin is how the manager behaves:
//!
//! * It speaks one of two **dialects**: its templates live with it and a request names one, or a request
//!   names image and port. `GET /templates` tells them apart.
//! * Nearly every failure is a 500, told apart by its text alone (see [`refusal`]).
//! * It answers nothing while it makes or removes a container. **Slow is busy, not down**: a read that
//!   is not answered is a failure and never "absent".
//! * It drops an answer that took too long but goes on working; a container that did not start well
//!   stays behind, untracked, and holds its name.
//! * Its own `error` status is often wrong: whether the process lives is asked of `/health`, and whether
//!   it serves MCP is for the host to ask.
//! * It echoes environments, secrets included: nothing of an environment ever leaves this plugin.
//!
//! It knows nothing of phases, retries and backoff: it says what happened, the host decides.

mod manager;
mod refusal;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use wharfinger_plugin_sdk::prelude::*;

use crate::manager::{Health, Manager, OfferedTemplate, Record};
use crate::refusal::{CreateRefusal, DeleteRefusal};

/// The settings; [`SCHEMA`] says the same to tools.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GoMcpManager {
    #[serde(default)]
    dialect: Dialect,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Dialect {
    /// Ask the manager.
    #[default]
    Auto,
    /// Requests name one of the manager's templates.
    Templates,
    /// Requests name image and port.
    Image,
}

const SCHEMA: &str = r#"{
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "dialect": {
      "enum": ["auto", "templates", "image"],
      "default": "auto",
      "description": "How the manager is asked for a container: by one of its templates, by image and port, or as it turns out."
    }
  }
}"#;

/// The manager cuts a name down to these; one that is changed by that is lost after its restart.
const LONGEST_NAME: usize = 60;
/// Names that are routes of the manager.
const ROUTES: [&str; 2] = ["health", "validate"];

#[derive(Serialize)]
struct CreateBody<'a> {
    service_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<u16>,
    environment: Pairs,
    labels: Pairs,
}

impl Plugin for GoMcpManager {
    fn describe() -> Description {
        Description::new("go-mcp-manager", env!("CARGO_PKG_VERSION"))
            .settings_schema(SCHEMA)
            .capability("owned")
            .capability("templates")
    }
}

impl Provisioner for GoMcpManager {
    fn templates(&self, _: TemplatesQuery) -> Result<TemplatesPage, Failure> {
        let offered = match self.dialect {
            Dialect::Image => None,
            Dialect::Auto => Manager::new().templates()?,
            Dialect::Templates => Some(Manager::new().templates()?.ok_or_else(no_templates)?),
        };
        let mut templates: Vec<Template> = offered.into_iter().flatten().filter_map(usable).collect();
        templates.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(TemplatesPage { templates, ..TemplatesPage::default() })
    }

    fn create(&self, call: CreateCall) -> Result<Creation, Failure> {
        check_name(&call.target.workload_name)?;
        let manager = Manager::patient();
        let by_template = match self.dialect {
            Dialect::Templates => true,
            Dialect::Image => false,
            Dialect::Auto => manager.templates()?.is_some(),
        };
        let body = if by_template { template_body(&call)? } else { image_body(&call)? };
        let creation = make(&manager, &call, &body)?;
        Ok(if by_template { creation } else { warn_of_what_is_ignored(creation, &call.request.template) })
    }

    fn inspect(&self, call: InspectCall) -> Result<Observation, Failure> {
        let manager = Manager::new();
        let name = &call.target.workload_name;
        let Some(record) = manager.find(name)? else {
            return Ok(Observation::absent("the manager knows no such container"));
        };
        if !is_ours(&record, &call.target) {
            return Ok(Observation::absent("the container of this name carries somebody else's marks"));
        }
        let observation = match manager.health(name)? {
            Health::Alive => Observation::new(WorkloadState::Running, "its process is alive"),
            Health::Dead(status) if status == "starting" => {
                Observation::new(WorkloadState::Starting, "it is starting")
            }
            Health::Dead(status) => {
                Observation::new(WorkloadState::Stopped, format!("its process is not alive ({status})"))
            }
            Health::Lost => Observation::new(
                WorkloadState::Stopped,
                "the manager has a record of it, but podman can no longer inspect it: it was removed behind the manager's back",
            ),
            Health::Forgotten => return Ok(Observation::absent("the manager knows no such container")),
            Health::NoSuchRoute => by_recorded_status(&record.status),
        };
        Ok(observation.workload(record.workload()))
    }

    fn destroy(&self, call: DestroyCall) -> Result<Destruction, Failure> {
        let manager = Manager::new();
        let name = &call.target.workload_name;
        let Some(record) = manager.find(name)? else { return Ok(Destruction::gone()) };
        if !is_ours(&record, &call.target) {
            log::warn!("{name} carries somebody else's marks: it is left alone, and ours is gone");
            return Ok(Destruction::gone());
        }
        let response = manager.delete(name)?;
        if response.is_success() {
            return Ok(Destruction::gone());
        }
        match DeleteRefusal::of(&response) {
            DeleteRefusal::Gone => Ok(Destruction::gone()),
            DeleteRefusal::StuckRecord => Err(Failure::other(
                "stuck-record",
                format!(
                    "the manager could not remove the container {name} and now keeps a stuck record of it: only a \
                     restart of the manager clears it; look with `podman ps -a` whether the container is still there"
                ),
            )),
            DeleteRefusal::Unclear(said) => Err(Failure::outcome_unknown(format!(
                "the manager did not remove the container {name}: {said}"
            ))),
        }
    }

    fn owned(&self, query: OwnedQuery) -> Result<OwnedPage, Failure> {
        let records = Manager::new().list()?;
        let mut workloads: Vec<OwnedWorkload> = records
            .iter()
            .filter_map(|record| {
                let target = record.target().filter(|target| target.owner == query.owner)?;
                let observation = by_recorded_status(&record.status).workload(record.workload());
                Some(OwnedWorkload { target, observation, extra: Pairs::new() })
            })
            .collect();
        workloads.sort_by(|one, other| one.target.workload_name.cmp(&other.target.workload_name));
        Ok(OwnedPage { workloads, ..OwnedPage::default() })
    }

    fn logs(&self, call: LogsQuery) -> Result<LogsPage, Failure> {
        Err(Failure::unsupported(format!(
            "go-mcp-manager hands out no logs: on its machine, `podman logs` shows those of the container whose name \
             ends in {}",
            call.target.workload_name
        )))
    }
}

export_provisioner!(GoMcpManager);

/// Sends the request and reads the answer, whatever it is.
fn make(manager: &Manager, call: &CreateCall, body: &CreateBody<'_>) -> Result<Creation, Failure> {
    let name = &call.target.workload_name;
    // A lost answer is an unknown outcome by itself: the manager goes on working after it hung up.
    let response = manager.create(body, call.deadline)?;
    if response.is_success() {
        let record: Record = response.json()?;
        let creation = Creation::created(record.workload());
        return Ok(match response.header("x-warning") {
            Some(warning) => creation.warning(format!("the manager warns: {warning}")),
            None => creation,
        });
    }
    match CreateRefusal::of(&response) {
        CreateRefusal::Invalid(said) => {
            Err(Failure::invalid(format!("the manager refuses the request: {said}")))
        }
        CreateRefusal::UnknownTemplate => {
            let message = format!("the manager has no template `{}`", call.request.template.name);
            let violation = Violation::new("/template", "unknown_template", message.clone());
            Err(Failure::invalid(message).violations([violation]))
        }
        CreateRefusal::Full(said) => Err(Failure::not_applied(format!(
            "the manager takes no more containers ({said}): delete some, or raise its MAX_CONTAINERS"
        ))
        .retry_after(Duration::from_secs(30))),
        CreateRefusal::NoSuchRoute => Err(no_containers()),
        CreateRefusal::NameTaken => match manager.find(name).map_err(unknown)? {
            Some(record) => adopt(&record, call),
            None => Err(Failure::outcome_unknown(format!(
                "the manager said that {name} exists and, asked again, that it does not"
            ))),
        },
        CreateRefusal::MayHoldName(said) => match manager.find(name).map_err(unknown)? {
            Some(record) => adopt(&record, call),
            None => Err(orphan(format!(
                "{said}. The manager does not know {name}, yet a container of that name may be left in podman and \
                 hold it (`podman ps -a`; a restart of the manager finds it again). Other reasons podman may have: an \
                 image that cannot be pulled, or a port that is taken; the manager's own log tells"
            ))),
        },
        CreateRefusal::Unclear(said) => {
            Err(Failure::outcome_unknown(format!("the manager failed while it made {name}: {said}")))
        }
    }
}

/// Something has the name already: ours from an earlier call, or not.
fn adopt(record: &Record, call: &CreateCall) -> Result<Creation, Failure> {
    let name = &call.target.workload_name;
    if !is_ours(record, &call.target)
        || (!record.is_marked() && images_differ(record, &call.request.template))
    {
        return Err(Failure::foreign(format!(
            "the container {name} belongs to somebody else; it was not touched"
        )));
    }
    // Reads wait for removals to end, so a record that is still `stopping` was left so by one that failed.
    if record.status == "stopping" {
        return Err(orphan(format!(
            "the manager keeps a stuck record of {name}, which it can neither use nor remove until it is restarted"
        )));
    }
    if record.target().is_some_and(|marked| marked.attempt < call.target.attempt) {
        return Err(Failure::not_applied(format!(
            "the container {name} of an earlier attempt is still there: it must be removed first"
        )));
    }
    Ok(Creation::adopted(record.workload()))
}

fn orphan(message: String) -> Failure {
    Failure::other("orphan-suspected", message)
}

/// A look that failed after a create that may have had an effect.
fn unknown(failure: Failure) -> Failure {
    Failure::outcome_unknown(format!("after a refused create, {failure}"))
}

fn no_containers() -> Failure {
    Failure::unsupported(
        "the upstream `manager` has no /containers: either the URL is not a go-mcp-manager's, or it runs on Kubernetes, \
         where it has none",
    )
}

fn no_templates() -> Failure {
    Failure::unsupported(
        "the manager has no /templates: it speaks the image dialect; set `dialect` to \"auto\" or \"image\"",
    )
}

/// Ours by our marks; without marks (the manager forgets them at its restart) by the name, which only
/// we give.
fn is_ours(record: &Record, target: &Target) -> bool {
    let marks = record.marks();
    let agrees = |mark: &str, wanted: &str| marks.get(mark).is_none_or(|value| value == wanted);
    agrees(Target::OWNER, &target.owner) && agrees(Target::INSTANCE, &target.instance_id)
}

fn images_differ(record: &Record, template: &Template) -> bool {
    template.image.as_ref().is_some_and(|image| !record.image.is_empty() && *image != record.image)
}

/// What the manager remembers. It overwrites this every 30 s by a look of its own that takes any server
/// for broken which does not serve `/`: an `error` proves nothing, so the host's own probe decides.
fn by_recorded_status(status: &str) -> Observation {
    match status {
        "running" | "healthy" => {
            Observation::new(WorkloadState::Running, "the manager recorded it as running")
        }
        "stopped" | "exited" => {
            Observation::new(WorkloadState::Stopped, format!("the manager recorded it as {status}"))
        }
        "stopping" => {
            Observation::new(WorkloadState::Stopped, "the manager stopped it and could not remove it")
        }
        "validating" | "pulling" | "created" | "configured" | "starting" => {
            Observation::new(WorkloadState::Starting, format!("the manager recorded it as {status}"))
        }
        _ => Observation::new(
            WorkloadState::Running,
            format!(
                "the manager recorded it as {status}, which proves nothing: it is taken to run until its endpoint says otherwise"
            ),
        ),
    }
}

/// The manager turns names into container names by lower-casing and squeezing; only a name that
/// survives this unchanged is found again.
fn check_name(name: &str) -> Result<(), Failure> {
    let edge = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let survives = name.chars().all(|letter| edge(letter) || letter == '-')
        && name.starts_with(edge)
        && name.ends_with(edge)
        && !name.contains("--");
    if !survives || name.len() > LONGEST_NAME || ROUTES.contains(&name) {
        return Err(Failure::invalid(format!(
            "`{name}` cannot name a container of the manager: at most {LONGEST_NAME} of a-z, 0-9 and single dashes \
             inside, and not {}",
            ROUTES.join(" or ")
        )));
    }
    Ok(())
}

fn template_body(call: &CreateCall) -> Result<CreateBody<'_>, Failure> {
    body(call, Some(&call.request.template.name), None, None)
}

fn image_body(call: &CreateCall) -> Result<CreateBody<'_>, Failure> {
    let template = &call.request.template;
    let bad_image = |code: &str, message: String| {
        Failure::invalid(message.clone()).violations([Violation::new("/template", code, message)])
    };
    let Some(image) = template.image.as_deref() else {
        let message = format!(
            "the template `{}` names no image, and this manager makes containers of images",
            template.name
        );
        return Err(bad_image("image_required", message));
    };
    // The manager hands the image to podman's command line as it is.
    if image.is_empty()
        || image.starts_with('-')
        || image.contains(|letter: char| letter.is_whitespace() || letter.is_control())
    {
        let message = format!("the image of the template `{}` is no image reference", template.name);
        return Err(bad_image("bad_image", message));
    }
    body(call, None, Some(image), Some(template.port))
}

fn body<'a>(
    call: &'a CreateCall,
    template: Option<&'a str>,
    image: Option<&'a str>,
    port: Option<u16>,
) -> Result<CreateBody<'a>, Failure> {
    let mut environment = call.request.environment.clone();
    environment.extend(call.secrets.clone());
    let bad: Vec<Violation> = environment
        .keys()
        .filter(|key| key.is_empty() || key.contains(['=', '\0']))
        .map(|key| {
            Violation::new(
                Violation::pointer_to(["environment", key.as_str()]),
                "bad_key",
                "no `=`, and not empty",
            )
        })
        .collect();
    if !bad.is_empty() {
        return Err(Failure::invalid("an environment variable has an impossible name").violations(bad));
    }
    if call.request.template.port == 0 {
        return Err(Failure::invalid(format!("the template `{}` has no port", call.request.template.name)));
    }
    environment.extend(call.target.marks());
    // Without these two the manager forgets name and port at its restart.
    environment.insert("MCP_SERVICE_NAME".into(), call.target.workload_name.clone());
    environment.insert("MCP_CONTAINER_PORT".into(), call.request.template.port.to_string());
    let mut labels = call.request.labels.clone();
    labels.extend(call.target.marks());
    Ok(CreateBody { service_name: &call.target.workload_name, template, image, port, environment, labels })
}

/// The manager accepts these and does nothing with them.
fn warn_of_what_is_ignored(mut creation: Creation, template: &Template) -> Creation {
    if !template.command.is_empty() {
        creation = creation.warning("`command` is ignored: go-mcp-manager runs the image's own command");
    }
    if !template.resources.is_empty() {
        creation = creation
            .warning("`resources` are ignored: go-mcp-manager gives every container its own defaults");
    }
    creation
}

/// A template of the manager that an instance can be made from.
fn usable(offered: OfferedTemplate) -> Option<Template> {
    let name = offered.name.clone();
    let label = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    let is_label = !name.is_empty()
        && name.len() <= 63
        && name.chars().all(|letter| label(letter) || letter == '-')
        && name.starts_with(label)
        && name.ends_with(label);
    let template = offered.template();
    if !is_label || template.port == 0 || template.image.is_none() {
        log::warn!(
            "the manager's template `{name}` is left out: it needs a name of a-z, 0-9 and -, an image and a port"
        );
        return None;
    }
    Some(template)
}

#[cfg(test)]
mod tests;
