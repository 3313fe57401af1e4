//! `wharfinger check-config`: everything that is wrong with a configuration, and nothing changed.
//!
//! What can be said without running anything comes from `config` and `catalog`; plugins are built
//! as at a start, so that their settings are checked by themselves, and thrown away.

use std::path::Path;
use std::sync::Arc;

use crate::config::{self, Overrides};
use crate::plugin::{Ground, LoadingOptions, PluginHost};
use crate::process::Processes;
use crate::runtime::{Clock, Metrics, Scratch, SystemClock, Tasks};
use crate::{catalog, process};

/// What is wrong with the configuration in `file`, and what should be looked at.
#[derive(Debug, Default)]
pub struct Findings {
    /// A daemon would not start with these.
    pub complaints: Vec<String>,
    /// It would.
    pub warnings: Vec<String>,
}

/// Looks at everything, whatever else is wrong.
pub async fn check(file: &Path) -> Findings {
    let mut findings = Findings::default();
    let loaded = match config::load(file, config::environment(), &Overrides::default()) {
        Ok(loaded) => loaded,
        Err(complaints) => {
            findings.complaints.push(complaints.to_string());
            return findings;
        }
    };
    findings.warnings.extend(loaded.warnings.iter().map(ToString::to_string));
    let options = loaded.options;
    let provisioners =
        options.plugin.provisioners.iter().map(|provisioner| provisioner.name.clone()).collect();
    if let Err(complaints) = catalog::read(&options.catalog, &provisioners) {
        findings.complaints.push(complaints.to_string());
    }
    if let Err(complaint) = check_plugins(options.plugin, options.process).await {
        findings.complaints.push(complaint);
    }
    findings
}

async fn check_plugins(options: crate::plugin::Options, process: process::Options) -> Result<(), String> {
    // No child is started; the folder in which one would be kept is not the daemon's.
    let scratch = Scratch::new().map_err(|error| format!("no folder for the check can be made: {error}"))?;
    let dir = scratch.path().join("processes");
    let processes = Processes::new(process::Options { dir, ..process }).map_err(|error| error.to_string())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let ground = Ground { clock, tasks: Tasks::default(), processes, metrics: Metrics::default() };
    // A daemon that runs has its own copies: they are looked at by nobody else.
    let loading = LoadingOptions { dir: scratch.path().join("plugins"), ..options.loading };
    let options = crate::plugin::Options { loading, ..options };
    PluginHost::check(options, ground).await.map_err(|error| error.to_string())
}
