//! From an older format of the records to this one: numbered steps, each in its own transaction,
//! so that a step that was cut short is simply taken again.
//!
//! | format | since | what changed |
//! |---|---|---|
//! | 1 | 0.1.0 | the first |
//! | 2 | 0.2.0 | a status names its provisioner, so that a start reads the statuses alone |

use redb::{Database, ReadableTable as _};

use super::Error;
use super::record::{Unreadable, decode, encode};
use super::tables::{META_SCHEMA, Tables};
use crate::domain::InstanceId;
use crate::runtime::ErrorChain;

/// The format this version writes.
pub(super) const SCHEMA: u32 = 2;

/// One step: brings the tables of format `n` to format `n + 1`.
type Migration = fn(&mut Tables<'_>) -> Result<(), Error>;

/// The step at index `i` starts from format `i + 1`.
const MIGRATIONS: [Migration; SCHEMA as usize - 1] = [statuses_name_their_provisioner];

/// Takes every step from `found` on. The format is written with the step that reaches it.
pub(super) fn migrate(database: &Database, found: u32) -> Result<(), Error> {
    for (format, migration) in (1u32..).zip(MIGRATIONS).skip_while(|(format, _)| *format < found) {
        let mut transaction = database.begin_write()?;
        transaction.set_quick_repair(true);
        let mut tables = Tables::open(&transaction)?;
        migration(&mut tables)?;
        tables.meta.insert(META_SCHEMA, (format + 1).to_le_bytes().as_slice())?;
        drop(tables);
        transaction.commit()?;
        tracing::info!(from = format, to = format + 1, "the records were brought to a newer format");
    }
    Ok(())
}

fn statuses_name_their_provisioner(tables: &mut Tables<'_>) -> Result<(), Error> {
    let ids: Vec<u128> = tables.status.iter()?.map(|row| Ok(row?.0.value())).collect::<Result<_, Error>>()?;
    for id in ids {
        let (spec, status) = (tables.spec.get(id)?, tables.status.get(id)?);
        let (Some(spec), Some(status)) = (spec, status) else { continue };
        let named = name_provisioner(spec.value(), status.value());
        drop((spec, status));
        match named {
            Ok(record) => {
                tables.status.insert(id, record.as_slice())?;
            }
            // As everywhere: one record that cannot be read is left alone, and the others live.
            Err(source) => {
                let error = Error::record(format!("instance {}", InstanceId::from_u128(id)), source);
                tracing::error!(error = %ErrorChain(&error), "a record is left in its old format");
            }
        }
    }
    Ok(())
}

fn name_provisioner(spec: &[u8], status: &[u8]) -> Result<Vec<u8>, Unreadable> {
    #[derive(serde::Deserialize)]
    struct Made {
        provisioner: String,
    }
    let Made { provisioner } = decode(spec)?;
    let mut status: serde_json::Map<String, serde_json::Value> = decode(status)?;
    status.insert("provisioner".to_owned(), provisioner.into());
    encode(&status)
}
