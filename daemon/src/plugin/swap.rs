//! The set that serves, and how it is replaced.
//!
//! ```text
//! start     what was published last, from our own copies ─┐
//! reload    what the configuration asks for ──────────────┤
//! settle    what is taken away, what credentials are now ─┼─> parts ─> kept ─> stored ─> published, whole
//! rollback  what served before ───────────────────────────┘
//! ```
//!
//! Guarantees:
//! * A set is published whole or not at all; whoever took the old one keeps it until it lets go; a
//!   generation is never used for two sets.
//! * A set is stored, and its components are kept, before it serves: a start begins with it, whatever
//!   became of the operator's files. So a start and a reload are one path.
//! * A refused reload changes nothing but what the reports say, and is logged once for as long as its
//!   reasons stay the same. What it only takes away is taken away all the same, and what serves has the
//!   credentials that its files hold now.
//! * One change at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::allowance::Allowances;
use super::digest::Digest;
use super::draft::Draft;
use super::error::{Cause, Error, Refusal};
use super::ground::{CountInstances, Ledger, ReadTable};
use super::next;
use super::options::{HookOptions, Options};
use super::set::{ActiveSet, Parts};
use super::standing::Standing;
use super::survey::Survey;
use super::workshop::Workshop;
use crate::domain::{PluginKey, ProvisionerName};
use crate::extension::{ExtensionSet, RollbackError};
use crate::runtime::{Activator, ErrorChain};

/// What a configuration only takes away does not wait longer for the compiler.
const PATIENCE: Duration = Duration::from_secs(2);

/// A successful change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reloaded {
    /// Of the set that is active now.
    pub generation: u64,
    /// What was added, rebuilt or removed, as `provisioners.NAME`, `hooks.NAME` or the key; empty
    /// when nothing was and the set is the one that was active before.
    pub changed: Vec<String>,
}

/// See the module.
pub(super) struct Swap {
    pub(super) workshop: Workshop,
    /// Rung after each change.
    pub(super) changed: Activator,
    pub(super) ledger: Arc<dyn Ledger>,
    pub(super) read_table: ReadTable,
    pub(super) instances: CountInstances,
    /// Versions of each plugin that are remembered.
    pub(super) keep: usize,
    pub(super) active: ArcSwap<ActiveSet>,
    /// Every hook's table as the configuration last had it, also of those that are off.
    pub(super) hook_tables: ArcSwap<Vec<HookOptions>>,
    pub(super) standing: Mutex<Standing>,
    pub(super) changing: tokio::sync::Mutex<Changing>,
    /// Whoever builds is to stop.
    pub(super) interrupted: Notify,
}

/// What only whoever changes the set needs.
pub(super) struct Changing {
    pub(super) next_generation: u64,
    /// What was last asked for.
    pub(super) asked: Options,
    pub(super) allowances: Allowances,
    /// Sets that somebody may still hold, each with the provisioners that were not retired in it.
    pub(super) held: Vec<Weak<ExtensionSet>>,
}

/// Whether a set that cannot be stored may serve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Durable {
    /// It would not survive a restart: it may not.
    Must,
    /// It takes something away, which must hold now.
    Should,
}

