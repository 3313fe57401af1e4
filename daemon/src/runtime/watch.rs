//! Watches directories and rings a bell when something in them is different.
//!
//! Events are hints, and a look is the truth: file systems send none, lose them, send them for files
//! that are half written, and send nothing for a link's target. So a hint, or a while without any, leads
//! to a look at every directory; looks are repeated until two in a row are equal; the bell rings if they
//! differ from what it last rang for, and at every regular look. Whoever hears it reads again.
//!
//! A directory that is removed and made again, or is a link that leads elsewhere now, is found by its
//! parent, which is watched too. What cannot be watched is found by the regular look.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout};

use super::{Activator, Shutdown, Tasks};

/// Entries of one directory that are looked at.
const MAX_ENTRIES: usize = 10_000;

/// When the bell rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchOptions {
    /// Nothing is different for so long.
    pub quiet: Duration,
    /// At the latest after so long.
    pub longest: Duration,
    /// Without any event.
    pub poll: Duration,
}

impl Default for WatchOptions {
    fn default() -> Self {
        Self {
            quiet: Duration::from_millis(75),
            longest: Duration::from_secs(2),
            poll: Duration::from_secs(15),
        }
    }
}

/// What is watched. The watching ends with the shutdown it was started with.
#[derive(Clone)]
pub struct PathWatcher {
    directories: Arc<Mutex<BTreeSet<PathBuf>>>,
    hint: Activator,
}

impl PathWatcher {
    /// Watches `directories` (not what is below their folders) and rings `bell`.
    pub fn start(
        directories: BTreeSet<PathBuf>,
        options: WatchOptions,
        bell: Activator,
        tasks: &Tasks,
        shutdown: Shutdown,
    ) -> Self {
        let seen = Footprint::look(&directories);
        let this = Self { directories: Arc::new(Mutex::new(directories)), hint: Activator::new() };
        let watching = this.clone().watch(options, bell, seen);
        tasks.spawn("watch files", async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = watching => {}
            }
        });
        this
    }

    /// Watches these from now on.
    pub fn set(&self, directories: BTreeSet<PathBuf>) {
        let mut watched = self.directories.lock().unwrap_or_else(PoisonError::into_inner);
        if *watched != directories {
            *watched = directories;
            self.hint.ring();
        }
    }

    fn directories(&self) -> BTreeSet<PathBuf> {
        self.directories.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn watch(self, options: WatchOptions, bell: Activator, seen: Footprint) {
        let mut hints = Hints::new(self.hint.clone(), options.poll);
        let mut rung_for = seen;
        loop {
            let directories = self.directories();
            hints.arm(&directories);
            // What changed before it was watched sends no event.
            let hinted = Footprint::of(&directories).await != rung_for
                || timeout(options.poll, self.hint.rung()).await.is_ok();
            let footprint = self.settled(&directories, options).await;
            if !hinted || footprint != rung_for {
                rung_for = footprint;
                bell.ring();
            }
        }
    }

    /// Looks until two looks in a row are equal, at most for so long.
    async fn settled(&self, directories: &BTreeSet<PathBuf>, options: WatchOptions) -> Footprint {
        let deadline = Instant::now() + options.longest;
        let mut before = Footprint::of(directories).await;
        loop {
            sleep(options.quiet).await;
            let now = Footprint::of(directories).await;
            if now == before || Instant::now() >= deadline {
                return now;
            }
            before = now;
        }
    }
}

/// What makes a file another one than before: its length, when it was changed, and which it is.
type Mark = (u64, i64, i64, u64, u64);

/// How directories look from outside: every name with the mark of what it leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Footprint(Vec<(OsString, Option<Mark>)>);

impl Footprint {
    async fn of(directories: &BTreeSet<PathBuf>) -> Self {
        let directories = directories.clone();
        // A look that was lost is a look at nothing, and the next one differs.
        spawn_blocking(move || Self::look(&directories)).await.unwrap_or_default()
    }

    fn look(directories: &BTreeSet<PathBuf>) -> Self {
        let mut entries = Vec::new();
        for directory in directories {
            entries.push((directory.clone().into_os_string(), mark(directory)));
            let Ok(listed) = fs::read_dir(directory) else { continue };
            let mut names: Vec<OsString> =
                listed.filter_map(|entry| Some(entry.ok()?.file_name())).take(MAX_ENTRIES).collect();
            names.sort_unstable();
            entries.extend(names.into_iter().map(|name| {
                let mark = mark(&directory.join(&name));
                (name, mark)
            }));
        }
        Self(entries)
    }
}

/// None: there is nothing, or a link that leads nowhere.
fn mark(path: &Path) -> Option<Mark> {
    let metadata = fs::metadata(path).ok()?;
    // A directory changes with whatever is made in it, for example the daemon's own database.
    let (size, mtime, nanos) = match metadata.is_dir() {
        true => (0, 0, 0),
        false => (metadata.len(), metadata.mtime(), metadata.mtime_nsec()),
    };
    Some((size, mtime, nanos, metadata.dev(), metadata.ino()))
}

