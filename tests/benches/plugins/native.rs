//! The same rule without a sandbox: the plugin's own function, with its settings read as the guest reads
//! them.

use anyhow::{Result, ensure};
use wharfinger_plugin_naming::Naming;
use wharfinger_plugin_sdk::{Decision, Hook as _, ReviewCall, settings};

use crate::request::SETTINGS;

/// One review.
pub(crate) fn review(call: &ReviewCall) -> Result<()> {
    let hook: Naming = settings::read(SETTINGS)?;
    let verdict = hook.review(call.clone())?;
    ensure!(verdict.decision == Decision::Allow, "the native function refuses: {verdict:?}");
    Ok(())
}
