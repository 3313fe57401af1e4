//! How each plugin stands: what the configuration asks for, what serves, and why they differ.

use std::collections::BTreeMap;

use super::error::Error;
use super::options::Options;
use super::set::ActiveSet;
use super::stats::Stats;
use crate::domain::{HookMode, Timestamp};
use crate::extension::{PluginKind, PluginRefusal, PluginReport, PluginState};

type Key = (PluginKind, String);

/// What was last asked for, and what was refused of it.
pub(super) struct Standing {
    /// By digest; none if the file cannot be read. In the order of the configuration.
    desired: Vec<(Key, Option<String>)>,
    /// Hooks that are off, which count as active.
    off: Vec<Key>,
    refusals: BTreeMap<Key, PluginRefusal>,
    /// What was last refused and since when, so that it is not logged again.
    logged: Option<(String, Timestamp)>,
}

impl Standing {
    /// At the start.
    pub(super) fn new(options: &Options, digests: &BTreeMap<Key, String>) -> Self {
        let (desired, off, refusals) = (Vec::new(), Vec::new(), BTreeMap::new());
        let mut standing = Self { desired, off, refusals, logged: None };
        standing.desire(options, digests);
        standing
    }

    /// The configuration asks for this.
    pub(super) fn desire(&mut self, options: &Options, digests: &BTreeMap<Key, String>) {
        let key = |kind, name: &str| (kind, name.to_owned());
        let provisioners =
            options.provisioners.iter().map(|table| key(PluginKind::Provisioner, table.name.as_str()));
        let hooks = options.hooks.iter().map(|table| key(PluginKind::Hook, table.name.as_str()));
        self.desired =
            provisioners.chain(hooks).map(|key| (key.clone(), digests.get(&key).cloned())).collect();
        let off = options.hooks.iter().filter(|hook| hook.mode == HookMode::Off);
        self.off = off.map(|table| key(PluginKind::Hook, table.name.as_str())).collect();
    }

    /// What the configuration asks for serves.
    pub(super) fn accepted(&mut self) {
        self.refusals.clear();
        self.logged = None;
    }

    /// What the configuration asks for was refused. True if that is news.
    pub(super) fn refused(&mut self, error: &Error, active: &ActiveSet, at: Timestamp) -> bool {
        let text = error.to_string();
        let known = self.logged.take().filter(|(known, _)| *known == text);
        let news = known.is_none();
        let at = known.map_or(at, |(_, since)| since);
        self.logged = Some((text, at));
        self.refusals.clear();
        let Error::Refused(refusals) = error else { return news };
        for refusal in refusals {
            let digest = self.desired_digest(&refusal.plugin);
            let (code, message) = (refusal.error.code().to_owned(), refusal.to_string());
            let refusal_of = PluginRefusal { at, code, message, digest };
            self.refusals.entry(refusal.plugin.clone()).or_insert(refusal_of);
        }
        // The others are held back: a set is published whole.
        let culprits: Vec<&str> = refusals.iter().map(|refusal| refusal.plugin.1.as_str()).collect();
        for (key, digest) in &self.desired {
            let serves = active_digest(active, key);
            if !self.refusals.contains_key(key) && !self.off.contains(key) && serves != *digest {
                let message = format!("held back until {} can be loaded too", culprits.join(", "));
                let code = "set_refused".to_owned();
                self.refusals
                    .insert(key.clone(), PluginRefusal { at, code, message, digest: digest.clone() });
            }
        }
        news
    }

    fn desired_digest(&self, key: &Key) -> Option<String> {
        self.desired.iter().find(|(known, _)| known == key).and_then(|(_, digest)| digest.clone())
    }

    /// For people: what is asked for, and what serves without being asked for any more.
    pub(super) fn report(&self, active: &ActiveSet) -> Vec<PluginReport> {
        let asked = self.desired.iter().map(|(key, _)| key.clone());
        let provisioners =
            active.provisioners.keys().map(|name| (PluginKind::Provisioner, name.as_str().to_owned()));
        let hooks = active.hooks.keys().map(|name| (PluginKind::Hook, name.as_str().to_owned()));
        let mut keys: Vec<Key> = Vec::new();
        for key in asked.chain(provisioners).chain(hooks) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys.into_iter().map(|key| self.report_one(active, key)).collect()
    }

    fn report_one(&self, active: &ActiveSet, key: Key) -> PluginReport {
        let serving = serving(active, &key);
        let refusal = self.refusals.get(&key).cloned();
        let quarantine = serving.as_ref().and_then(|serving| serving.stats.quarantine.report());
        let percentiles = serving.as_ref().and_then(|serving| serving.stats.percentiles());
        PluginReport {
            desired_digest: self.desired_digest(&key),
            state: match (&quarantine, &refusal) {
                (Some(_), _) => PluginState::Quarantined,
                (None, Some(_)) => PluginState::Refused,
                (None, None) => PluginState::Active,
            },
            active_digest: serving.as_ref().map(|serving| serving.digest.to_owned()),
            active_generation: serving.as_ref().map(|serving| serving.generation),
            active_since: serving.as_ref().map(|serving| serving.since),
            last_refusal: refusal,
            quarantine,
            calls: serving.as_ref().map_or(0, |serving| serving.stats.calls()),
            p50: percentiles.map(|(median, _)| median),
            p99: percentiles.map(|(_, slowest)| slowest),
            kind: key.0,
            name: key.1,
        }
    }
}

struct Serving<'set> {
    digest: &'set str,
    generation: u64,
    since: Timestamp,
    stats: &'set Stats,
}

fn serving<'set>(active: &'set ActiveSet, (kind, name): &Key) -> Option<Serving<'set>> {
    match kind {
        PluginKind::Provisioner => {
            let built = active.provisioners.get(&name.parse().ok()?)?;
            let digest = built.material.candidate.digest.as_str();
            Some(Serving { digest, generation: built.generation, since: built.since, stats: &built.stats })
        }
        PluginKind::Hook => {
            let built = active.hooks.get(&name.parse().ok()?)?;
            let digest = built.material.candidate.digest.as_str();
            Some(Serving { digest, generation: built.generation, since: built.since, stats: &built.stats })
        }
    }
}

fn active_digest(active: &ActiveSet, key: &Key) -> Option<String> {
    serving(active, key).map(|serving| serving.digest.to_owned())
}
