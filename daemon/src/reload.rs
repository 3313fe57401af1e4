//! Takes up what changed in the configuration directory while the daemon runs.
//!
//! Events are hints: each time, everything is read again. What is bad is refused and logged, and
//! what served before goes on serving. Keys that need a restart are named.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::catalog::Catalog;
use crate::config::{self, Loaded, Options};
use crate::daemon::Source;
use crate::extension::Extensions as _;
use crate::lifecycle::Lifecycle;
use crate::plugin::PluginHost;
use crate::runtime::{Activator, ErrorChain, PathWatcher, Shutdown, Tasks, WatchOptions};

/// What is reloaded, and into what.
pub(crate) struct Reload {
    pub(crate) source: Source,
    /// What is in force.
    pub(crate) loaded: Loaded,
    pub(crate) plugins: PluginHost,
    /// Rung after each swap of the plugins.
    pub(crate) swapped: Activator,
    pub(crate) catalog: Catalog,
    pub(crate) lifecycle: Lifecycle,
    /// The reconciler's.
    pub(crate) bell: Activator,
    /// The last refusal, which is not logged twice.
    pub(crate) refused: Option<String>,
    /// The sections last named for needing a restart.
    pub(crate) restart: Vec<&'static str>,
}

impl Reload {
    /// Watches and reloads until `shutdown`.
    pub(crate) fn start(self, tasks: &Tasks, shutdown: Shutdown) {
        let changed = Activator::new();
        let watched = directories(&self.loaded, &self.source.config);
        let paths: Vec<&Path> = watched.iter().map(PathBuf::as_path).collect();
        let options = WatchOptions::default();
        let watcher = PathWatcher::start(&paths, options, changed.clone(), tasks, shutdown.clone());
        // Without it a change is found by the regular look.
        if let Err(error) = &watcher {
            tracing::warn!(error = %ErrorChain(error), poll = ?options.poll, "files cannot be watched: they are looked at now and then");
        }
        let (plugins, swapped) = (self.plugins.clone(), self.swapped.clone());
        let (catalog, lifecycle, bell) = (self.catalog.clone(), self.lifecycle.clone(), self.bell.clone());
        let stopped = shutdown.clone();
        tasks.spawn("after a swap", async move {
            while !stopped.is_cancelled() {
                tokio::select! {
                    () = stopped.cancelled() => return,
                    () = swapped.rung() => {}
                }
                let generation = plugins.current().generation;
                if let Err(error) = lifecycle.set_generation(generation).await {
                    tracing::error!(error = %ErrorChain(&error), generation, "the generation could not be stored");
                }
                // A template may name a provisioner that is new.
                catalog.reload();
                catalog.refresh();
                bell.ring();
            }
        });
        tasks.spawn("reload", async move {
            let (_watcher, mut this) = (watcher, self);
            loop {
                tokio::select! {
                    () = shutdown.cancelled() => return,
                    () = changed.rung() => this.reload().await,
                    () = tokio::time::sleep(options.poll) => this.reload().await,
                }
            }
        });
    }

    async fn reload(&mut self) {
        let loaded = match config::load(&self.source.config, config::environment(), &self.source.overrides) {
            Ok(loaded) => loaded,
            Err(complaints) => {
                let complaints = complaints.to_string();
                if self.refused.as_ref() != Some(&complaints) {
                    tracing::error!(
                        "the configuration is refused, and the last good one stays:\n{complaints}"
                    );
                    self.refused = Some(complaints);
                }
                return;
            }
        };
        self.refused = None;
        let restart = needs_restart(&self.loaded.options, &loaded.options);
        if !restart.is_empty() && restart != self.restart {
            tracing::warn!(sections = restart.join(", "), "what changed there takes effect after a restart");
        }
        self.restart = restart;
        // It says itself what it refused.
        let _ = self.plugins.reload(loaded.options.plugin).await;
    }
}

/// Every directory in which something may change.
fn directories(loaded: &Loaded, config: &Path) -> BTreeSet<PathBuf> {
    let parent = |path: &Path| match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
        _ => PathBuf::from("."),
    };
    let mut directories: BTreeSet<PathBuf> = loaded.files.iter().map(|file| parent(file)).collect();
    directories.insert(parent(config));
    directories.insert(loaded.options.catalog.dir.clone());
    directories
}

/// The sections that changed and are read at the start alone.
fn needs_restart(now: &Options, next: &Options) -> Vec<&'static str> {
    let sections = [
        ("server or bulk", now.api != next.api || now.service != next.service),
        ("log", now.telemetry != next.telemetry),
        ("store or bulk", now.store != next.store),
        ("reconcile or recovery", now.reconciler != next.reconciler),
        ("quarantine", now.plugin.quarantine != next.plugin.quarantine),
        ("probe", now.probe != next.probe),
        ("processes", now.process != next.process),
        ("templates", now.catalog != next.catalog),
    ];
    sections.into_iter().filter_map(|(section, changed)| changed.then_some(section)).collect()
}
