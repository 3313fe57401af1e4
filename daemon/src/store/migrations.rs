//! From an older format of the records to this one: numbered steps, each in its own transaction,
//! so that a step that was cut short is simply taken again.
//!
//! | format | since | what changed |
//! |---|---|---|
//! | 1 | 0.1.0 | the first |
//! | 2 | 0.2.0 | outlines, so that a start reads a few bytes of each instance |

use redb::{Database, ReadableTable as _};

use super::tables::{META_SCHEMA, Tables};
use super::{Error, instances, outlines};
use crate::domain::InstanceId;
use crate::runtime::ErrorChain;

/// The format this version writes.
pub(super) const SCHEMA: u32 = 2;

/// One step: brings the tables of format `n` to format `n + 1`.
type Migration = fn(&mut Tables<'_>) -> Result<(), Error>;

/// The step at index `i` starts from format `i + 1`.
const MIGRATIONS: [Migration; SCHEMA as usize - 1] = [outlines_of_all];

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
    }
    Ok(())
}

fn outlines_of_all(tables: &mut Tables<'_>) -> Result<(), Error> {
    let ids: Vec<u128> = tables.status.iter()?.map(|row| Ok(row?.0.value())).collect::<Result<_, Error>>()?;
    for id in ids.into_iter().map(InstanceId::from_u128) {
        match instances::read(&tables.spec, &tables.status, id) {
            Ok(Some(instance)) => outlines::put(tables, &instance.outline())?,
            Ok(None) => {}
            // As everywhere: one record that cannot be read is left alone, and the others live.
            Err(error @ Error::Record { .. }) => {
                tracing::error!(error = %ErrorChain(&error), "a record is left alone");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
