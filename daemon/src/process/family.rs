//! Which living processes are of one child.
//!
//! A process is of the child when it carries the child's marks, when it is the process that was
//! started, when its parent is of the child or is the child's supervisor, or when it shares the
//! child's process group with one of those. The supervisor adopts orphans, so as long as it
//! lives no descendant can hide, whatever it does with its environment, group or session. A
//! number alone (a pid, a group) never proves anything: numbers come back.

use std::collections::{HashMap, HashSet};
use std::io;

use super::record::Record;
use super::table::{self, Identity, Process};
use crate::domain::Target;

/// The living processes of one child, without its supervisor.
#[derive(Debug, Default)]
pub(super) struct Family {
    /// Each of them.
    pub(super) members: Vec<Identity>,
    /// The child's process group, while one of them is in it.
    pub(super) group: Option<i32>,
}

/// Looks through the whole process table.
pub(super) fn of(target: &Target, record: Option<&Record>, boot: &str) -> io::Result<Family> {
    let processes = table::living()?;
    let marked = table::marked(&processes)?
        .into_iter()
        .filter(|found| found.target.name == target.name && found.target.owner == target.owner)
        .map(|found| found.process.identity);
    // Pids of another boot say nothing about this one.
    let record = record.filter(|record| record.boot == boot);
    let seeds = marked.chain(record.and_then(Record::leader)).collect();
    let leader = record.and_then(Record::leader);
    Ok(select(&processes, seeds, leader, record.and_then(Record::supervisor)))
}

fn select(
    processes: &[Process],
    seeds: HashSet<Identity>,
    leader: Option<Identity>,
    supervisor: Option<Identity>,
) -> Family {
    // Neither the daemon nor the supervisor is ever one of them.
    let is_own = |process: &Process| u32::try_from(process.identity.pid) == Ok(std::process::id());
    let others: Vec<&Process> =
        processes.iter().filter(|process| Some(process.identity) != supervisor && !is_own(process)).collect();
    // Parents by pid, with their start: a parent started before its children.
    let mut parents: HashMap<i32, u64> = processes
        .iter()
        .filter(|process| Some(process.identity) == supervisor)
        .map(|process| (process.identity.pid, process.identity.start))
        .collect();
    let mut family = Family::default();
    let mut members = HashSet::new();
    loop {
        let before = members.len();
        for process in &others {
            let identity = process.identity;
            let inherited = parents.get(&process.parent).is_some_and(|&start| start <= identity.start);
            let grouped = family.group == Some(process.group);
            if (seeds.contains(&identity) || inherited || grouped) && members.insert(identity) {
                parents.insert(identity.pid, identity.start);
                if leader.is_some_and(|leader| leader.pid == process.group) {
                    family.group = Some(process.group);
                }
            }
        }
        if members.len() == before {
            family.members = members.into_iter().collect();
            return family;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: i32, parent: i32, group: i32) -> Process {
        let start = 100 + u64::try_from(pid).unwrap();
        Process { identity: Identity { pid, start }, parent, group, dead: false, kernel: false }
    }

    fn pids(family: &Family) -> Vec<i32> {
        let mut pids: Vec<_> = family.members.iter().map(|identity| identity.pid).collect();
        pids.sort_unstable();
        pids
    }

    #[test]
    fn descendants_of_the_supervisor_are_found_whatever_their_group() {
        let table = [process(1, 0, 1), process(50, 1, 50), process(60, 50, 60), process(61, 60, 61)];
        let family = select(&table, HashSet::new(), None, Some(table[1].identity));
        assert_eq!(pids(&family), [60, 61]);
    }

    #[test]
    fn a_reused_supervisor_pid_proves_nothing() {
        let table = [process(1, 0, 1), process(50, 1, 50), process(60, 50, 60)];
        let earlier = Identity { pid: 50, start: 3 };
        assert!(select(&table, HashSet::new(), None, Some(earlier)).members.is_empty());
    }

    #[test]
    fn a_reused_group_number_proves_nothing() {
        let leader = Identity { pid: 60, start: 3 };
        let table = [process(1, 0, 1), process(60, 1, 60), process(61, 1, 60)];
        let family = select(&table, HashSet::from([leader]), Some(leader), None);
        assert_eq!((pids(&family), family.group), (vec![], None));
    }

    #[test]
    fn one_member_proves_its_group() {
        let leader = Identity { pid: 60, start: 3 };
        let table = [process(1, 0, 1), process(61, 1, 60), process(62, 1, 60)];
        let family = select(&table, HashSet::from([table[2].identity]), Some(leader), None);
        assert_eq!((pids(&family), family.group), (vec![61, 62], Some(60)));
    }
}
