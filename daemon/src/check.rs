//! `wharfinger check-config`: everything that is wrong with a configuration, and nothing changed.
//!
//! What can be said without running anything comes from `config` and `catalog`; plugins are built
//! as at a start, so that their settings are checked by themselves, and thrown away.

use std::path::Path;
use std::sync::Arc;

use crate::config::{self, Overrides};
use crate::plugin::{Host, PluginHost};
use crate::process::Processes;
use crate::runtime::{Activator, Clock, Metrics, SystemClock, Tasks};
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
    let dir = std::env::temp_dir().join(format!("wharfinger-check-{}", std::process::id()));
    let processes = Processes::new(process::Options { dir: dir.clone(), ..process })
        .map_err(|error| error.to_string())?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let host = Host {
        clock,
        tasks: Tasks::default(),
        processes,
        changed: Activator::new(),
        first_generation: 1,
        owned: Box::new(|_| 0),
        metrics: Metrics::default(),
    };
    let checked = PluginHost::check(options, host).await.map_err(|error| error.to_string());
    // It is empty, and nobody else's.
    let _ = std::fs::remove_dir(&dir);
    checked
}
