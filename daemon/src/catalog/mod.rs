//! Templates: what instances can be made from, from files and from provisioners.
//!
//! ```text
//! folder ── watcher's bell ──> Folder (last good of each file) ──┐
//!                                                                ├─> Snapshot <── get, list
//! provisioners ── timer, or refresh() after a swap ──> Offers ───┘
//! ```
//!
//! A read never waits: it looks at the snapshot. A template of a file wins over one of a
//! provisioner with the same name, and the default provisioner's over the others'.
//!
//! Guarantees: a file that cannot be used is refused with all its complaints, logged once, and the
//! last good template of that file stays; a template goes away with its file; a provisioner that
//! does not answer keeps the templates it last gave, with their age and what went wrong. At start
//! a bad file is an error, because there is nothing good to fall back to.
//!
//! Knows nothing of instances: they hold a copy of their template and never read it here again.

mod check;
mod entry;
mod folder;
mod inputs;
mod offers;
mod options;
mod template_file;

#[cfg(test)]
mod shipped_tests;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::sleep;

pub use check::check_value;
pub use entry::{CatalogEntry, Source};
pub use options::*;

use self::folder::Folder;
use self::offers::Offers;
use crate::domain::{ProvisionerName, TemplateName};
use crate::extension::Extensions;
use crate::runtime::document::Complaints;
use crate::runtime::{Activator, Clock, PathWatcher, Shutdown, Tasks, WatchOptions, Watched};

/// Every template, by name.
type Snapshot = BTreeMap<TemplateName, CatalogEntry>;

/// The catalogue. Cheap to clone.
#[derive(Clone)]
pub struct Catalog(Arc<Inner>);

struct Inner {
    options: Options,
    extensions: Arc<dyn Extensions>,
    clock: Arc<dyn Clock>,
    snapshot: ArcSwap<Snapshot>,
    /// Held while files are read and the snapshot is made anew, never across an await.
    state: Mutex<State>,
    /// Rung when provisioners should be asked again.
    refresh: Activator,
}

struct State {
    folder: Folder,
    offers: Offers,
}

/// Reads every template file once, or says what is wrong with them.
pub fn read(
    options: &Options,
    provisioners: &BTreeSet<ProvisionerName>,
) -> Result<Vec<CatalogEntry>, Complaints> {
    let mut folder = Folder::default();
    let complaints = folder.reload(options, provisioners, crate::domain::Timestamp(0));
    Complaints::of(complaints).map_or_else(|| Ok(folder.entries().collect()), Err)
}

impl Catalog {
    /// Reads the files, or says what is wrong with them; then goes on watching them, and asks the
    /// provisioners in the background.
    pub fn start(
        options: Options,
        extensions: Arc<dyn Extensions>,
        clock: Arc<dyn Clock>,
        tasks: &Tasks,
        shutdown: Shutdown,
    ) -> Result<Self, Complaints> {
        let catalog = Self(Arc::new(Inner {
            options,
            extensions,
            clock,
            snapshot: ArcSwap::default(),
            state: Mutex::new(State { folder: Folder::default(), offers: Offers::default() }),
            refresh: Activator::new(),
        }));
        if let Some(complaints) = Complaints::of(catalog.read_files()) {
            return Err(complaints);
        }
        catalog.watch(tasks, shutdown.clone());
        catalog.keep_asking(tasks, shutdown);
        Ok(catalog)
    }

    /// The template of that name.
    pub fn get(&self, name: &TemplateName) -> Option<CatalogEntry> {
        self.0.snapshot.load().get(name).cloned()
    }

    /// Every template, by name.
    pub fn list(&self) -> Vec<CatalogEntry> {
        self.0.snapshot.load().values().cloned().collect()
    }

    /// Reads the files again. What is refused is logged, unless it was refused for the same
    /// reasons before. Blocks for as long as reading a folder takes.
    pub fn reload(&self) {
        for complaint in self.read_files() {
            tracing::warn!(
                place = %complaint.place,
                key = complaint.key,
                "template refused, the last good one stays: {}",
                complaint.message
            );
        }
    }

    /// Asks the provisioners for their templates soon; to be called after plugins were swapped.
    pub fn refresh(&self) {
        self.0.refresh.ring();
    }

    /// Complaints that are new.
    fn read_files(&self) -> Vec<crate::runtime::document::Complaint> {
        let provisioners = self.0.extensions.current().provisioners.keys().cloned().collect();
        let mut state = self.lock();
        let complaints = state.folder.reload(&self.0.options, &provisioners, self.0.clock.now());
        self.publish(&state);
        complaints
    }

    fn publish(&self, state: &State) {
        let mut snapshot = Snapshot::new();
        let offers = state.offers.entries(&self.0.extensions.current().default_provisioner);
        for entry in state.folder.entries().chain(offers) {
            if snapshot.contains_key(&entry.template.name) {
                continue;
            }
            if snapshot.len() >= self.0.options.max_templates {
                break;
            }
            snapshot.insert(entry.template.name.clone(), entry);
        }
        self.0.snapshot.store(Arc::new(snapshot));
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // A panic while it was held ends the daemon anyway.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self, tasks: &Tasks, shutdown: Shutdown) {
        let bell = Activator::new();
        let watched = Watched { folders: [self.0.options.dir.clone()].into(), ..Watched::default() };
        PathWatcher::start(watched, WatchOptions::default(), bell.clone(), tasks, shutdown.clone());
        let catalog = self.clone();
        tasks.spawn("reload templates", async move {
            loop {
                tokio::select! {
                    () = shutdown.cancelled() => break,
                    () = bell.rung() => {}
                }
                let reader = catalog.clone();
                // A folder on a slow disk must not hold up requests.
                if tokio::task::spawn_blocking(move || reader.reload()).await.is_err() {
                    tracing::error!("reading the templates panicked");
                }
            }
        });
    }

    fn keep_asking(&self, tasks: &Tasks, shutdown: Shutdown) {
        let catalog = self.clone();
        tasks.spawn("fetch templates", async move {
            loop {
                tokio::select! {
                    () = shutdown.cancelled() => break,
                    () = catalog.ask() => {}
                }
                tokio::select! {
                    () = shutdown.cancelled() => break,
                    () = catalog.0.refresh.rung() => {}
                    () = sleep(catalog.0.options.refresh) => {}
                }
            }
        });
    }

    /// Asks every provisioner at the same time; each answer counts when it comes.
    async fn ask(&self) {
        let set = self.0.extensions.current();
        self.lock().offers.keep_only(&set.provisioners);
        let mut answers: FuturesUnordered<_> = set
            .provisioners
            .values()
            .map(|entry| async move { (entry.name.clone(), entry.provisioner.templates().await) })
            .collect();
        while let Some((name, answer)) = answers.next().await {
            let mut state = self.lock();
            state.offers.record(name, answer, self.0.options.max_templates, self.0.clock.now());
            self.publish(&state);
        }
    }
}
