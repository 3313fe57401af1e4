//! Why a plugin was not loaded. What goes wrong in a *call* is a
//! [`Failure`](crate::domain::Failure) instead.

use std::collections::HashSet;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::domain::{Failure, PluginKey, PluginKind, ProvisionerName, Violation, pointer_path};

/// An error of the sandbox, which has a type of its own.
pub(super) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Which plugin is spoken of: `provisioner "local" (plugins/local.wasm)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// What it is for.
    pub kind: PluginKind,
    /// As in the configuration; empty for a file that is only looked at.
    pub name: String,
    /// The component's file.
    pub path: PathBuf,
}

impl Subject {
    /// A file of which nothing is known, and of which it is not asked what it is for.
    pub(super) fn file(path: &Path) -> Self {
        Self { kind: PluginKind::Hook, name: String::new(), path: path.to_owned() }
    }

    /// Which plugin it is.
    pub(super) fn key(&self) -> PluginKey {
        PluginKey { kind: self.kind, name: self.name.clone() }
    }

    /// The word for what it is for, as plugins write it.
    pub(super) const fn kind_word(&self) -> &'static str {
        self.kind.as_str()
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() {
            return write!(f, "{}", self.path.display());
        }
        write!(f, "{} {:?} ({})", self.kind_word(), self.name, self.path.display())
    }
}

/// A plugin, or a whole set, that was refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No plugin can run at all.
    #[error("the sandbox for plugins cannot be made; this machine may lack memory or address space")]
    Engine {
        /// What the engine said.
        source: Cause,
    },
    /// Components cannot be kept.
    #[error("the daemon's own copies of plugins cannot be kept in {}", path.display())]
    Warehouse {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file cannot be read.
    #[error("{subject} cannot be read; check its path and who may read it, or build the plugins first")]
    Unreadable {
        /// Which plugin.
        subject: Subject,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is larger than any plugin should be.
    #[error("{subject} is larger than {limit} bytes; strip it of debug information")]
    TooLarge {
        /// Which plugin.
        subject: Subject,
        /// Bytes that are read at most.
        limit: usize,
    },
    /// The file is something else.
    #[error("{subject} is {found}, not a WebAssembly component; {remedy}")]
    NotAComponent {
        /// Which plugin.
        subject: Subject,
        /// What it is instead.
        found: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// The component does not compile.
    #[error("{subject} does not compile; the file may be cut short or damaged: build or copy it again")]
    Invalid {
        /// Which plugin.
        subject: Subject,
        /// What the compiler said.
        source: Cause,
    },
    /// The component takes too much to compile, or cannot be compiled now.
    #[error("{subject} was not compiled")]
    NotCompiled {
        /// Which plugin.
        subject: Subject,
        /// What is wrong and what to do.
        source: Cause,
    },
    /// The component imports what only a grant gives.
    #[error(
        "{subject} imports {import}, which needs the grant {grant:?}; if it may have that, write \
         grants = [{grant:?}] into its table"
    )]
    GrantMissing {
        /// Which plugin.
        subject: Subject,
        /// What it imports.
        import: String,
        /// What it lacks.
        grant: &'static str,
    },
    /// The component imports what its kind never gets.
    #[error(
        "{subject} imports {import}, but a hook has neither network nor processes; build it for the \
         world hook-plugin and leave that import out"
    )]
    NotForHooks {
        /// Which plugin.
        subject: Subject,
        /// What it imports.
        import: String,
    },
    /// The component imports what this host does not have, or in another shape.
    #[error(
        "{subject} imports what this daemon does not offer; build it against the wit/ folder of this \
         daemon's version"
    )]
    Unlinkable {
        /// Which plugin.
        subject: Subject,
        /// Which import, and what is wrong with it.
        source: Cause,
    },
    /// The component does not export what its kind must.
    #[error(
        "{subject} does not fill the world {world}; it exports {exports}: check that the table names \
         the right file, or build it against the wit/ folder of this daemon's version"
    )]
    WrongWorld {
        /// Which plugin.
        subject: Subject,
        /// What it should fill.
        world: &'static str,
        /// What it has.
        exports: String,
        /// Which export is missing or of another shape.
        source: Cause,
    },
    /// The plugin fails before it goes live.
    #[error("{subject} failed its first call, {function}: repair the plugin or restore its last version")]
    FirstCall {
        /// Which plugin.
        subject: Subject,
        /// What was called.
        function: &'static str,
        /// How it failed.
        source: Box<Failure>,
    },
    /// The plugin says something impossible about itself.
    #[error("{subject} describes itself wrongly: {reason}")]
    Description {
        /// Which plugin.
        subject: Subject,
        /// What is wrong and what is allowed.
        reason: String,
    },
    /// The plugin refuses its settings.
    #[error("{subject} refuses its settings:{}", Lines(.complaints))]
    Settings {
        /// Which plugin.
        subject: Subject,
        /// One for each key.
        complaints: Vec<String>,
        /// The same for programs; pointers lead into the settings.
        violations: Vec<Violation>,
    },
    /// An upstream cannot be used as it is configured.
    #[error("{subject}: upstreams.{upstream} {reason}")]
    Upstream {
        /// Which plugin.
        subject: Subject,
        /// Which of its upstreams.
        upstream: String,
        /// What is wrong and what is allowed.
        reason: String,
    },
    /// Another backend was to take the place of one that has instances.
    #[error(
        "provisioner {:?} has {}: {change} is refused as long as that is so; if it is the same backend, write \
         moved = true into its table, else leave the table as it was and add another one beside it",
        .name.as_str(), counted(*.instances)
    )]
    InUse {
        /// Which provisioner.
        name: ProvisionerName,
        /// How many instances it has.
        instances: usize,
        /// What was to be changed.
        change: String,
    },
    /// The daemon's own copy of a component is of no use.
    #[error("the last good copy of {subject} cannot be used: {reason}")]
    Copy {
        /// Which plugin.
        subject: Subject,
        /// What is wrong.
        reason: String,
    },
    /// A provisioner that is retired and has instances cannot serve them.
    #[error(
        "provisioner {name:?} has instances and no table, and cannot be built as it was; write its table into \
         the configuration again, or put back what is missing"
    )]
    Forsaken {
        /// Which provisioner.
        name: String,
        /// Why not.
        source: Box<Error>,
    },
    /// It is new, and a set is published whole.
    #[error("{kind} {name:?} is new and good, and cannot serve until the others can be loaded too")]
    HeldBack {
        /// What it is for.
        kind: &'static str,
        /// Which plugin.
        name: String,
    },
    /// The table that is stored with it cannot be read.
    #[error("the stored table of {kind} {name:?} cannot be used: {reason}")]
    Table {
        /// What it is for.
        kind: &'static str,
        /// Which plugin.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// A set that could not be stored would not survive a restart.
    #[error("the plugins could not be stored, so they do not serve")]
    Unstored {
        /// Why.
        source: Cause,
    },
    /// The default provisioner has no table.
    #[error("defaults.provisioner names {:?}, which has no [provisioners.{name}] table", .name.as_str())]
    NoDefault {
        /// What is named.
        name: ProvisionerName,
    },
    /// Something more urgent came while a set was built.
    #[error("the plugins were not built to the end: something else was to be done first")]
    Interrupted,
    /// A set was refused because of some of its plugins.
    #[error("plugins cannot be loaded:{}", Lines(.0))]
    Refused(Vec<Refusal>),
}

/// One reason why a set was refused. Displays the whole chain.
#[derive(Debug)]
pub struct Refusal {
    /// What was to be loaded.
    pub plugin: PluginKey,
    /// Why it was not.
    pub error: Error,
}

impl Refusal {
    /// It is good itself.
    pub(super) fn held_back(plugin: PluginKey) -> Self {
        let (kind, name) = (plugin.kind.as_str(), plugin.name.clone());
        Self { plugin, error: Error::HeldBack { kind, name } }
    }

    /// The same of a provisioner that instances depend on.
    pub(super) fn forsaken(self) -> Self {
        let name = self.plugin.name.clone();
        Self { error: Error::Forsaken { name, source: Box::new(self.error) }, ..self }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        crate::runtime::ErrorChain(&self.error).fmt(f)
    }
}

impl Error {
    /// Settings with these mistakes: a line for each, in the words of the configuration.
    pub(super) fn settings(subject: &Subject, violations: Vec<Violation>) -> Self {
        let line = |Violation { pointer, code, message }: &Violation| {
            let key: String = pointer_path(pointer).map(|part| format!(".{part}")).collect();
            format!("settings{key}: {message} [{code}]")
        };
        let complaints = violations.iter().map(line).collect();
        Self::Settings { subject: subject.clone(), complaints, violations }
    }

    pub(super) fn upstream(subject: &Subject, upstream: &str, reason: String) -> Self {
        Self::Upstream { subject: subject.clone(), upstream: upstream.to_owned(), reason }
    }

    /// Stable, `snake_case`.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Engine { .. } => "engine_failed",
            Self::Warehouse { .. } => "warehouse_unusable",
            Self::Unreadable { .. } => "plugin_unreadable",
            Self::TooLarge { .. } => "plugin_too_large",
            Self::NotAComponent { .. } => "not_a_component",
            Self::Invalid { .. } => "component_invalid",
            Self::NotCompiled { .. } => "component_not_compiled",
            Self::GrantMissing { .. } => "grant_missing",
            Self::NotForHooks { .. } => "not_for_hooks",
            Self::Unlinkable { .. } => "import_unknown",
            Self::WrongWorld { .. } => "wrong_world",
            Self::FirstCall { .. } => "first_call_failed",
            Self::Description { .. } => "description_invalid",
            Self::Settings { .. } => "settings_refused",
            Self::Upstream { .. } => "upstream_invalid",
            Self::InUse { .. } => "provisioner_in_use",
            Self::Copy { .. } => "copy_unusable",
            Self::Forsaken { .. } => "provisioner_forsaken",
            Self::HeldBack { .. } => "set_refused",
            Self::Table { .. } => "table_unusable",
            Self::Unstored { .. } => "plugins_unstored",
            Self::NoDefault { .. } => "default_provisioner_unknown",
            Self::Interrupted | Self::Refused(_) => "plugins_refused",
        }
    }
}

fn counted(instances: usize) -> String {
    if instances == 1 { "1 instance".to_owned() } else { format!("{instances} instances") }
}

/// Shows each item on a line of its own, indented below what came before, and what two of them say only
/// once: a plugin and its last good version are often refused for the same reason.
struct Lines<'items, T>(&'items [T]);

impl<T: fmt::Display> fmt::Display for Lines<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut said = HashSet::new();
        for item in self.0.iter().map(T::to_string) {
            if said.insert(item.clone()) {
                write!(f, "\n  {}", item.replace('\n', "\n  "))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_as_they_are_written_and_counts_as_they_are_said() {
        for (instances, told) in [(1, "has 1 instance:"), (2, "has 2 instances:")] {
            let change = "another upstream".to_owned();
            let error = Error::InUse { name: "mgr".parse().unwrap(), instances, change };
            assert!(error.to_string().starts_with(&format!("provisioner \"mgr\" {told}")), "{error}");
        }
        let error = Error::NoDefault { name: "mgr".parse().unwrap() };
        let told = "defaults.provisioner names \"mgr\", which has no [provisioners.mgr] table";
        assert_eq!(error.to_string(), told);
    }

    #[test]
    fn what_a_plugin_and_its_last_good_version_are_refused_for_is_told_once() {
        let refusal = |name: &str| {
            let plugin = PluginKey { kind: PluginKind::Provisioner, name: name.to_owned() };
            Refusal { plugin, error: Error::NoDefault { name: name.parse().unwrap() } }
        };
        let told = Error::Refused(vec![refusal("one"), refusal("two"), refusal("one")]).to_string();
        assert_eq!(told.matches("\"one\"").count(), 1, "{told}");
        assert_eq!(told.lines().count(), 3, "{told}");
    }
}
