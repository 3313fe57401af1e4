//! Instances as child processes of this machine, on loopback: for one machine without containers.
//!
//! The host starts the children and looks after them (grant `process`): each has a supervisor that
//! outlives the daemon, a process group of its own, bounded output, and its marks in its environment, by
//! which it is found again. This plugin says what to start and what the answers mean.
//!
//! A child's environment, later wins: what `pass_environment` lets through of the daemon's own, what was
//! asked, secrets included, then the marks; and `PORT`, a free loopback port that the child must listen
//! on. It runs the command that the template names, and nothing else.

use std::time::Duration;

use serde::Deserialize;
use wharfinger_plugin_sdk::prelude::*;
use wharfinger_plugin_sdk::process::{Child, Signal, SpawnCall};
use wharfinger_plugin_sdk::settings::Span;

/// The settings; [`SCHEMA`] says the same to tools.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Local {
    /// Names of the daemon's own variables that children inherit.
    #[serde(default = "usual_environment")]
    pass_environment: Vec<String>,
    /// How long a child may take to end after it was asked to.
    #[serde(default = "usual_grace")]
    stop_grace: Span,
}

const SCHEMA: &str = r#"{
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "pass_environment": {
      "type": "array",
      "items": { "type": "string", "minLength": 1 },
      "default": ["PATH", "HOME", "LANG", "TMPDIR"],
      "description": "Names of the daemon's own environment variables that children inherit."
    },
    "stop_grace": {
      "type": "string",
      "pattern": "^[0-9]+(ms|s|m|h)$",
      "default": "5s",
      "description": "How long a child may take to end after it was asked to (SIGTERM); then it is ended (SIGKILL)."
    }
  }
}"#;

/// The variable that tells a child where to listen.
const PORT: &str = "PORT";
/// Nothing outlives a SIGKILL for long; what does is asked for again.
const KILL_GRACE: Duration = Duration::from_secs(2);
/// The host waits a minute for a destruction, and killing comes after the grace.
const LONGEST_USEFUL_GRACE: Duration = Duration::from_secs(50);

fn usual_environment() -> Vec<String> {
    ["PATH", "HOME", "LANG", "TMPDIR"].map(str::to_owned).to_vec()
}

fn usual_grace() -> Span {
    Span(Duration::from_secs(5))
}

impl Plugin for Local {
    fn describe() -> Description {
        Description::new("local", env!("CARGO_PKG_VERSION"))
            .settings_schema(SCHEMA)
            .capability("logs")
            .capability("owned")
    }

    fn check(&self, report: &mut settings::Report) {
        for (position, name) in self.pass_environment.iter().enumerate() {
            if name.is_empty() || name.contains(['=', '\0']) {
                report.violation(
                    format!("/pass_environment/{position}"),
                    "bad_name",
                    "no name of a variable",
                );
            }
        }
        if self.stop_grace.0 > LONGEST_USEFUL_GRACE {
            report.warning(format!(
                "`stop_grace` of {} is longer than the host usually waits for a destruction",
                self.stop_grace
            ));
        }
    }
}

impl Provisioner for Local {
    fn create(&self, call: CreateCall) -> Result<Creation, Failure> {
        let template = &call.request.template;
        if template.command.is_empty() {
            let message = format!("the template `{}` names no command to run on this machine", template.name);
            let violation = Violation::new("/template", "command_required", message.clone());
            return Err(Failure::invalid(message).violations([violation]));
        }
        let creation = match process::inspect(&call.target)? {
            Some(child) if child.running => adopt(&child, &call.target)?,
            _ => Creation::created(workload(&process::spawn(self.spawn_call(&call))?)),
        };
        Ok(warn_of_what_is_ignored(creation, &call))
    }

    fn inspect(&self, call: InspectCall) -> Result<Observation, Failure> {
        Ok(match process::inspect(&call.target)? {
            Some(child) if is_ours(&child, &call.target) => observe(&child),
            Some(_) => Observation::absent("the child of this name belongs to another instance"),
            None => Observation::absent("there is no such child"),
        })
    }

