//! Local child processes, for provisioners that hold the grant `process`.
//!
//! A child has a supervisor that outlives the daemon, its own process group, and bounded output.
//! Children are found again by the marks in their environment.
//!
//! ```
//! use wharfinger_plugin_sdk::{process, testing};
//!
//! let target = testing::request("files").target();
//! let call = process::SpawnCall {
//!     command: vec!["files-server".to_owned()],
//!     environment: target.marks(),
//!     port_variable: Some("PORT".to_owned()),
//!     target: target.clone(),
//!     ..process::SpawnCall::default()
//! };
//! assert!(process::spawn(call).unwrap().running);
//! testing::processes::ends(&target.workload_name, 3);
//! assert_eq!(process::inspect(&target).unwrap().unwrap().exit_code, Some(3));
//! ```

use std::time::Duration;

use crate::{Failure, LogsPage, LogsQuery, Pairs, Target};

/// What to start.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SpawnCall {
    /// The child's name and marks.
    pub target: Target,
    /// Program and arguments; no shell.
    pub command: Vec<String>,
    /// The whole environment beside what `pass_environment` lets through. Where both name a variable,
    /// this one counts.
    pub environment: Pairs,
    /// Names of the daemon's own environment variables that the child inherits.
    pub pass_environment: Vec<String>,
    /// The variable that gets a free loopback port, for example `PORT`.
    pub port_variable: Option<String>,
    /// What this plugin wants to say beside that.
    pub extra: Pairs,
}

impl std::fmt::Debug for SpawnCall {
    /// Names the environment's variables, and only names them: they hold secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("SpawnCall")
            .field("target", &self.target)
            .field("command", &self.command)
            .field("environment", &self.environment.keys())
            .field("pass_environment", &self.pass_environment)
            .field("port_variable", &self.port_variable)
            .field("extra", &self.extra)
            .finish()
    }
}

/// A child, alive or dead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Child {
    /// The child's name and marks, as they were at its spawn.
    pub target: Target,
    /// Boot id, pid and start time: never used twice.
    pub id: String,
    /// The loopback port it was given.
    pub port: Option<u16>,
    /// Whether its process is alive.
    pub running: bool,
    /// Known once it ended. A death by signal N is 128 + N.
    pub exit_code: Option<i32>,
    /// What later hosts say beside this.
    pub extra: Pairs,
}

/// Some of an owner's children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChildrenPage {
    /// The children.
    pub children: Vec<Child>,
    /// Where the next page starts; none: this was the last.
    pub next_cursor: Option<String>,
}

/// How to end a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Asks the group to end (SIGTERM).
    Terminate,
    /// Ends the group (SIGKILL).
    Kill,
}

/// Starts the child, or answers with the one that runs under this name already.
pub fn spawn(call: SpawnCall) -> Result<Child, Failure> {
    host::spawn(call)
}

/// Looks at a child. `None`: there is no such child, dead or alive.
pub fn inspect(target: &Target) -> Result<Option<Child>, Failure> {
    host::inspect(target)
}

/// Every child that carries this owner's mark.
pub fn children(owner: &str, cursor: Option<String>) -> Result<ChildrenPage, Failure> {
    host::children(owner, cursor)
}

/// Signals the child's whole process group and waits `grace` at most. True: no process of the group
/// is left. One that is gone already is gone.
pub fn signal(target: &Target, signal: Signal, grace: Duration) -> Result<bool, Failure> {
    host::signal(target, signal, grace)
}

/// What the child wrote, also after its end.
pub fn logs(query: LogsQuery) -> Result<LogsPage, Failure> {
    host::logs(query)
}

#[cfg(not(target_arch = "wasm32"))]
use crate::testing::processes as host;

#[cfg(target_arch = "wasm32")]
mod host {
    use super::{Child, ChildrenPage, Duration, Failure, LogsPage, LogsQuery, Signal, SpawnCall, Target};
    use crate::bindings::imports::wharfinger::plugin::process as host;
    use crate::convert::{list, map};

    pub(super) fn spawn(call: SpawnCall) -> Result<Child, Failure> {
        let call = host::SpawnCall {
            target: call.target.into(),
            command: call.command,
            environment: list(call.environment),
            pass_environment: call.pass_environment,
            port_variable: call.port_variable,
            extra: list(call.extra),
        };
        Ok(host::spawn(&call)?.into())
    }

    pub(super) fn inspect(target: &Target) -> Result<Option<Child>, Failure> {
        let query = host::ChildQuery { target: target.clone().into(), extra: Vec::new() };
        Ok(host::inspect(&query)?.child.map(Child::from))
    }

    pub(super) fn children(owner: &str, cursor: Option<String>) -> Result<ChildrenPage, Failure> {
        let query = host::ChildrenQuery { owner: owner.to_owned(), cursor, extra: Vec::new() };
        let page = host::children(&query)?;
        Ok(ChildrenPage {
            children: page.children.into_iter().map(Child::from).collect(),
            next_cursor: page.next_cursor,
        })
    }

    pub(super) fn signal(target: &Target, signal: Signal, grace: Duration) -> Result<bool, Failure> {
        let call = host::SignalCall {
            target: target.clone().into(),
            signal: match signal {
                Signal::Terminate => host::SignalKind::Terminate,
                Signal::Kill => host::SignalKind::Kill,
            },
            grace_ms: u32::try_from(grace.as_millis()).unwrap_or(u32::MAX),
            extra: Vec::new(),
        };
        Ok(host::signal(&call)?.gone)
    }

    pub(super) fn logs(query: LogsQuery) -> Result<LogsPage, Failure> {
        let query = host::OutputQuery {
            target: query.target.into(),
            cursor: query.cursor,
            max_bytes: query.max_bytes,
            extra: list(query.extra),
        };
        let page = host::logs(&query)?;
        Ok(LogsPage {
            lines: page
                .lines
                .into_iter()
                .map(|line| crate::LogLine {
                    at: line.at,
                    source: line.source,
                    text: line.text,
                    extra: map(line.extra),
                })
                .collect(),
            next_cursor: page.next_cursor,
            extra: map(page.extra),
        })
    }

    impl From<host::Child> for Child {
        fn from(child: host::Child) -> Self {
            Self {
                target: child.target.into(),
                id: child.id,
                port: child.port,
                running: child.running,
                exit_code: child.exit_code,
                extra: map(child.extra),
            }
        }
    }
}
