//! Watches files and folders and rings a bell when one of them is different.
//!
//! Events are hints, and a look is the truth: file systems send none, lose them, send them for files
//! that are half written, and send nothing for a link's target. So a hint, or a while without any, leads
//! to a look at everything that is watched, and at nothing beside it, since a log may grow in the same folder
//! all the time; looks are repeated until two in a row are equal; the bell rings if they
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
use std::time::{Duration, UNIX_EPOCH};

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

/// What is looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// Each by itself.
    pub files: BTreeSet<PathBuf>,
    /// Everything in them, and not what is below their folders.
    pub folders: BTreeSet<PathBuf>,
}

impl Watched {
    /// Every directory whose events may be hints: also those that links lead to, and one above each.
    fn directories(&self) -> BTreeSet<PathBuf> {
        let parent = |path: &Path| match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        let links = self.files.iter().filter_map(|file| file.canonicalize().ok());
        let mut directories: BTreeSet<PathBuf> = links.map(|file| parent(&file)).collect();
        directories.extend(self.files.iter().map(|file| parent(file)));
        directories.extend(self.folders.iter().cloned());
        let above: Vec<PathBuf> = directories.iter().map(|directory| parent(directory)).collect();
        directories.extend(above);
        directories
    }

    /// Waits until all of it rests: it was not written for [`WatchOptions::quiet`], or two looks so far apart
    /// are equal. False: after [`WatchOptions::longest`] somebody writes there still.
    pub async fn rest(&self, options: WatchOptions) -> bool {
        Footprint::of(self).await.is_older_than(options.quiet) || self.settled(options).await.1
    }

    /// Looks until two looks in a row are equal, at most for so long; the last one, and whether it was equal.
    async fn settled(&self, options: WatchOptions) -> (Footprint, bool) {
        let deadline = Instant::now() + options.longest;
        let mut before = Footprint::of(self).await;
        loop {
            sleep(options.quiet).await;
            let now = Footprint::of(self).await;
            let is_equal = now == before;
            if is_equal || Instant::now() >= deadline {
                return (now, is_equal);
            }
            before = now;
        }
    }
}

/// A watcher. The watching ends with the shutdown it was started with.
#[derive(Clone)]
pub struct PathWatcher {
    watched: Arc<Mutex<Watched>>,
    hint: Activator,
}

impl PathWatcher {
    /// Watches, and rings `bell`.
    pub fn start(
        watched: Watched,
        options: WatchOptions,
        bell: Activator,
        tasks: &Tasks,
        shutdown: Shutdown,
    ) -> Self {
        let seen = Footprint::look(&watched);
        let this = Self { watched: Arc::new(Mutex::new(watched)), hint: Activator::new() };
        let watching = this.clone().watch(options, bell, seen);
        tasks.spawn("watch files", async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = watching => {}
            }
        });
        this
    }

    /// Watches this from now on.
    pub fn set(&self, watched: Watched) {
        let mut known = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if *known != watched {
            *known = watched;
            self.hint.ring();
        }
    }

    fn watched(&self) -> Watched {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn watch(self, options: WatchOptions, bell: Activator, seen: Footprint) {
        let mut hints = Hints::new(self.hint.clone(), options.poll);
        let mut rung_for = seen;
        let mut rung_at = Instant::now();
        loop {
            let watched = self.watched();
            hints.arm(&watched.directories());
            // What changed before it was watched sends no event.
            if Footprint::of(&watched).await == rung_for {
                // Its end is the regular look.
                let _ = timeout(options.poll, self.hint.rung()).await;
            }
            let (footprint, _) = watched.settled(options).await;
            // Hints that lead to nothing, however many, must not put off the regular look.
            if footprint != rung_for || rung_at.elapsed() >= options.poll {
                rung_for = footprint;
                rung_at = Instant::now();
                bell.ring();
            }
        }
    }
}

/// What makes a file another one than before: its length, when it was changed, and which it is.
type Mark = (u64, i64, i64, u64, u64);

/// How what is watched looks from outside: every name with the mark of what it leads to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Footprint(Vec<(OsString, Option<Mark>)>);

impl Footprint {
    async fn of(watched: &Watched) -> Self {
        let watched = watched.clone();
        // A look that was lost is a look at nothing, and the next one differs.
        spawn_blocking(move || Self::look(&watched)).await.unwrap_or_default()
    }

    fn look(watched: &Watched) -> Self {
        let named = |path: &PathBuf| (path.clone().into_os_string(), mark(path));
        let mut entries: Vec<_> = watched.files.iter().map(named).collect();
        for folder in &watched.folders {
            entries.push(named(folder));
            let Ok(listed) = fs::read_dir(folder) else { continue };
            let mut names: Vec<OsString> =
                listed.filter_map(|entry| Some(entry.ok()?.file_name())).take(MAX_ENTRIES).collect();
            names.sort_unstable();
            entries.extend(names.into_iter().map(|name| {
                let mark = mark(&folder.join(&name));
                (name, mark)
            }));
        }
        Self(entries)
    }

