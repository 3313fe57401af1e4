//! Workloads without a record, as the last sweep of each provisioner saw them. In memory: a start
//! sweeps anew.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Error, Lifecycle};
use crate::domain::{
    Event, Instance, InstanceId, NoticeKind, Orphan, ProvisionerName, Secrets, Spec, Status, Workload,
    WorkloadName,
};
use crate::store::{EventDraft, Occasion};

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

impl Lifecycle {
    /// Makes the record of an instance whose workload is there already, and is an orphan so far.
    pub async fn adopt(
        &self,
        id: InstanceId,
        spec: Arc<Spec>,
        secrets: Secrets,
        orphan: &Orphan,
        workload: Workload,
        name: WorkloadName,
    ) -> Result<Instance, Error> {
        let now = self.clock.now();
        let status = Status::adopted(name, workload, orphan.incarnation, now);
        let message = Some(format!("the workload {} was there without a record", orphan.workload));
        let (kind, reason) = (Event::ADOPTED.to_owned(), Some("Adopted".to_owned()));
        let draft = EventDraft { at: now, kind, reason, message };
        let instance = self.store.insert(id, spec, secrets, status, draft, Occasion::Single).await?;
        self.orphans.forget(orphan);
        Ok(instance)
    }

    /// From here on the orphan's instance counts as deleted, so that its workload is destroyed.
    pub async fn purge(&self, id: InstanceId, orphan: &Orphan) -> Result<(), Error> {
        let message = format!("a user wants the workload {} of {} gone", orphan.workload, orphan.provisioner);
        let (kind, reason) = (NoticeKind::OrphanPurged.as_str().to_owned(), Some("Purged".to_owned()));
        let draft = EventDraft { at: self.clock.now(), kind, reason, message: Some(message) };
        self.store.condemn(id, orphan.clone(), draft).await?.ok_or(Error::NotFound)?;
        self.orphans.forget(orphan);
        self.sweep.ring();
        Ok(())
    }

    /// Whether an instance with this id was deleted, not too long ago to be remembered.
    pub fn was_deleted(&self, id: InstanceId) -> Result<bool, Error> {
        Ok(self.store.was_deleted(id)?)
    }

    /// Workloads without a record, as they were last seen.
    pub fn orphans(&self) -> Vec<Orphan> {
        self.orphans.all()
    }

    /// A sweep of this provisioner saw these; answers with those that were not known before.
    pub fn set_orphans(&self, provisioner: &ProvisionerName, seen: Vec<Orphan>) -> Vec<Orphan> {
        self.orphans.replace(provisioner, seen)
    }

    /// What is outside is held against the records soon.
    pub fn ask_for_sweep(&self) {
        self.sweep.ring();
    }

    /// Waits until somebody asks for it. Meant for one listener.
    pub async fn sweep_asked(&self) {
        self.sweep.rung().await;
    }
}
