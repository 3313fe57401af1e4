//! Tombstones: what remains of a deleted instance, so that its workload is known again, should it
//! show up late. Each outlives every call that could still make one.

use redb::ReadableTable as _;

use super::record::{TombstoneRecord, decode, encode};
use super::tables::{TOMBSTONE, Tables};
use super::writer::WhenFull;
use super::{Error, EventDraft, Store};
use crate::domain::{InstanceId, Orphan, ProvisionerName, Revision, Timestamp};

impl Store {
    /// Whether an instance with this id was deleted, not too long ago to be remembered.
    pub fn was_deleted(&self, id: InstanceId) -> Result<bool, Error> {
        let tombstones = self.database.begin_read()?.open_table(TOMBSTONE)?;
        Ok(tombstones.get(id.as_u128())?.is_some())
    }

    /// Sets a tombstone for the instance an orphan says it is of: from here on it is taken for the
    /// workload of a deleted one. `None`: there is a record, so it is no orphan.
    pub async fn condemn(
        &self,
        id: InstanceId,
        orphan: Orphan,
        draft: EventDraft,
    ) -> Result<Option<Revision>, Error> {
        self.writer
            .submit(WhenFull::Wait, move |batch| {
                if batch.tables.status.get(id.as_u128())?.is_some() {
                    return Ok(None);
                }
                put(&mut batch.tables, id, draft.at, &orphan.workload, &orphan.provisioner)?;
                batch.note(draft).map(Some)
            })
            .await
    }

    /// Forgets tombstones beyond their time, and what was kept of the output with them.
    pub async fn bury(&self, now: Timestamp) -> Result<(), Error> {
        let keep = self.options.tombstones;
        self.writer
            .submit(WhenFull::Wait, move |batch| {
                let expired = |bytes: &[u8]| {
                    decode::<TombstoneRecord>(bytes)
                        .is_ok_and(|record| now.since(Timestamp(record.deleted_at)) >= keep)
                };
                let mut forgotten = Vec::new();
                batch.tables.tombstone.retain(|id, bytes| {
                    let expired = expired(bytes);
                    forgotten.extend(expired.then_some(id));
                    !expired
                })?;
                for id in forgotten {
                    batch.tables.output.remove(id)?;
                }
                Ok(())
            })
            .await
    }
}

pub(super) fn put(
    tables: &mut Tables<'_>,
    id: InstanceId,
    at: Timestamp,
    workload: &str,
    provisioner: &ProvisionerName,
) -> Result<(), Error> {
    let (workload_name, provisioner) = (workload.to_owned(), provisioner.to_string());
    let record = encode(&TombstoneRecord { deleted_at: at.0, workload_name, provisioner })
        .map_err(|source| Error::record(format!("tombstone {id}"), source))?;
    tables.tombstone.insert(id.as_u128(), record.as_slice())?;
    Ok(())
}