/// The kernel's events, as far as it sends any.
struct Hints {
    watcher: Option<RecommendedWatcher>,
    /// What could not be watched, which is said once.
    complained: BTreeSet<PathBuf>,
    poll: Duration,
}

impl Hints {
    fn new(hint: Activator, poll: Duration) -> Self {
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading a file is no change; an error, or an overflow, may hide one.
            if event.as_ref().map_or(true, |event| !event.kind.is_access()) {
                hint.ring();
            }
        });
        let watcher = watcher.inspect_err(|error| {
            tracing::warn!(%error, ?poll, "files cannot be watched: they are looked at now and then");
        });
        Self { watcher: watcher.ok(), complained: BTreeSet::new(), poll }
    }

    /// Watches the directories and their parents. Done again before each wait: a directory that was
    /// made anew has lost its watch, and one that is watched already loses nothing.
    fn arm(&mut self, directories: &BTreeSet<PathBuf>) {
        let Some(watcher) = &mut self.watcher else { return };
        let parents = directories.iter().filter_map(|directory| directory.parent());
        for path in directories.iter().map(PathBuf::as_path).chain(parents) {
            match watcher.watch(path, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.complained.remove(path)),
                Err(error) => {
                    if self.complained.insert(path.to_path_buf()) {
                        let poll = self.poll;
                        tracing::warn!(path = %path.display(), %error, ?poll, "it cannot be watched: it is looked at now and then");
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    struct Watched {
        dir: tempfile::TempDir,
        bell: Activator,
        _tasks: Tasks,
    }

    const SOON: Duration = Duration::from_secs(20);

    impl Watched {
        fn new(directory: &str) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let (bell, tasks) = (Activator::new(), Tasks::default());
            let quiet = Duration::from_millis(10);
            let options = WatchOptions { quiet, longest: SOON, poll: Duration::from_secs(3_600) };
            let directories = BTreeSet::from([dir.path().join(directory)]);
            PathWatcher::start(directories, options, bell.clone(), &tasks, Shutdown::new());
            Self { dir, bell, _tasks: tasks }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.dir.path().join(name)
        }

        async fn hears(&self, what: &str) {
            assert!(timeout(SOON, self.bell.rung()).await.is_ok(), "{what}");
        }
    }

    #[tokio::test]
    async fn writes_renames_and_removals_are_heard() {
        let watched = Watched::new("");
        fs::write(watched.path("a"), "1").unwrap();
        watched.hears("a write").await;
        fs::write(watched.path(".a.tmp"), "2").unwrap();
        fs::rename(watched.path(".a.tmp"), watched.path("a")).unwrap();
        watched.hears("a rename over it").await;
        fs::remove_file(watched.path("a")).unwrap();
        watched.hears("a removal").await;
    }

    #[tokio::test]
    async fn a_volume_that_swaps_its_data_link_is_heard() {
        let watched = Watched::new("");
        for version in ["1", "2"] {
            fs::create_dir(watched.path(&format!("..{version}"))).unwrap();
            fs::write(watched.path(&format!("..{version}/a")), version).unwrap();
        }
        symlink("..1", watched.path("..data")).unwrap();
        symlink("..data/a", watched.path("a")).unwrap();
        watched.hears("the volume").await;
        symlink("..2", watched.path("..data_tmp")).unwrap();
        fs::rename(watched.path("..data_tmp"), watched.path("..data")).unwrap();
        watched.hears("the swap").await;
    }

    #[tokio::test]
    async fn a_directory_that_is_made_again_is_watched_again() {
        let watched = Watched::new("d");
        for round in 0..3 {
            fs::create_dir(watched.path("d")).unwrap();
            fs::write(watched.path("d/a"), "1").unwrap();
            watched.hears("the new directory").await;
            fs::write(watched.path("d/a"), "22").unwrap();
            watched.hears("a change in it").await;
            fs::remove_dir_all(watched.path("d")).unwrap();
            watched.hears(&format!("its removal {round}")).await;
        }
    }

    #[tokio::test]
    async fn a_directory_that_never_rests_is_heard_in_the_end() {
        let dir = tempfile::tempdir().unwrap();
        let (bell, tasks) = (Activator::new(), Tasks::default());
        let options = WatchOptions {
            quiet: Duration::from_millis(20),
            longest: Duration::from_millis(200),
            poll: Duration::from_secs(3_600),
        };
        let directories = BTreeSet::from([dir.path().to_path_buf()]);
        PathWatcher::start(directories, options, bell.clone(), &tasks, Shutdown::new());
        let restless = async {
            for number in 0_u64.. {
                fs::write(dir.path().join("a"), "x".repeat(usize::try_from(number % 50).unwrap())).unwrap();
                sleep(Duration::from_millis(3)).await;
            }
        };
        tokio::select! {
            () = restless => {}
            heard = timeout(SOON, bell.rung()) => assert!(heard.is_ok()),
        }
    }
}