    /// Whether nothing of it was written in the last `quiet`. A file of the future may have been.
    fn is_older_than(&self, quiet: Duration) -> bool {
        self.0.iter().filter_map(|(_, mark)| *mark).all(|(_, seconds, nanos, ..)| {
            let (Ok(seconds), Ok(nanos)) = (u64::try_from(seconds), u32::try_from(nanos)) else {
                return false;
            };
            let written = UNIX_EPOCH + Duration::new(seconds, nanos);
            written.elapsed().is_ok_and(|since| since >= quiet)
        })
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

    /// Watches the directories. Done again before each wait: one that was made anew has lost its watch,
    /// and one that is watched already loses nothing.
    fn arm(&mut self, directories: &BTreeSet<PathBuf>) {
        let Some(watcher) = &mut self.watcher else { return };
        for path in directories {
            match watcher.watch(path, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.complained.remove(path)),
                Err(error) => {
                    if self.complained.insert(path.clone()) {
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

    struct Folder {
        dir: tempfile::TempDir,
        bell: Activator,
        _tasks: Tasks,
    }

    const SOON: Duration = Duration::from_secs(20);

    impl Folder {
        fn new(directory: &str) -> Self {
            Self::looking(directory, Duration::from_secs(3_600))
        }

        fn looking(directory: &str, poll: Duration) -> Self {
            let dir = tempfile::tempdir().unwrap();
            let (bell, tasks) = (Activator::new(), Tasks::default());
            let quiet = Duration::from_millis(10);
            let options = WatchOptions { quiet, longest: SOON, poll };
            let watched = Watched { folders: [dir.path().join(directory)].into(), ..Watched::default() };
            PathWatcher::start(watched, options, bell.clone(), &tasks, Shutdown::new());
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
        let watched = Folder::new("");
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
        let watched = Folder::new("");
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
        let watched = Folder::new("d");
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
    async fn what_is_being_written_is_waited_for_and_what_rests_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        let watched = Watched { files: [file.clone()].into(), ..Watched::default() };
        let options = WatchOptions {
            quiet: Duration::from_millis(300),
            longest: SOON,
            poll: Duration::from_secs(3_600),
        };
        fs::write(&file, "[[hooks]]").unwrap();
        let writing = async {
            for size in 1..=10 {
                sleep(Duration::from_millis(20)).await;
                fs::write(&file, "x".repeat(size)).unwrap();
            }
        };
        tokio::join!(writing, async {
            let hurried =
                WatchOptions { longest: Duration::ZERO, quiet: Duration::from_millis(70), ..options };
            assert!(!watched.rest(hurried).await, "it is written all the time");
            assert!(watched.rest(options).await);
            assert_eq!(fs::read(&file).unwrap().len(), 10);
        });
        // Years old: nothing is waited for, which a wait of an hour would show.
        let an_hour = Duration::from_secs(3_600);
        let written = UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        fs::File::options().write(true).open(&file).unwrap().set_modified(written).unwrap();
        let options = WatchOptions { quiet: an_hour, longest: an_hour, poll: an_hour };
        assert!(timeout(SOON, watched.rest(options)).await.unwrap());
    }

    #[tokio::test]
    async fn the_bell_rings_at_every_regular_look_though_no_event_was_sent() {
        let watched = Folder::looking("d", Duration::from_millis(20));
        // Outside of every directory that is watched, where only a link leads.
        let elsewhere = tempfile::tempdir().unwrap();
        let target = elsewhere.path().join("a");
        fs::write(&target, "1").unwrap();
        fs::create_dir(watched.path("d")).unwrap();
        symlink(&target, watched.path("d/a")).unwrap();
        // More often than the link itself is heard.
        for round in 0..5 {
            fs::write(&target, "1".repeat(round + 2)).unwrap();
            watched.hears("perhaps what was rung before the change").await;
            watched.hears("the change").await;
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
        let watched = Watched { folders: [dir.path().to_path_buf()].into(), ..Watched::default() };
        PathWatcher::start(watched, options, bell.clone(), &tasks, Shutdown::new());
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

    #[tokio::test]
    async fn what_grows_beside_a_watched_file_rings_no_bell_and_holds_none_up() {
        let dir = tempfile::tempdir().unwrap();
        let (bell, tasks) = (Activator::new(), Tasks::default());
        let (file, log) = (dir.path().join("file"), dir.path().join("log"));
        fs::write(&file, "1").unwrap();
        let options = WatchOptions {
            quiet: Duration::from_millis(20),
            longest: SOON * 10,
            poll: Duration::from_secs(3_600),
        };
        let watched = Watched { files: [file.clone()].into(), ..Watched::default() };
        PathWatcher::start(watched, options, bell.clone(), &tasks, Shutdown::new());
        let growing = async {
            let mut text = String::new();
            loop {
                text.push('x');
                fs::write(&log, &text).unwrap();
                sleep(Duration::from_millis(3)).await;
            }
        };
        let looking = async {
            assert!(
                timeout(Duration::from_millis(200), bell.rung()).await.is_err(),
                "nothing watched changed"
            );
            fs::write(&file, "22").unwrap();
            assert!(timeout(SOON, bell.rung()).await.is_ok(), "it did, and the log is no reason to wait");
        };
        tokio::select! {
            () = growing => {}
            () = looking => {}
        }
    }
}
