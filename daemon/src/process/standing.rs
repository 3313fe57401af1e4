//! How a child stands, by its folder and the process table.

use std::io;

use super::Child;
use super::folder::Folder;
use super::record::{Record, Stage, id};
use super::table::{self, Marked};
use crate::domain::{OwnerId, WorkloadName};

/// How a child stands.
#[derive(Debug)]
pub(super) enum Standing {
    /// There is nothing.
    Absent,
    /// A supervisor is on its way and has started nothing yet.
    Starting,
    /// The process that was started lives.
    Running(Child),
    /// It ended a moment ago; its supervisor is about to write down how.
    Ending(Child),
    /// It ended.
    Ended(Child),
    /// The system would not execute the program.
    Refused { reason: String, permanent: bool },
}

/// Looks. `marked` are the marked processes, for whoever looked them up already.
pub(super) fn look(
    folder: &Folder,
    name: &WorkloadName,
    owner: OwnerId,
    boot: &str,
    marked: Option<&[Marked]>,
) -> io::Result<Standing> {
    // The lock first: when nobody holds it, the record that is read next is the last word of
    // whoever held it.
    let held = folder.is_held()?;
    let Some(record) = folder.record()? else {
        return if held { Ok(Standing::Starting) } else { search(name, owner, boot, marked) };
    };
    let child = |running| record.child(running).ok_or_else(|| io::Error::other("the record makes no sense"));
    Ok(match &record.stage {
        Stage::Refused { reason, permanent } => {
            Standing::Refused { reason: reason.clone(), permanent: *permanent }
        }
        Stage::Starting { .. } if held => Standing::Starting,
        // Its supervisor was killed between starting it and writing that down, or before.
        Stage::Starting { .. } => search(name, owner, boot, marked)?,
        Stage::Started { leader, .. } if record.boot == boot && table::lives(*leader)? => {
            Standing::Running(child(true)?)
        }
        Stage::Started { .. } if held => ending(folder, &record)?,
        Stage::Started { .. } | Stage::Ended { .. } => Standing::Ended(child(false)?),
    })
}

/// The child was dead when looked at, while its record, read before, did not say so.
fn ending(folder: &Folder, earlier: &Record) -> io::Result<Standing> {
    let now = folder.record()?;
    let record = now.as_ref().unwrap_or(earlier);
    Ok(match (record.child(false), &record.stage) {
        (Some(child), Stage::Ended { .. }) => Standing::Ended(child),
        (Some(child), _) => Standing::Ending(child),
        (None, _) => Standing::Starting,
    })
}

/// A child that only its marks speak of: the oldest of the processes that carry them, and
/// rather one that leads a group, as every child does.
fn search(
    name: &WorkloadName,
    owner: OwnerId,
    boot: &str,
    marked: Option<&[Marked]>,
) -> io::Result<Standing> {
    let scanned;
    let marked = match marked {
        Some(marked) => marked,
        None => {
            scanned = table::marked(&table::living()?)?;
            &scanned
        }
    };
    let found = marked
        .iter()
        .filter(|found| found.target.name == *name && found.target.owner == owner)
        .min_by_key(|found| {
            let identity = found.process.identity;
            (found.process.group != identity.pid, identity.start, identity.pid)
        });
    Ok(found.map_or(Standing::Absent, |found| Standing::Running(child(found, boot))))
}

/// A child as its marks describe it.
fn child(found: &Marked, boot: &str) -> Child {
    Child {
        target: found.target.clone(),
        id: id(boot, found.process.identity),
        port: found.port,
        running: true,
        exit_code: None,
    }
}
