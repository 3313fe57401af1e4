//! Takes up what changed in the configuration directory while the daemon runs.
//!
//! Flow: the watcher's bell, `SIGHUP` or a request → everything is read again → the plugins are
//! replaced, or the reasons why not are kept and logged once.
//!
//! Guarantees: what is bad is refused, and what served before goes on serving; what it takes away is
//! taken away all the same, and what serves has the credentials that its files hold now. Keys that need a
//! restart are named. A file that lost all of its hooks at once
//! is believed when it is seen twice, the same: a file that is half written is often good TOML. What comes
//! while plugins are built is looked at first.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::Signal;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::catalog::Catalog;
use crate::config::{self, Loaded};
use crate::daemon::Source;
use crate::extension::{ConfigurationReport, Extensions as _};
use crate::plugin::{self, PluginHost};
use crate::runtime::{Activator, Clock, PathWatcher, Shutdown, Tasks, WatchOptions, Watched};

/// A file that lost all of its hooks is looked at again after this; so is a provisioner that may go.
const SECOND_LOOK: Duration = Duration::from_secs(1);

/// What is reloaded, and into what.
pub(crate) struct Reload {
    pub(crate) source: Source,
    /// What is in force.
    pub(crate) loaded: Loaded,
    pub(crate) plugins: PluginHost,
    /// Rung after each swap of the plugins.
    pub(crate) swapped: Activator,
    pub(crate) catalog: Catalog,
    /// The reconciler's.
    pub(crate) bell: Activator,
    pub(crate) clock: Arc<dyn Clock>,
    /// Each is told when its look was taken.
    pub(crate) requests: mpsc::Receiver<oneshot::Sender<()>>,
    pub(crate) hangup: Signal,
    pub(crate) report: ConfigurationReport,
    /// What was last read, if it had lost all of its hooks.
    pub(crate) suspicious: Option<Suspicious>,
}

/// A configuration that lost all of its hooks.
pub(crate) struct Suspicious {
    /// When it was first seen to be so.
    since: Instant,
    plugin: plugin::Options,
    fixed: BTreeMap<String, String>,
}

