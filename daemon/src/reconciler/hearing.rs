//! What every answer of a provisioner goes through: it says something about its backend, too.

use super::guards::Guards;
use super::{Options, Parts};
use crate::domain::{Failure, Notice};
use crate::extension::ProvisionerEntry;
use crate::runtime::ErrorChain;

/// A call was made: what came of it is told to the guards, and a turn of theirs is written down.
pub(super) async fn heard<T>(
    parts: &Parts,
    options: &Options,
    guards: &Guards,
    entry: &ProvisionerEntry,
    outcome: Result<T, Failure>,
) -> Result<T, Failure> {
    let reachable = entry.provisioner.reach().reachable;
    let now = parts.clock.now();
    let turn = guards.called(&entry.name, outcome.as_ref().err(), reachable, now, options);
    show(parts, guards, entry);
    if let Some(turn) = turn {
        write_down(parts, turn).await;
    }
    outcome
}

/// Shows how the provisioner stands.
pub(super) fn show(parts: &Parts, guards: &Guards, entry: &ProvisionerEntry) {
    let outlook = guards.outlook(&entry.name);
    if parts.lifecycle.outlook(&entry.name) != outlook {
        parts.lifecycle.set_outlook(entry.name.clone(), outlook);
    }
}

/// Makes an event of it. The log has it anyway if that is not possible.
pub(super) async fn write_down(parts: &Parts, notice: Notice) {
    let said = notice.cause.message.clone();
    if let Err(error) = parts.lifecycle.notice(notice).await {
        tracing::error!(said, error = %ErrorChain(&error), "what happened could not be written down");
    }
}
