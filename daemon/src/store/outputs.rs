//! The last output of workloads that were given up or removed. Cold: written once for each, and
//! forgotten with the tombstone of its instance.

use redb::ReadableTable as _;

use super::record::{OutputRecord, decode, encode};
use super::tables::{OUTPUT, TOMBSTONE};
use super::writer::WhenFull;
use super::{Error, Store};
use crate::domain::{InstanceId, LastOutput};

impl Store {
    /// Keeps it in the place of what an earlier workload wrote. What was kept of the same one stays:
    /// a second reading may find less. Of an instance that is gone nothing is kept any more.
    pub async fn keep_output(&self, id: InstanceId, output: LastOutput) -> Result<(), Error> {
        self.writer
            .submit(WhenFull::Wait, move |batch| {
                let (tables, key) = (&mut batch.tables, id.as_u128());
                let kept = tables.output.get(key)?.map(|bytes| decode::<OutputRecord>(bytes.value()));
                let kept = matches!(kept, Some(Ok(record)) if record.creation == output.creation);
                if kept || tables.status.get(key)?.is_none() {
                    return Ok(());
                }
                let record = encode(&OutputRecord::from(output)).map_err(|source| broken(id, source))?;
                tables.output.insert(key, record.as_slice())?;
                Ok(())
            })
            .await
    }

    /// What was kept of an instance's last workload; of one whose deletion is remembered at least
    /// an empty one.
    pub fn last_output(&self, id: InstanceId) -> Result<Option<LastOutput>, Error> {
        let transaction = self.database.begin_read()?;
        if let Some(bytes) = transaction.open_table(OUTPUT)?.get(id.as_u128())? {
            let record: OutputRecord = decode(bytes.value()).map_err(|source| broken(id, source))?;
            return Ok(Some(record.into()));
        }
        let deleted = transaction.open_table(TOMBSTONE)?.get(id.as_u128())?.is_some();
        Ok(deleted.then(LastOutput::default))
    }
}

fn broken(id: InstanceId, source: super::record::Unreadable) -> Error {
    Error::record(format!("the output of instance {id}"), source)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{LogLine, Timestamp};
    use crate::store::testing::Shelf;

    fn output(creation: u32, text: &str) -> LastOutput {
        let line = LogLine { at: None, source: "stderr".to_owned(), text: text.to_owned() };
        LastOutput::new(Timestamp(5), creation, Some(7), vec![line])
    }

    #[tokio::test]
    async fn the_first_word_about_a_workload_stays_and_a_newer_workload_takes_its_place() {
        let shelf = Shelf::new(100);
        let id = shelf.insert(1, "one", "plain", "a").await.id;
        assert_eq!(shelf.store.last_output(id).unwrap(), None);
        shelf.store.keep_output(id, output(1, "first")).await.unwrap();
        shelf.store.keep_output(id, output(1, "later, when less was left")).await.unwrap();
        assert_eq!(shelf.store.last_output(id).unwrap(), Some(output(1, "first")));
        shelf.store.keep_output(id, output(2, "second")).await.unwrap();
        assert_eq!(shelf.store.last_output(id).unwrap(), Some(output(2, "second")));
        assert_eq!(shelf.store.revision().unwrap().0, 1, "no event tells of it");
    }

    #[tokio::test]
    async fn output_outlives_its_instance_as_long_as_the_tombstone() {
        let shelf = Shelf::new(100);
        let spoke = shelf.insert(1, "one", "plain", "a").await.id;
        let silent = shelf.insert(2, "two", "plain", "a").await.id;
        shelf.store.keep_output(spoke, output(1, "last words")).await.unwrap();
        shelf.remove(1).await;
        shelf.remove(2).await;
        shelf.store.keep_output(silent, output(1, "too late to be forgotten in time")).await.unwrap();
        shelf.store.bury(Timestamp(59_999)).await.unwrap();
        assert_eq!(shelf.store.last_output(spoke).unwrap(), Some(output(1, "last words")));
        assert_eq!(shelf.store.last_output(silent).unwrap(), Some(LastOutput::default()));
        shelf.store.bury(Timestamp(60_000)).await.unwrap();
        assert_eq!(shelf.store.last_output(spoke).unwrap(), None);
        assert_eq!(shelf.store.last_output(silent).unwrap(), None);
    }
}