impl Swap {
    pub(super) fn standing(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draft<'a>(&'a self, changing: &'a Changing, active: &'a ActiveSet) -> Draft<'a> {
        Draft {
            workshop: &self.workshop,
            active,
            held: &changing.held,
            allowances: &changing.allowances,
            instances: &self.instances,
            read_table: &self.read_table,
            generation: changing.next_generation,
        }
    }

    /// The parts of the set that is asked for, and what its files are.
    async fn next(
        &self,
        changing: &Changing,
        active: &ActiveSet,
    ) -> (Result<Parts, Vec<Refusal>>, BTreeMap<PluginKey, Digest>) {
        let survey = Survey::of(&changing.asked, &self.workshop).await;
        let digests = survey.digests();
        self.standing().desire(&changing.asked, &digests);
        (self.draft(changing, active).next(&changing.asked, survey).await, digests)
    }

    /// Replaces the set by what `options` and the files say now, whole, or refuses it whole and only
    /// takes away what `allowances` do not leave. The refusal is recorded and logged here.
    ///
    /// Who has something more urgent may [interrupt](Self::interrupt) the building; then it is as if nothing
    /// had been asked for, and it is to be asked for again.
    pub(super) async fn reload(&self, options: Options, allowances: Allowances) -> Result<Reloaded, Error> {
        // From now on: whoever interrupts may do it while this waits for its turn, too.
        let mut interrupted = pin!(self.interrupted.notified());
        let mut changing = self.changing.lock().await;
        self.hook_tables.store(Arc::new(options.hooks.clone()));
        changing.asked = options;
        changing.allowances = allowances;
        let mut active = self.active.load_full();
        let patient = timeout(PATIENCE, self.next(&changing, &active));
        let (next, digests) = match unless(interrupted.as_mut(), patient).await? {
            Ok(next) => next,
            Err(_elapsed) => {
                self.settle(&mut changing).await;
                active = self.active.load_full();
                unless(interrupted, self.next(&changing, &active)).await?
            }
        };
        let done = match next {
            Ok(parts) if parts.same_as(&active.parts) => {
                Ok(Reloaded { generation: active.set.generation, changed: Vec::new() })
            }
            Ok(mut parts) => {
                parts.remember(&active.parts, self.keep, &changing.asked);
                self.publish(&mut changing, parts, Durable::Must).await
            }
            Err(refusals) => Err(Error::Refused(refusals)),
        };
        // At every look, also a vain one: a file that changes all the time must not fill the disk.
        let mut needed: BTreeSet<Digest> = digests.into_values().collect();
        needed.extend(self.active.load().parts.digests());
        self.workshop.stock.clear(needed).await;
        match done {
            Ok(reloaded) => {
                self.standing().accepted();
                Ok(reloaded)
            }
            Err(error) => {
                if self.standing().refused(&error, &active.parts, self.workshop.now()) {
                    tracing::error!(generation = active.set.generation, "{}", ErrorChain(&error));
                }
                self.settle(&mut changing).await;
                Err(error)
            }
        }
    }

    /// Ends the building of a set that somebody asked for, if one is being built.
    pub(super) fn interrupt(&self) {
        self.interrupted.notify_waiters();
    }

    /// Beside a configuration that cannot be used: says what the files are that it named last.
    pub(super) async fn look_at_files(&self, changing: &Changing) {
        let survey = Survey::of(&changing.asked, &self.workshop).await;
        let mut standing = self.standing();
        standing.desire(&changing.asked, &survey.digests());
        standing.waits(&self.active.load().parts, self.workshop.now());
    }

    /// Beside a configuration that is refused, or takes long to build: takes away what it does not leave, and
    /// takes up credentials that changed.
    pub(super) async fn settle(&self, changing: &mut Changing) {
        let active = self.active.load_full();
        if let Some(mut parts) = self.draft(changing, &active).settled().await {
            parts.remember(&active.parts, self.keep, &changing.asked);
            let changed = next::changes(&active.parts, &parts).join(" ");
            tracing::warn!(
                changed,
                "the configuration does not serve yet; what it takes away, and new credentials, hold already"
            );
            if let Err(error) = self.publish(changing, parts, Durable::Should).await {
                tracing::error!(error = %ErrorChain(&error), "they could not be made to hold");
            }
        }
    }

    /// Puts the version before the one that serves in its place, until the files of what it was rolled
    /// back from change.
    pub(super) async fn roll_back(&self, key: &PluginKey) -> Result<Reloaded, RollbackError> {
        let nothing = || RollbackError::NothingBefore { kind: key.kind.as_str(), name: key.name.clone() };
        if self.active.load().parts.earlier(key).is_none() {
            return Err(nothing());
        }
        // What serves is to be replaced now, and not when the compiler has time. It is the next one's turn.
        let (mut changing, ()) = tokio::join!(self.changing.lock(), async { self.interrupt() });
        let active = self.active.load_full();
        let version = active.parts.earlier(key).cloned().ok_or_else(nothing)?;
        let mut parts = self.draft(&changing, &active).put_back(&version).await.map_err(refused)?;
        // What serves is not among what served before.
        parts.previous.retain(|known| *known != version);
        let survey = Survey::of(&changing.asked, &self.workshop).await;
        // A file that cannot be read now is taken for what it was: that must not come back with it.
        let was = || active.parts.rejected(key).cloned().or_else(|| active.parts.version(key));
        parts.rejected.retain(|rejected| rejected.key() != *key);
        parts.rejected.extend(survey.version(key).or_else(was));
        let reloaded = self.publish(&mut changing, parts, Durable::Must).await.map_err(refused)?;
        self.standing().rolled_back(key, &version.digest, self.workshop.now());
        Ok(reloaded)
    }

    async fn publish(
        &self,
        changing: &mut Changing,
        parts: Parts,
        durable: Durable,
    ) -> Result<Reloaded, Error> {
        let (active, generation) = (self.active.load_full(), changing.next_generation);
        let stored = self.store(&parts, generation).await;
        match (stored, durable) {
            (Err(error), Durable::Must) => return Err(error),
            (Err(error), Durable::Should) => {
                tracing::error!(error = %ErrorChain(&error), "the plugins could not be stored: a restart would begin with those before");
            }
            (Ok(()), _) => {}
        }
        changing.next_generation = generation.saturating_add(1);
        changing.held.retain(|set| set.strong_count() > 0);
        changing.held.push(Arc::downgrade(&active.set));
        let changed = next::changes(&active.parts, &parts);
        let (provisioners, hooks) = parts.gone_since(&active.parts);
        provisioners.iter().for_each(|gone| self.workshop.retire(gone));
        hooks.iter().for_each(|gone| self.workshop.retire(gone));
        log_set(&parts, generation, &changed);
        self.active.store(Arc::new(ActiveSet::new(parts, generation)));
        self.changed.ring();
        Ok(Reloaded { generation, changed })
    }

    /// Makes a set durable: its components, then that it is the one to begin with.
    async fn store(&self, parts: &Parts, generation: u64) -> Result<(), Error> {
        for built in parts.provisioners.values() {
            self.workshop.stock.keep(&built.material.artifact).await?;
        }
        for built in &parts.hooks {
            self.workshop.stock.keep(&built.material.artifact).await?;
        }
        let stored = self.ledger.publish(parts.published(generation)).await;
        stored.map_err(|source: Cause| Error::Unstored { source })
    }
}

async fn unless<T>(
    interrupted: impl Future<Output = ()>,
    building: impl Future<Output = T>,
) -> Result<T, Error> {
    tokio::select! {
        built = building => Ok(built),
        () = interrupted => Err(Error::Interrupted),
    }
}

pub(super) fn refused(error: Error) -> RollbackError {
    RollbackError::Refused { code: error.code().to_owned(), message: ErrorChain(&error).to_string() }
}

fn log_set(parts: &Parts, generation: u64, changed: &[String]) {
    let provisioners: Vec<&str> = parts.provisioners.keys().map(ProvisionerName::as_str).collect();
    let hooks: Vec<&str> = parts.hooks.iter().map(|built| built.material.options.name.as_str()).collect();
    tracing::info!(
        generation,
        provisioners = provisioners.join(" "),
        hooks = hooks.join(" "),
        changed = changed.join(" "),
        "plugins are active"
    );
}

#[cfg(test)]
#[path = "swap_tests.rs"]
mod tests;