    fn destroy(&self, call: DestroyCall) -> Result<Destruction, Failure> {
        match process::inspect(&call.target)? {
            Some(child) if is_ours(&child, &call.target) => {}
            Some(_) => {
                log::warn!("{} belongs to another instance: it is left alone", call.target.workload_name);
                return Ok(Destruction::gone());
            }
            None => return Ok(Destruction::gone()),
        }
        if process::signal(&call.target, Signal::Terminate, self.stop_grace.0)? {
            return Ok(Destruction::gone());
        }
        log::info!("{} did not end within {}: it is killed", call.target.workload_name, self.stop_grace);
        let gone = process::signal(&call.target, Signal::Kill, KILL_GRACE)?;
        Ok(if gone { Destruction::gone() } else { Destruction::going() })
    }

    fn owned(&self, query: OwnedQuery) -> Result<OwnedPage, Failure> {
        let page = process::children(&query.owner, query.cursor)?;
        let workloads = page
            .children
            .into_iter()
            .map(|child| OwnedWorkload {
                observation: observe(&child),
                target: child.target,
                extra: Pairs::new(),
            })
            .collect();
        Ok(OwnedPage { workloads, next_cursor: page.next_cursor, extra: Pairs::new() })
    }

    fn logs(&self, query: LogsQuery) -> Result<LogsPage, Failure> {
        process::logs(query)
    }
}

export_provisioner!(Local);

impl Local {
    fn spawn_call(&self, call: &CreateCall) -> SpawnCall {
        let mut environment = call.request.environment.clone();
        environment.extend(call.secrets.clone());
        environment.extend(call.target.marks());
        environment.remove(PORT);
        let inherited =
            self.pass_environment.iter().filter(|name| !environment.contains_key(*name) && *name != PORT);
        SpawnCall {
            target: call.target.clone(),
            command: call.request.template.command.clone(),
            pass_environment: inherited.cloned().collect(),
            environment,
            port_variable: Some(PORT.into()),
            extra: Pairs::new(),
        }
    }
}

/// A child runs under this name already: ours from a call whose answer was lost, or not.
fn adopt(child: &Child, target: &Target) -> Result<Creation, Failure> {
    let name = &target.workload_name;
    if !is_ours(child, target) {
        return Err(Failure::foreign(format!(
            "the child {name} belongs to another instance; it was not touched"
        )));
    }
    if child.target.attempt < target.attempt {
        return Err(Failure::not_applied(format!(
            "the child {name} of an earlier attempt is still running: it must be ended first"
        )));
    }
    Ok(Creation::adopted(workload(child)))
}

fn is_ours(child: &Child, target: &Target) -> bool {
    child.target.owner == target.owner && child.target.instance_id == target.instance_id
}

fn workload(child: &Child) -> Workload {
    Workload {
        id: child.id.clone(),
        name: child.target.workload_name.clone(),
        url: child.port.map(|port| format!("http://127.0.0.1:{port}")),
        port: child.port,
        extra: Pairs::new(),
    }
}

fn observe(child: &Child) -> Observation {
    let observation = match (child.running, child.exit_code) {
        (true, _) => Observation::new(WorkloadState::Running, "its process is alive"),
        (false, Some(code @ 129..=192)) => {
            Observation::new(WorkloadState::Stopped, format!("it was ended by signal {}", code - 128))
        }
        (false, Some(code)) => {
            Observation::new(WorkloadState::Stopped, format!("it ended with exit code {code}"))
        }
        (false, None) => Observation::new(WorkloadState::Stopped, "it ended, nobody saw how"),
    };
    let exit_code = if child.running { None } else { child.exit_code };
    observation.exit_code(exit_code).workload(workload(child))
}

fn warn_of_what_is_ignored(mut creation: Creation, call: &CreateCall) -> Creation {
    let template = &call.request.template;
    // An `image` beside the command is not ignored: it is the same server for other backends.
    if !template.resources.is_empty() {
        creation = creation.warning("`resources` are ignored: child processes have no limits of their own");
    }
    if call.request.environment.contains_key(PORT) || call.secrets.contains_key(PORT) {
        creation = creation.warning("`PORT` is ignored: every child gets a free port");
    }
    creation
}

#[cfg(test)]
mod tests;
