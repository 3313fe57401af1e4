//! Output of an instance's workload as it comes, over all workloads it has.
//!
//! The provisioner is asked again and again by its cursor: soon after it had something, later when
//! it had nothing, later still when it does not answer. It is pulled: nobody is asked while the
//! reader has not taken what there is.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use super::logs::{Newest, Speaker, kept};
use super::{Error, LogSource, Logs, Reference, Service, StreamEnd};
use crate::domain::{Failure, FailureKind, InstanceId, LogLine, ProvisionerName, WorkloadName};
use crate::extension::{LogsPage, LogsRequest};

/// Calls of a provisioner at the same time, all readers together: it is to look after its workloads
/// first.
const MAX_CALLS: usize = 4;
/// Bytes that are asked for at once.
const MAX_BYTES: u32 = 256 << 10;
/// After something came, after nothing came, and after a failure.
const SOON: Duration = Duration::from_millis(200);
const LATER: Duration = Duration::from_secs(1);
const MUCH_LATER: Duration = Duration::from_secs(5);

/// What a stream of output says.
#[derive(Debug)]
pub enum Said {
    /// From here on it is this workload that speaks.
    Workload {
        /// What it is called outside; none if that is not known any more.
        name: Option<WorkloadName>,
        /// Which creation it is of, counted from 1; 0: none was begun yet.
        creation: u32,
        /// Who had the lines that follow.
        source: LogSource,
    },
    /// It wrote this.
    Line(LogLine),
    /// Its provisioner has no answer for now. Said once; it is asked again.
    Interrupted(Failure),
}

/// One reader's way through the output of an instance.
pub struct LogStream {
    service: Service,
    id: InstanceId,
    /// Not told yet.
    said: VecDeque<Said>,
    /// What comes after that, if nothing more can.
    end: Option<StreamEnd>,
    /// The workload that speaks, and who has its lines.
    creation: u32,
    name: Option<WorkloadName>,
    source: LogSource,
    cursor: Option<String>,
    interrupted: bool,
    next_call: Instant,
    /// The call that is out. Kept here: a reader that waits for something else as well does not
    /// cancel it.
    call: Option<BoxFuture<'static, Result<LogsPage, Error>>>,
    _permit: OwnedSemaphorePermit,
}

impl Service {
    /// The newest `tail` lines, and every line after them.
    pub async fn follow_logs(&self, reference: &Reference, tail: usize) -> Result<LogStream, Error> {
        let permit = self.stream_permit()?;
        let stream = |id, logs: &Logs| LogStream {
            service: self.clone(),
            id,
            said: VecDeque::new(),
            end: None,
            creation: 0,
            name: None,
            source: logs.source,
            cursor: None,
            interrupted: false,
            next_call: Instant::now() + SOON,
            call: None,
            _permit: permit,
        };
        match self.speaker(reference)? {
            Speaker::Living(instance) => {
                let Newest { logs, cursor } = match self.newest_logs(&instance, tail).await {
                    // It is just being made.
                    Err(Error::Provisioner(failure)) if failure.kind == FailureKind::NotFound => {
                        let logs = Logs { source: LogSource::Live, lines: Vec::new() };
                        Newest { logs, cursor: None }
                    }
                    newest => newest?,
                };
                let mut stream = stream(instance.id, &logs);
                stream.turn_to(instance.status.creations, Some(instance.status.workload_name.clone()));
                stream.hear(LogsPage { lines: logs.lines, next_cursor: cursor });
                Ok(stream)
            }
            Speaker::Deleted(id, output) => {
                let (creation, logs) = (output.creation, kept(output, tail));
                let mut stream = stream(id, &logs);
                stream.turn_to(creation, None);
                stream.said.extend(logs.lines.into_iter().map(Said::Line));
                stream.end = Some(StreamEnd::Gone);
                Ok(stream)
            }
        }
    }

    fn log_turns(&self, provisioner: &ProvisionerName) -> Arc<Semaphore> {
        let mut turns = self.inner.log_calls.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Semaphore::new(MAX_CALLS));
        Arc::clone(turns.entry(provisioner.clone()).or_insert_with(new))
    }
}

impl LogStream {
    /// What comes next. Cancel-safe.
    pub async fn next(&mut self) -> Result<Said, StreamEnd> {
        let shutdown = self.service.inner.shutdown.clone();
        tokio::select! {
            biased;
            () = shutdown.cancelled() => Err(StreamEnd::Stopping),
            said = self.go_on() => said,
        }
    }

    async fn go_on(&mut self) -> Result<Said, StreamEnd> {
        loop {
            if let Some(said) = self.said.pop_front() {
                return Ok(said);
            }
            if let Some(end) = self.end.take() {
                return Err(end);
            }
            match &mut self.call {
                Some(call) => {
                    let answer = call.await;
                    self.call = None;
                    self.answered(answer);
                }
                None => {
                    sleep_until(self.next_call).await;
                    self.ask().map_err(StreamEnd::Failed)?;
                }
            }
        }
    }

    /// Looks who speaks, and asks for what it said since.
    fn ask(&mut self) -> Result<(), Error> {
        self.next_call = Instant::now() + LATER;
        let Some(instance) = self.service.inner.lifecycle.get(self.id).map_err(Error::reading)? else {
            self.end = Some(StreamEnd::Gone);
            return Ok(());
        };
        let status = &instance.status;
        if status.creations != self.creation {
            self.source = LogSource::Live;
            self.turn_to(status.creations, Some(status.workload_name.clone()));
        }
        // Nobody knows more of one whose output was kept.
        if status.creations > 0 && self.source == LogSource::Live {
            let service = self.service.clone();
            let request = LogsRequest { cursor: self.cursor.clone(), max_bytes: MAX_BYTES };
            self.call = Some(Box::pin(async move {
                let turns = service.log_turns(&instance.spec.provisioner);
                let _turn = turns.acquire().await;
                service.ask_for_logs(&instance, request).await
            }));
        }
        Ok(())
    }

    /// From here on it is this workload that speaks. A cursor stays good as long as the name does.
    fn turn_to(&mut self, creation: u32, name: Option<WorkloadName>) {
        if self.name != name {
            self.cursor = None;
        }
        self.creation = creation;
        self.name.clone_from(&name);
        self.said.push_back(Said::Workload { name, creation, source: self.source });
    }

    fn answered(&mut self, answer: Result<LogsPage, Error>) {
        let pause = match answer {
            Ok(page) => {
                let pause = if page.lines.is_empty() { LATER } else { SOON };
                self.interrupted = false;
                self.hear(page);
                pause
            }
            // It is being made anew.
            Err(Error::Provisioner(failure)) if failure.kind == FailureKind::NotFound => LATER,
            Err(Error::Provisioner(failure)) => {
                if !self.interrupted {
                    self.interrupted = true;
                    self.said.push_back(Said::Interrupted(failure));
                }
                MUCH_LATER
            }
            Err(error) => {
                self.end = Some(StreamEnd::Failed(error));
                return;
            }
        };
        self.next_call = Instant::now() + pause;
    }

    fn hear(&mut self, page: LogsPage) {
        let LogsPage { lines, next_cursor } = page;
        if !lines.is_empty() && next_cursor.is_none() && self.source == LogSource::Live {
            // Asked again, it would say the same again.
            let failure =
                Failure::new(FailureKind::Unsupported, "the provisioner's output cannot be followed");
            self.end = Some(StreamEnd::Failed(Error::Provisioner(failure)));
        }
        self.cursor = next_cursor.or_else(|| self.cursor.take());
        self.said.extend(lines.into_iter().map(Said::Line));
    }
}
