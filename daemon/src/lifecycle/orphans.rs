//! Workloads without a record, as the last sweep of each provisioner saw them. In memory: a start
//! sweeps anew.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::domain::{Orphan, ProvisionerName};

/// Orphans that are kept of one provisioner; what is beyond is found again when these are gone.
const MAX_ORPHANS: usize = 10_000;

#[derive(Debug, Default)]
pub(super) struct Orphans(Mutex<BTreeMap<(ProvisionerName, String), Orphan>>);

impl Orphans {
    /// Replaces what is known of one provisioner; answers with those that were not known before.
    pub(super) fn replace(&self, provisioner: &ProvisionerName, seen: Vec<Orphan>) -> Vec<Orphan> {
        let mut orphans = self.lock();
        let mut known: BTreeMap<_, _> = orphans.extract_if(.., |(of, _), _| of == provisioner).collect();
        let mut new = Vec::new();
        for mut orphan in seen.into_iter().take(MAX_ORPHANS) {
            let key = (orphan.provisioner.clone(), orphan.workload.clone());
            match known.remove(&key) {
                Some(old) => orphan.first_seen = old.first_seen,
                None => new.push(orphan.clone()),
            }
            orphans.insert(key, orphan);
        }
        new
    }

    /// All, by provisioner and name.
    pub(super) fn all(&self) -> Vec<Orphan> {
        self.lock().values().cloned().collect()
    }

    /// It is none any more.
    pub(super) fn forget(&self, orphan: &Orphan) {
        self.lock().remove(&(orphan.provisioner.clone(), orphan.workload.clone()));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<(ProvisionerName, String), Orphan>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