impl Reload {
    /// Watches and reloads until `shutdown`.
    pub(crate) fn start(self, tasks: &Tasks, shutdown: Shutdown) {
        let changed = Activator::new();
        // What changed since it was read, while the daemon started.
        changed.ring();
        let watched = self.watched();
        let options = WatchOptions::default();
        let watcher = PathWatcher::start(watched, options, changed.clone(), tasks, shutdown.clone());
        let (swapped, catalog, bell) = (self.swapped.clone(), self.catalog.clone(), self.bell.clone());
        let stopped = shutdown.clone();
        tasks.spawn("after a swap", async move {
            loop {
                tokio::select! {
                    () = stopped.cancelled() => return,
                    () = swapped.rung() => {}
                }
                // A template may name a provisioner that is new.
                catalog.reload();
                catalog.refresh();
                bell.ring();
            }
        });
        tasks.spawn("reload", async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = self.run(changed, watcher) => {}
            }
        });
    }

    async fn run(mut self, changed: Activator, watcher: PathWatcher) {
        let mut waiting = Vec::new();
        loop {
            tokio::select! {
                () = changed.rung() => {}
                () = tokio::time::sleep(SECOND_LOOK), if self.suspicious.is_some() || self.plugins.are_leaving() => {}
                Some(()) = self.hangup.recv() => {
                    tracing::info!(signal = "SIGHUP", "reading the configuration again");
                    self.plugins.compile_again();
                }
                Some(request) = self.requests.recv() => {
                    waiting.push(request);
                    self.plugins.compile_again();
                }
            }
            // Whoever asked before the look began is served by it.
            while let Ok(request) = self.requests.try_recv() {
                waiting.push(request);
            }
            let looked = self.reload(&changed).await;
            watcher.set(self.watched());
            if looked {
                for request in waiting.drain(..) {
                    // Nobody may be waiting any more.
                    let _ = request.send(());
                }
            }
        }
    }

    /// Takes a look. False: it was ended by something more urgent, and `changed` was rung for another one.
    async fn reload(&mut self, changed: &Activator) -> bool {
        self.rest().await;
        match config::load(&self.source.config, config::environment(), &self.source.overrides) {
            Ok(loaded) => self.take_up(loaded, changed).await,
            Err(refused) => {
                self.suspicious = None;
                let complaints = refused.complaints.to_string();
                let known = self.report.refusal.take().filter(|(_, known)| *known == complaints);
                if known.is_none() {
                    tracing::error!(
                        "the configuration is refused, and the last good one stays:\n{complaints}"
                    );
                }
                self.report.refusal = known.or_else(|| Some((self.clock.now(), complaints)));
                self.plugins.note(self.report.clone());
                match refused.allowances {
                    Some(allowances) => self.plugins.curtail(allowances).await,
                    None => self.plugins.refresh().await,
                }
                true
            }
        }
    }

    /// Whoever asks for a look may still be writing: the beginning of a TOML file is often good TOML. Other
    /// files may be written without an end; what they are then is found out when they are read.
    async fn rest(&self) {
        let patience = WatchOptions::default();
        if self.watched().rest(patience).await {
            return;
        }
        let file = Watched { files: [self.source.config.clone()].into(), ..Watched::default() };
        let mut is_told = false;
        while !file.rest(patience).await {
            if !is_told {
                tracing::warn!(file = %self.source.config.display(), "it is written all the time: it is read when it rests");
            }
            is_told = true;
        }
    }

    async fn take_up(&mut self, loaded: Loaded, changed: &Activator) -> bool {
        let serving = self.plugins.current();
        let lost_hooks = !serving.hooks.is_empty() && loaded.options.plugin.hooks.is_empty();
        if lost_hooks && !self.was_seen_before(&loaded) {
            self.plugins.curtail(loaded.allowances).await;
            return true;
        }
        self.suspicious = None;
        let needs_restart = different(&self.loaded.fixed, &loaded.fixed);
        if !needs_restart.is_empty() && needs_restart != self.report.needs_restart {
            tracing::warn!(
                keys = needs_restart.join(", "),
                "what changed there takes effect after a restart"
            );
        }
        self.report = ConfigurationReport { refusal: None, needs_restart };
        self.plugins.note(self.report.clone());
        self.loaded.files = loaded.files.clone();
        let (asked, allowances) = (loaded.options.plugin.clone(), loaded.allowances.clone());
        let plugins = self.plugins.clone();
        let mut building = pin!(plugins.reload(asked, allowances));
        let mut is_stale = false;
        let built = loop {
            tokio::select! {
                built = &mut building => break built,
                () = changed.rung() => {
                    is_stale = true;
                    // It may take away what is not to wait for a compiler.
                    if self.is_other(&loaded) {
                        plugins.interrupt();
                    }
                }
            }
        };
        // What else it refused it says itself.
        let interrupted = matches!(built, Err(plugin::Error::Interrupted));
        if is_stale || interrupted {
            changed.ring();
        }
        !interrupted
    }

    /// Whether the file says something else by now.
    fn is_other(&self, loaded: &Loaded) -> bool {
        match config::load(&self.source.config, config::environment(), &self.source.overrides) {
            Ok(now) => now.options.plugin != loaded.options.plugin || now.allowances != loaded.allowances,
            Err(_) => true,
        }
    }

    /// Whether a configuration that lost all of its hooks was the same a while ago.
    fn was_seen_before(&mut self, loaded: &Loaded) -> bool {
        let Loaded { options, fixed, .. } = loaded;
        let known = self.suspicious.as_ref();
        let known = known.filter(|known| known.plugin == options.plugin && known.fixed == *fixed);
        if let Some(Suspicious { since, .. }) = known {
            return since.elapsed() >= SECOND_LOOK;
        }
        tracing::warn!(
            "the configuration has lost all of its hooks: it is read once more before it is believed"
        );
        let (plugin, fixed) = (options.plugin.clone(), fixed.clone());
        self.suspicious = Some(Suspicious { since: Instant::now(), plugin, fixed });
        false
    }

    /// Every file that this configuration was made from or names, and those that hold the credentials of
    /// what serves beside it.
    fn watched(&self) -> Watched {
        let files = self.loaded.files.iter().chain([&self.source.config]).cloned();
        let files = files.chain(self.plugins.credential_files()).collect();
        Watched { files, ..Watched::default() }
    }
}

/// The keys whose values differ.
fn different(now: &BTreeMap<String, String>, next: &BTreeMap<String, String>) -> Vec<String> {
    let keys: BTreeSet<&String> = now.keys().chain(next.keys()).collect();
    keys.into_iter().filter(|key| now.get(*key) != next.get(*key)).cloned().collect()
}
