//! Ends a child: all of its processes, wherever they went.

use std::collections::HashSet;
use std::io;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal as Kernel, kill_process_group};

use super::family::{self, Family};
use super::folder::{Folder, existing};
use super::record::Record;
use super::table::{self, Identity};
use super::{Error, Signal};
use crate::domain::Target;

/// A supervisor ends by itself as soon as its last process did. One that does not within this
/// time hangs.
const SUPERVISOR_GRACE: Duration = Duration::from_secs(2);

/// One try to end a child, round by round.
pub(super) struct End {
    folder: Folder,
    target: Target,
    boot: String,
    signal: Signal,
    /// Who got SIGTERM already: it is sent once to each.
    signalled: HashSet<Identity>,
    /// Since when only the supervisor is left.
    alone: Option<Instant>,
}

impl End {
    /// Nothing is signalled yet.
    pub(super) fn new(folder: Folder, target: Target, boot: String, signal: Signal) -> Self {
        Self { folder, target, boot, signal, signalled: HashSet::new(), alone: None }
    }

    /// Signals what lives; true when nothing does and nothing will.
    pub(super) fn round(&mut self) -> Result<bool, Error> {
        let (record, family) = self.look()?;
        if !family.members.is_empty() {
            self.alone = None;
            self.send(&family)?;
            return Ok(false);
        }
        match existing(self.folder.take_lock()).map_err(|source| self.failed(source))? {
            // No folder: nobody can be starting. The second look is for a process that was
            // forked while the first one read past it.
            None => Ok(self.look()?.1.members.is_empty()),
            Some(None) => {
                self.end_supervisor(record.as_ref())?;
                Ok(false)
            }
            Some(Some(_lock)) => {
                let (_, family) = self.look()?;
                if !family.members.is_empty() {
                    self.send(&family)?;
                    return Ok(false);
                }
                self.folder.forget().map_err(|source| self.failed(source))?;
                Ok(true)
            }
        }
    }

    fn look(&self) -> Result<(Option<Record>, Family), Error> {
        let record = self.folder.record().map_err(|source| self.failed(source))?;
        if let Some(other) = record.as_ref().and_then(Record::target)
            && other.owner != self.target.owner
        {
            let holder = format!("it belongs to the installation {}", other.owner);
            return Err(Error::Occupied { name: self.target.name.clone(), holder });
        }
        let family = family::of(&self.target, record.as_ref(), &self.boot);
        Ok((record, family.map_err(|source| self.failed(source))?))
    }

    fn send(&mut self, family: &Family) -> Result<(), Error> {
        let signals: &[Kernel] = match self.signal {
            // A stopped process hears of SIGTERM when it goes on.
            Signal::Terminate => &[Kernel::TERM, Kernel::CONT],
            Signal::Kill => &[Kernel::KILL],
        };
        let fresh: Vec<Identity> = match self.signal {
            Signal::Kill => family.members.clone(),
            Signal::Terminate => {
                family.members.iter().filter(|&&member| self.signalled.insert(member)).copied().collect()
            }
        };
        // The group at once, so that a member that forks meanwhile cannot outrun us. Of
        // SIGTERM the group hears in the first round alone.
        let whole = self.signal == Signal::Kill || self.signalled.len() == fresh.len();
        if let Some(group) = family.group.filter(|_| whole).and_then(Pid::from_raw) {
            for &signal in signals {
                let sent = kill_process_group(group, signal).map_err(io::Error::from);
                table::present(sent).map_err(|source| self.failed(source))?;
            }
        }
        for member in fresh {
            let grouped = table::process(member.pid)
                .map_err(|source| self.failed(source))?
                .is_some_and(|process| Some(process.group) == family.group);
            if whole && grouped {
                continue;
            }
            for &signal in signals {
                table::signal(member, signal).map_err(|source| self.failed(source))?;
            }
        }
        Ok(())
    }

    /// Kills a supervisor that hangs, for those who asked to kill.
    fn end_supervisor(&mut self, record: Option<&Record>) -> Result<(), Error> {
        let since = *self.alone.get_or_insert_with(Instant::now);
        if self.signal == Signal::Kill
            && since.elapsed() >= SUPERVISOR_GRACE
            && let Some(supervisor) =
                record.filter(|record| record.boot == self.boot).and_then(Record::supervisor)
        {
            table::signal(supervisor, Kernel::KILL).map_err(|source| self.failed(source))?;
        }
        Ok(())
    }

    fn failed(&self, source: io::Error) -> Error {
        Error::Io { path: self.folder.path().to_path_buf(), source }
    }
}
