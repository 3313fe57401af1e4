//! The processes that stand for instances, by the marks they carry.

use std::collections::{BTreeMap, BTreeSet};

use rustix::process::{Pid, Signal, kill_process};

use super::wrong::{Kind, Wrong};
use crate::daemon::TestDaemon;

/// Who runs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Census {
    /// The demo servers of each instance.
    pub(super) servers: BTreeMap<String, Vec<u32>>,
    /// Every instance that some process speaks of, by its mark or as its supervisor.
    pub(super) spoken_of: BTreeSet<String>,
    /// Installations they say they belong to.
    pub(super) owners: BTreeSet<String>,
}

impl Census {
    pub(super) fn take(daemon: &TestDaemon) -> Self {
        let mut census = Self::default();
        for process in daemon.processes() {
            if let [_, word, folder, ..] = &process.command[..]
                && word == "supervise"
            {
                // The folder is named after the workload, which ends with the instance's id.
                census.spoken_of.extend(folder.rsplit('-').next().map(plain));
            }
            let Some(id) = process.environment.get("WHARFINGER_INSTANCE") else { continue };
            census.spoken_of.insert(plain(id));
            census.owners.extend(process.environment.get("WHARFINGER_OWNER").cloned());
            if process.command.first().is_some_and(|program| program.ends_with("demo-server")) {
                census.servers.entry(plain(id)).or_default().push(process.pid);
            }
        }
        census
    }

    /// What is true at any time.
    pub(super) fn judge(&self) -> Result<(), Wrong> {
        if let Some((id, pids)) = self.servers.iter().find(|(_, pids)| pids.len() > 1) {
            return Err(Wrong::new(Kind::Duplicate, format!("{id} has the processes {pids:?}")));
        }
        if self.owners.len() > 1 {
            return Err(Wrong::new(
                Kind::Orphan,
                format!("processes are of several owners: {:?}", self.owners),
            ));
        }
        Ok(())
    }

    /// Kills one of the servers, as the kernel may.
    pub(super) fn kill_one(&self, random: &mut fastrand::Rng) -> bool {
        let pids: Vec<u32> = self.servers.values().flatten().copied().collect();
        let Some(pid) = random.choice(pids) else { return false };
        let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
        kill_process(pid, Signal::KILL).is_ok()
    }
}

/// An id without its dashes.
pub(super) fn plain(id: &str) -> String {
    id.replace('-', "")
}
