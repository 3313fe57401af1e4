//! Watches directories and rings a bell when something changed in them.
//!
//! Events are hints: whoever hears the bell lists and reads again. The bell waits for a quiet
//! moment, at most for so long, and rings every so often without any event, because some file
//! systems send none.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::time::{Instant, sleep_until, timeout};

use super::{Activator, Shutdown, Tasks};

/// A directory that cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be watched", path.display())]
pub struct WatchError {
    path: PathBuf,
    source: notify::Error,
}

/// When the bell rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchOptions {
    /// No event for so long.
    pub quiet: Duration,
    /// At the latest after so long.
    pub longest: Duration,
    /// Without any event.
    pub poll: Duration,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            quiet: Duration::from_millis(100),
            longest: Duration::from_secs(2),
            poll: Duration::from_secs(15),
        }
    }
}

/// Watches until it is dropped.
pub struct PathWatcher {
    _watcher: RecommendedWatcher,
}

impl PathWatcher {
    /// Watches `directories` (not what is below their folders) and rings `bell`.
    pub fn start(
        directories: &[&Path],
        options: WatchOptions,
        bell: Activator,
        tasks: &Tasks,
        shutdown: Shutdown,
    ) -> Result<Self, WatchError> {
        let hint = Activator::new();
        let heard = hint.clone();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading a file is no change; an error may hide one.
            if event.as_ref().map_or(true, |event| !event.kind.is_access()) {
                heard.ring();
            }
        })
        .map_err(|source| WatchError { path: PathBuf::new(), source })?;
        for directory in directories {
            watcher
                .watch(directory, RecursiveMode::NonRecursive)
                .map_err(|source| WatchError { path: directory.to_path_buf(), source })?;
        }
        tasks.spawn("watch files", async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = relay(hint, bell, options) => {}
            }
        });
        Ok(Self { _watcher: watcher })
    }
}

async fn relay(hint: Activator, bell: Activator, options: WatchOptions) {
    loop {
        if timeout(options.poll, hint.rung()).await.is_ok() {
            let deadline = Instant::now() + options.longest;
            loop {
                let quiet = (Instant::now() + options.quiet).min(deadline);
                tokio::select! {
                    () = hint.rung(), if Instant::now() < deadline => {}
                    () = sleep_until(quiet) => break,
                }
            }
        }
        bell.ring();
    }
}
