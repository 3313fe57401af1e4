//! Provisioners: they make, inspect and destroy workloads.

use std::time::Duration;

use crate::{Failure, InstanceRequest, Pairs, Plugin, Target, Template, Workload};

/// Makes, inspects and destroys workloads.
///
/// Every call may be repeated, and after a crash of the host it will be.
///
/// ```
/// use serde::Deserialize;
/// use wharfinger_plugin_sdk::prelude::*;
/// use wharfinger_plugin_sdk::testing;
///
/// #[derive(Deserialize)]
/// struct Boxes {}
///
/// impl Plugin for Boxes {
///     fn describe() -> Description {
///         Description::new("boxes", "1.0.0")
///     }
/// }
///
/// fn path(target: &Target) -> String {
///     format!("/boxes/{}", http::segment(&target.workload_name))
/// }
///
/// impl Provisioner for Boxes {
///     fn create(&self, call: CreateCall) -> Result<Creation, Failure> {
///         let service = http::Client::upstream("boxes").timeout(call.deadline);
///         let response = service.put(path(&call.target)).json(&call.target.marks()).send()?;
///         match response.status {
///             201 => Ok(Creation::created(Workload { id: response.text().into(), ..Workload::default() })),
///             status => Err(Failure::outcome_unknown(format!("the service answered {status}"))),
///         }
///     }
///
///     fn inspect(&self, call: InspectCall) -> Result<Observation, Failure> {
///         match http::Client::upstream("boxes").get(path(&call.target)).send()?.status {
///             200 => Ok(Observation::new(WorkloadState::Running, "the service shows it")),
///             404 => Ok(Observation::absent("the service does not know it")),
///             // A backend that cannot be asked does not say that nothing is there.
///             status => Err(Failure::not_applied(format!("the service answered {status}"))),
///         }
///     }
///
///     fn destroy(&self, call: DestroyCall) -> Result<Destruction, Failure> {
///         http::Client::upstream("boxes").delete(path(&call.target)).send()?;
///         Ok(Destruction::gone())
///     }
/// }
///
/// let asked = testing::request("files");
/// let path = path(&asked.target());
/// testing::script([testing::put(path.as_str()).answers(201, "b1"), testing::get(path.as_str()).answers(404, "")]);
/// assert_eq!(Boxes {}.create(asked.create()).unwrap().workload.unwrap().id, "b1");
/// assert_eq!(Boxes {}.inspect(asked.inspect()).unwrap().state, WorkloadState::Absent);
/// ```
pub trait Provisioner: Plugin {
    /// The templates this backend brings itself; none is fine, and the default.
    fn templates(&self, query: TemplatesQuery) -> Result<TemplatesPage, Failure> {
        let _ = query;
        Ok(TemplatesPage::default())
    }

    /// Makes the workload named `call.target.workload_name`, or adopts it if it is there and ours:
    /// called twice it makes one.
    fn create(&self, call: CreateCall) -> Result<Creation, Failure>;

    /// Looks, and changes nothing. A workload that is not there is [`WorkloadState::Absent`], not a
    /// failure; a backend that cannot be asked is a failure, not `Absent`.
    fn inspect(&self, call: InspectCall) -> Result<Observation, Failure>;

    /// Removes the workload. One that is gone already is gone.
    fn destroy(&self, call: DestroyCall) -> Result<Destruction, Failure>;

    /// Every workload that carries this owner's mark. Say so with the capability `owned`.
    fn owned(&self, query: OwnedQuery) -> Result<OwnedPage, Failure> {
        let _ = query;
        Err(Failure::unsupported("this provisioner cannot list what it made"))
    }

    /// Output of the workload, oldest first; following is the host asking again. Say so with the
    /// capability `logs`.
    fn logs(&self, query: LogsQuery) -> Result<LogsPage, Failure> {
        let _ = query;
        Err(Failure::unsupported("this provisioner has no logs"))
    }
}

/// Asks for the backend's own templates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplatesQuery {
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// What later hosts say beside this.
    pub extra: Pairs,
}

/// Some of the backend's own templates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplatesPage {
    /// The templates; their names are unique.
    pub templates: Vec<Template>,
    /// Where the next page starts; none: this was the last.
    pub next_cursor: Option<String>,
    /// What this plugin wants to say beside that.
    pub extra: Pairs,
}

/// Asks for a workload.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CreateCall {
    /// What the user asked for.
    pub request: InstanceRequest,
    /// Which workload is meant.
    pub target: Target,
    /// Values of the request's secrets, to be set in the workload's environment; given to this call
    /// alone. Never repeat them in an answer or a log line.
    pub secrets: Pairs,
    /// After this long the host stops waiting and takes the outcome as unknown.
    pub deadline: Duration,
    /// What later hosts say beside this.
    pub extra: Pairs,
}

impl std::fmt::Debug for CreateCall {
    /// Names the secrets, and only names them: a debug line must not give them away.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("CreateCall")
            .field("request", &self.request)
            .field("target", &self.target)
            .field("secrets", &self.secrets.keys())
            .field("deadline", &self.deadline)
            .field("extra", &self.extra)
            .finish()
    }
}

/// How a creation went well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreateOutcome {
    /// It was made.
    Created,
    /// It was there already and is ours.
    Adopted,
    /// It is being made; the host inspects until it is there.
    Pending,
    /// An outcome that later hosts may know.
    Other(String),
}

