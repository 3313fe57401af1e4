//! The plugin that a command is about, and how it is loaded.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde_json::{Map, Value};

use super::request_file::OWNER;
use super::{Error, json};
use crate::config::ByItself;
use crate::domain::PluginKind;
use crate::extension::{Hook, Provisioner};
use crate::plugin::{self, Anatomy, Limits, Loaded, LoadingOptions, Script, Workbench};
use crate::process::{self, Processes, Signal};
use crate::runtime::{Scratch, Tasks};

/// Children that may run at the same time, and bytes of output that are kept of each.
const MAX_CHILDREN: usize = 16;
const MAX_OUTPUT: u64 = 1 << 20;
/// What is still running at the end gets so long to go by itself.
const GRACE: Duration = Duration::from_secs(2);

/// The plugin, with what an operator would write into its table.
#[derive(Debug, Args)]
pub(super) struct Given {
    /// The component.
    #[arg(value_name = "FILE")]
    plugin: PathBuf,
    /// What it is for. Without this its exports say it.
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Its settings, as JSON.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// What would stand in its table of the daemon's configuration, as TOML: limits, timeouts,
    /// upstreams, settings.
    #[arg(long, value_name = "FILE")]
    table: Option<PathBuf>,
    /// What it may do beside answering; `process`: start local child processes.
    #[arg(long, value_enum)]
    grant: Vec<Grant>,
}

/// What a plugin is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Kind {
    /// Makes workloads.
    Provisioner,
    /// Reviews requests.
    Hook,
}

/// What can be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Grant {
    /// Local child processes.
    Process,
}

/// A plugin that is loaded.
pub(super) struct Subject {
    pub(super) anatomy: Anatomy,
    pub(super) plugin: Plugin,
    pub(super) limits: Limits,
    pub(super) script: Option<Arc<Script>>,
    processes: Processes,
    scratch: Scratch,
}

/// What it is.
pub(super) enum Plugin {
    Hook(Loaded<dyn Hook>),
    Provisioner(Loaded<dyn Provisioner>),
}

impl Given {
    /// Loads it. With a script its upstreams answer from that.
    pub(super) async fn load(&self, script: Option<Arc<Script>>) -> Result<Subject, Error> {
        let anatomy = plugin::inspect(&self.plugin)?;
        let kind = self.kind(&anatomy)?;
        let settings = self.settings()?;
        let scratch = Scratch::new();
        let scratch =
            scratch.map_err(|error| Error::Failed(format!("no folder for it can be made: {error}")))?;
        let processes = processes(&scratch)?;
        let loading = LoadingOptions::in_dir(scratch.path().join("plugins"));
        let workbench = Workbench::open(&loading, Tasks::default(), processes.clone(), script.clone())?;
        let grants = self.grant.iter().map(|Grant::Process| "process").collect();
        let itself = ByItself {
            name: name(&self.plugin),
            plugin: self.plugin.clone(),
            table: self.table.clone(),
            grants,
        };
        let (plugin, limits) = match kind {
            Kind::Hook => {
                let mut options = itself.hook()?;
                options.settings = settings.unwrap_or(options.settings);
                (Plugin::Hook(workbench.hook(&options).await?), options.limits)
            }
            Kind::Provisioner => {
                let mut options = itself.provisioner()?;
                options.settings = settings.unwrap_or(options.settings);
                (Plugin::Provisioner(workbench.provisioner(&options).await?), options.limits)
            }
        };
        Ok(Subject { anatomy, plugin, limits, script, processes, scratch })
    }

    fn kind(&self, anatomy: &Anatomy) -> Result<Kind, Error> {
        match (self.kind, anatomy.kind) {
            (Some(kind), _) => Ok(kind),
            (None, Some(PluginKind::Hook)) => Ok(Kind::Hook),
            (None, Some(PluginKind::Provisioner)) => Ok(Kind::Provisioner),
            (None, None) => Err(Error::Unusable(format!(
                "{} does not say what it is for: it exports {}, and a plugin exports \
                 wharfinger:plugin/info and either wharfinger:plugin/hook or wharfinger:plugin/provisioner",
                self.plugin.display(),
                if anatomy.exports.is_empty() { "nothing".to_owned() } else { anatomy.exports.join(", ") }
            ))),
        }
    }

    fn settings(&self) -> Result<Option<String>, Error> {
        let table = self.settings.as_deref().map(json::<Map<String, Value>>).transpose()?;
        Ok(table.map(|table| Value::Object(table).to_string()))
    }
}

/// What the plugin is called: by its file, as a name may be.
fn name(file: &Path) -> String {
    let stem = file.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
    let letter = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '-' };
    let name: String = stem.chars().map(letter).take(63).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "plugin".to_owned() } else { name.to_owned() }
}

impl Subject {
    /// The most linear memory that one call took, in bytes.
    pub(super) fn peak_memory(&self) -> usize {
        match &self.plugin {
            Plugin::Hook(loaded) => loaded.peak_memory(),
            Plugin::Provisioner(loaded) => loaded.peak_memory(),
        }
    }

    /// Ends what the plugin started and did not end.
    pub(super) async fn finish(self) {
        let Ok(children) = self.processes.children(OWNER).await else { return };
        for child in children {
            if let Ok(false) = self.processes.signal(&child.target, Signal::Terminate, GRACE).await {
                let _ = self.processes.signal(&child.target, Signal::Kill, GRACE).await;
            }
        }
        drop(self.scratch);
    }
}

/// Child processes of a plugin with that grant live in `scratch`.
fn processes(scratch: &Scratch) -> Result<Processes, Error> {
    let program = std::env::current_exe()
        .map_err(|error| Error::Failed(format!("this program's own file cannot be found: {error}")))?;
    let options = process::Options {
        dir: scratch.path().join("processes"),
        program,
        max_output: MAX_OUTPUT,
        max_children: MAX_CHILDREN,
    };
    Processes::new(options).map_err(|error| Error::Failed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_called_by_its_file() {
        assert_eq!(name(Path::new("target/short_names.wasm")), "short-names");
        assert_eq!(name(Path::new("-Ünï.wasm")), "n");
        assert_eq!(name(Path::new("…")), "plugin");
    }
}
