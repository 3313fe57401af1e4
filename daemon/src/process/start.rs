//! Begins to start a child: everything up to the moment a supervisor is on its way.

use std::collections::HashSet;
use std::io;
use std::process::Stdio;
use std::sync::{Mutex, PoisonError};

use super::environment::{self, Ports};
use super::folder::{self, Folder};
use super::order::Order;
use super::record::Record;
use super::{Error, Options, SpawnRequest, family, marks, table};
use crate::domain::{Target, WorkloadName};

/// Folders that hold nothing but the output of children that were cleared away.
const KEPT_FOLDERS: usize = 200;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begin {
    /// A supervisor is on its way.
    Begun,
    /// Somebody else holds the name: look again.
    Busy,
}

/// Begins one child at a time, so that the limit is counted right.
#[derive(Debug, Default)]
pub(super) struct Starter(Mutex<Ports>);

impl Starter {
    /// Begins, unless something of this name is there.
    pub(super) fn begin(
        &self,
        options: &Options,
        boot: &str,
        request: &SpawnRequest,
    ) -> Result<Begin, Error> {
        let target = &request.target;
        let name = &target.name;
        let invalid = |reason| Error::Invalid { name: name.clone(), reason };
        let prepare = |step| move |source| Error::Prepare { name: name.clone(), step, source };

        let own = |key: &str| std::env::var(key).ok();
        let draft = environment::assemble(request, None, own).map_err(invalid)?;
        let program = environment::program(&request.command, draft.get("PATH")).map_err(invalid)?;

        let mut ports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = folder::prune(&options.dir, KEPT_FOLDERS) {
            tracing::warn!(%error, "output of children cleared away long ago could not be removed");
        }
        let folder = Folder::of(&options.dir, name);
        folder.create().map_err(prepare("its folder cannot be made"))?;
        let Some(lock) = folder.take_lock().map_err(prepare("its folder cannot be locked"))? else {
            return Ok(Begin::Busy);
        };
        // From here on nobody else starts a child of this name.
        let earlier = folder.record().map_err(prepare("its folder cannot be read"))?;
        if is_there(target, earlier.as_ref(), boot)? {
            return Ok(Begin::Busy);
        }
        let count = count(options, target).map_err(prepare("the children cannot be counted"))?;
        if count >= options.max_children {
            return Err(Error::LimitReached { name: name.clone(), max: options.max_children });
        }

        let port = match request.port_variable {
            Some(_) => Some(ports.next().map_err(prepare("no port is free"))?),
            None => None,
        };
        let record = Record::new(boot, target, port);
        let mut environment = environment::assemble(request, port, own).map_err(invalid)?;
        marks::force(&mut environment, &marks::of(target, port));
        let command = request.command.clone();
        let max_output = options.max_output;
        let order = Order { record, program, command, environment, max_output };
        folder.write_record(&order.record).map_err(prepare("its record cannot be written"))?;
        supervisor(options, &folder, &order, lock.into_descriptor())
            .inspect_err(|_| drop(folder.forget()))
            .map_err(prepare("the supervisor cannot be executed"))?;
        Ok(Begin::Begun)
    }
}

/// Whether a child of this name lives. Processes that an ended child left behind are an error:
/// the caller has to end them first.
fn is_there(target: &Target, record: Option<&Record>, boot: &str) -> Result<bool, Error> {
    let name = || target.name.clone();
    let look = |source| Error::Prepare { name: name(), step: "the processes cannot be listed", source };
    let leader = record.filter(|record| record.boot == boot).and_then(Record::leader);
    if let Some(leader) = leader
        && table::lives(leader).map_err(look)?
    {
        return Ok(true);
    }
    let remaining = family::of(target, record, boot).map_err(look)?.members.len();
    if remaining > 0 && leader.is_some() {
        let holder = format!("{remaining} processes of an ended child remain");
        return Err(Error::Occupied { name: name(), holder });
    }
    Ok(remaining > 0)
}

/// Children of this owner but for the one meant: those that run and those being started.
fn count(options: &Options, target: &Target) -> io::Result<usize> {
    let mut names: HashSet<WorkloadName> = table::marked(&table::living()?)?
        .into_iter()
        .filter(|found| found.target.owner == target.owner)
        .map(|found| found.target.name)
        .collect();
    for (name, folder) in Folder::all(&options.dir)? {
        if folder.is_held()? {
            names.insert(name);
        }
    }
    names.remove(&target.name);
    Ok(names.len())
}

/// Executes the supervisor: its order comes as standard input, its lock as standard output.
/// Whatever happens to this process from now on, the lock is held until the supervisor ends.
fn supervisor(
    options: &Options,
    folder: &Folder,
    order: &Order,
    lock: std::os::fd::OwnedFd,
) -> io::Result<()> {
    let mut command = tokio::process::Command::new(&options.program);
    command
        .arg("supervise")
        .arg(folder.path())
        .env_clear()
        .stdin(order.seal()?)
        .stdout(Stdio::from(lock))
        .stderr(folder.open_supervisor_log()?);
    // Dropped, it runs on; the runtime reaps it once it ended.
    command.spawn().map(drop)
}