/// The answer to a [`CreateCall`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Creation {
    /// How it went.
    pub outcome: CreateOutcome,
    /// Required with `Created` and `Adopted`.
    pub workload: Option<Workload>,
    /// What the template asked for and this backend ignored.
    pub warnings: Vec<String>,
    /// What this plugin wants to say beside that.
    pub extra: Pairs,
}

impl Creation {
    /// The workload was made.
    pub fn created(workload: Workload) -> Self {
        Self::with(CreateOutcome::Created, Some(workload))
    }

    /// The workload was there already and is ours.
    pub fn adopted(workload: Workload) -> Self {
        Self::with(CreateOutcome::Adopted, Some(workload))
    }

    /// The workload is being made; the host inspects until it is there.
    pub fn pending() -> Self {
        Self::with(CreateOutcome::Pending, None)
    }

    /// Adds what the template asked for and this backend ignored.
    #[must_use]
    pub fn warning(mut self, message: impl Into<String>) -> Self {
        self.warnings.push(message.into());
        self
    }

    fn with(outcome: CreateOutcome, workload: Option<Workload>) -> Self {
        Self { outcome, workload, warnings: Vec::new(), extra: Pairs::new() }
    }
}

/// Asks how a workload is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InspectCall {
    /// Which workload is meant.
    pub target: Target,
    /// What later hosts say beside this.
    pub extra: Pairs,
}

/// How a workload is, as its backend sees it. Whether it answers as an MCP server is for the host to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkloadState {
    /// It is not there.
    Absent,
    /// It is there and not running yet.
    Starting,
    /// Its process is alive.
    Running,
    /// It ended.
    Stopped,
    /// Its backend gave up on it.
    Failed,
    /// A state that later hosts may know.
    Other(String),
}

/// What an inspection saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation {
    /// How the workload is.
    pub state: WorkloadState,
    /// For people: why it is in this state.
    pub reason: String,
    /// Known once the workload ended. A death by signal N is 128 + N.
    pub exit_code: Option<i32>,
    /// The workload, if there is one.
    pub workload: Option<Workload>,
    /// What this plugin wants to say beside that.
    pub extra: Pairs,
}

impl Observation {
    /// A workload in this state, with a reason for people.
    pub fn new(state: WorkloadState, reason: impl Into<String>) -> Self {
        Self { state, reason: reason.into(), exit_code: None, workload: None, extra: Pairs::new() }
    }

    /// There is no such workload.
    pub fn absent(reason: impl Into<String>) -> Self {
        Self::new(WorkloadState::Absent, reason)
    }

    /// Adds the workload.
    #[must_use]
    pub fn workload(mut self, workload: Workload) -> Self {
        self.workload = Some(workload);
        self
    }

    /// Adds the code it ended with.
    #[must_use]
    pub fn exit_code(mut self, code: Option<i32>) -> Self {
        self.exit_code = code;
        self
    }
}

/// Asks for a workload to be removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DestroyCall {
    /// Which workload is meant.
    pub target: Target,
    /// What later hosts say beside this.
    pub extra: Pairs,
}

/// The answer to a [`DestroyCall`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destruction {
    /// False: still going, ask again.
    pub gone: bool,
    /// What this plugin wants to say beside that.
    pub extra: Pairs,
}

impl Destruction {
    /// Nothing of the workload is left.
    pub fn gone() -> Self {
        Self { gone: true, extra: Pairs::new() }
    }

    /// It is still going: ask again.
    pub fn going() -> Self {
        Self { gone: false, extra: Pairs::new() }
    }
}

/// Asks for every workload that carries an owner's mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnedQuery {
    /// The installation's id.
    pub owner: String,
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// What later hosts say beside this.
    pub extra: Pairs,
}

/// One workload that carries the owner's mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedWorkload {
    /// Its name and marks.
    pub target: Target,
    /// How it is.
    pub observation: Observation,
    /// What this plugin wants to say beside that.
    pub extra: Pairs,
}

/// Some of an owner's workloads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnedPage {
    /// The workloads.
    pub workloads: Vec<OwnedWorkload>,
    /// Where the next page starts; none: this was the last.
    pub next_cursor: Option<String>,
    /// What this plugin wants to say beside that.
    pub extra: Pairs,
}

/// Asks for a workload's output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogsQuery {
    /// Which workload is meant.
    pub target: Target,
    /// Where the last page ended, also when the workload was made anew since: if its output begins anew
    /// with it, go on at that beginning. None: the last `max_bytes`.
    pub cursor: Option<String>,
    /// At most this much text.
    pub max_bytes: u32,
    /// What later hosts say beside this.
    pub extra: Pairs,
}

/// One line of a workload's output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogLine {
    /// RFC 3339, if the backend knows.
    pub at: Option<String>,
    /// `stdout` or `stderr`.
    pub source: String,
    /// The line, without its end.
    pub text: String,
    /// What this plugin wants to say beside that.
    pub extra: Pairs,
}

/// Some of a workload's output, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogsPage {
    /// The lines.
    pub lines: Vec<LogLine>,
    /// Where to go on.
    pub next_cursor: Option<String>,
    /// What this plugin wants to say beside that.
    pub extra: Pairs,
}
