//! Outlines: the few bytes of every instance that a start reads. A status holds its conditions and
//! is a hundred times as large; a million of them would be read for seconds.

use redb::ReadableTable as _;

use super::record::{Unreadable, name, phase_kind};
use super::tables::{OUTLINE, Tables};
use super::{Error, Store};
use crate::domain::{InstanceId, Outline, Timestamp};
use crate::runtime::ErrorChain;

/// Phase, when it wants to be looked at, whether it is in recovery, and provisioner.
pub(super) type OutlineValue = (&'static str, Option<i64>, bool, &'static str);

impl Store {
    /// Gives every instance's outline to `found`, in creation order. One that cannot be read is
    /// left out, and said in the log. Blocks: reads them all.
    pub fn outlines(&self, mut found: impl FnMut(Outline)) -> Result<(), Error> {
        let outlines = self.database.begin_read()?.open_table(OUTLINE)?;
        for row in outlines.iter()? {
            let (id, value) = row?;
            let id = InstanceId::from_u128(id.value());
            match read(id, value.value()) {
                Ok(outline) => found(outline),
                Err(source) => {
                    let error = Error::record(format!("instance {id}"), source);
                    tracing::error!(error = %ErrorChain(&error), "a record is left alone");
                }
            }
        }
        Ok(())
    }
}

/// Writes it down.
pub(super) fn put(tables: &mut Tables<'_>, outline: &Outline) -> Result<(), Error> {
    let Outline { id, provisioner, phase, due, recovering } = outline;
    let value = (phase.as_str(), due.map(|due| due.0), *recovering, provisioner.as_str());
    tables.outline.insert(id.as_u128(), value)?;
    Ok(())
}

pub(super) fn read(
    id: InstanceId,
    (phase, due, recovering, provisioner): (&str, Option<i64>, bool, &str),
) -> Result<Outline, Unreadable> {
    let (phase, provisioner) = (phase_kind(phase)?, name("the provisioner", provisioner)?);
    Ok(Outline { id, provisioner, phase, due: due.map(Timestamp), recovering })
}
