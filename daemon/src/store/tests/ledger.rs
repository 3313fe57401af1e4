//! What a user knows: what was acknowledged, and what was asked for and never answered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{CACHE, id};
use crate::domain::{InstanceId, Query, Revision};
use crate::store::{Store, fsck, medium::Medium};

/// What may be true of one instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// It is there, and at least at this revision.
    There(Revision),
    /// It is not.
    Gone,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Ledger {
    known: BTreeMap<u64, Known>,
    /// Asked for and not answered: what was known before need not hold.
    doubted: BTreeSet<u64>,
    last: u64,
}

impl Ledger {
    pub(super) fn acknowledge(&mut self, number: u64, known: Known) {
        if let Known::There(revision) = known {
            self.last = self.last.max(revision.0);
        }
        self.doubted.remove(&number);
        self.known.insert(number, known);
    }

    pub(super) fn doubt(&mut self, number: u64) {
        self.doubted.insert(number);
    }

    /// Instances that are there for sure.
    pub(super) fn living(&self) -> Vec<u64> {
        let there = |(number, known): (&u64, &Known)| {
            (matches!(known, Known::There(_)) && !self.doubted.contains(number)).then_some(*number)
        };
        self.known.iter().filter_map(there).collect()
    }

    /// Everything acknowledged is there, and nothing nobody asked for.
    pub(super) fn holds_in(&self, store: &Store) -> Result<(), String> {
        for (number, known) in self.known.iter().filter(|(number, _)| !self.doubted.contains(number)) {
            let found = store.get(id(*number)).map_err(|error| format!("{number}: {error}"))?;
            let holds = match (known, &found) {
                (Known::There(revision), Some(instance)) => instance.revision >= *revision,
                (Known::Gone, None) => true,
                _ => false,
            };
            if !holds {
                let found = found.map(|instance| instance.revision);
                return Err(format!("{number} was acknowledged as {known:?} and is at {found:?}"));
            }
        }
        let page =
            store.list(&Query { limit: 10_000, ..Query::default() }).map_err(|error| error.to_string())?;
        let asked: BTreeSet<InstanceId> =
            self.known.keys().chain(&self.doubted).map(|number| id(*number)).collect();
        match page.instances.iter().find(|instance| !asked.contains(&instance.id)) {
            Some(stranger) => Err(format!("nobody asked for {}", stranger.id)),
            None if page.revision.0 < self.last => {
                Err(format!("revision {} was acknowledged, and the last is {}", self.last, page.revision))
            }
            None => Ok(()),
        }
    }
}

/// Nothing in it is half there.
pub(super) fn whole(medium: &dyn Medium) -> Result<(), String> {
    let findings = fsck::check(medium, CACHE, Path::new("the disk")).map_err(|error| error.to_string())?;
    if findings.are_fine() { Ok(()) } else { Err(format!("{findings:#?}")) }
}
