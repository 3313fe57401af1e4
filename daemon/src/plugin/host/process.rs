//! `process`: local child processes, for plugins that hold the grant.
//!
//! Whoever is not granted never gets here: its linker lacks the interface, and its sandbox lacks
//! the processes. Both are checked, because the second costs nothing.

use std::time::Duration;

use super::State;
use crate::plugin::bindings::imports::process::{
    Child as GuestChild, ChildQuery, ChildReport, ChildrenPage, ChildrenQuery, Host, OutputLine, OutputPage,
    OutputQuery, SignalCall, SignalKind, SignalReport, SpawnCall,
};
use crate::plugin::bindings::imports::types::{Failure, FailureKind};
use crate::plugin::convert::{Broken, owner, target_from_guest, target_to_guest};
use crate::process::{Child, Error, ErrorKind, Processes, Signal, SpawnRequest};
use crate::runtime::ErrorChain;

fn failed(kind: FailureKind, message: String) -> Failure {
    Failure { kind, message, retry_after_ms: None, violations: Vec::new(), extra: Vec::new() }
}

impl From<Broken> for Failure {
    fn from(Broken(reason): Broken) -> Self {
        failed(FailureKind::Invalid, reason)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let kind = match error.kind() {
            ErrorKind::Invalid => FailureKind::Invalid,
            ErrorKind::NotApplied => FailureKind::NotApplied,
            ErrorKind::NotFound => FailureKind::NotFound,
            ErrorKind::OutcomeUnknown => FailureKind::OutcomeUnknown,
        };
        failed(kind, ErrorChain(&error).to_string())
    }
}

fn to_guest(child: &Child) -> GuestChild {
    GuestChild {
        target: target_to_guest(&child.target),
        id: child.id.clone(),
        port: child.port,
        running: child.running,
        exit_code: child.exit_code,
        extra: Vec::new(),
    }
}

/// The processes, for whoever is granted them.
fn granted(processes: Option<Processes>) -> Result<Processes, Failure> {
    processes.ok_or_else(|| {
        failed(FailureKind::Denied, "this plugin does not hold the grant \"process\"".to_owned())
    })
}

async fn spawn(processes: Option<Processes>, call: SpawnCall) -> Result<GuestChild, Failure> {
    let request = SpawnRequest {
        target: target_from_guest(&call.target)?,
        command: call.command,
        environment: call.environment,
        pass_environment: call.pass_environment,
        port_variable: call.port_variable,
    };
    Ok(to_guest(&granted(processes)?.spawn(request).await?))
}

async fn inspect(processes: Option<Processes>, query: ChildQuery) -> Result<ChildReport, Failure> {
    let child = granted(processes)?.inspect(&target_from_guest(&query.target)?).await?;
    Ok(ChildReport { child: child.as_ref().map(to_guest), extra: Vec::new() })
}

async fn children(processes: Option<Processes>, query: ChildrenQuery) -> Result<ChildrenPage, Failure> {
    let owner = owner(&query.owner).ok_or_else(|| Broken("owner is not an owner's id".to_owned()))?;
    let children = granted(processes)?.children(owner).await?;
    let children = children.iter().map(to_guest).collect();
    // Their number is bounded by the configuration: one page holds them.
    Ok(ChildrenPage { children, next_cursor: None, extra: Vec::new() })
}

async fn signal(processes: Option<Processes>, call: SignalCall) -> Result<SignalReport, Failure> {
    let signal = match call.signal {
        SignalKind::Terminate => Signal::Terminate,
        SignalKind::Kill => Signal::Kill,
        SignalKind::Other(_) => {
            let message = "the signal is not known; terminate and kill are".to_owned();
            return Err(failed(FailureKind::Unsupported, message));
        }
    };
    let grace = Duration::from_millis(call.grace_ms.into());
    let gone = granted(processes)?.signal(&target_from_guest(&call.target)?, signal, grace).await?;
    Ok(SignalReport { gone, extra: Vec::new() })
}

async fn output(processes: Option<Processes>, query: OutputQuery) -> Result<OutputPage, Failure> {
    let target = target_from_guest(&query.target)?;
    let page = granted(processes)?.logs(&target, query.cursor, query.max_bytes).await?;
    let lines = page.lines.into_iter().map(|line| OutputLine {
        at: line.at,
        source: line.source,
        text: line.text,
        extra: Vec::new(),
    });
    Ok(OutputPage { lines: lines.collect(), next_cursor: page.next_cursor, extra: Vec::new() })
}

impl Host for State {
    async fn spawn(&mut self, call: SpawnCall) -> wasmtime::Result<Result<GuestChild, Failure>> {
        Ok(spawn(self.processes.clone(), call).await)
    }

    async fn inspect(&mut self, query: ChildQuery) -> wasmtime::Result<Result<ChildReport, Failure>> {
        Ok(inspect(self.processes.clone(), query).await)
    }

    async fn children(&mut self, query: ChildrenQuery) -> wasmtime::Result<Result<ChildrenPage, Failure>> {
        Ok(children(self.processes.clone(), query).await)
    }

    async fn signal(&mut self, call: SignalCall) -> wasmtime::Result<Result<SignalReport, Failure>> {
        Ok(signal(self.processes.clone(), call).await)
    }

    async fn logs(&mut self, query: OutputQuery) -> wasmtime::Result<Result<OutputPage, Failure>> {
        Ok(output(self.processes.clone(), query).await)
    }
}
