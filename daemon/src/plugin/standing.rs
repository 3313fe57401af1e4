//! How each plugin stands: what the configuration asks for, what serves, and why they differ.

use std::collections::BTreeMap;

use super::digest::Digest;
use super::error::Error;
use super::material::PluginTable as _;
use super::options::Options;
use super::set::Parts;
use super::stats::Stats;
use crate::domain::{HookMode, PluginKey, PluginKind, PluginVersion, ProvisionerName, Timestamp};
use crate::extension::{
    ConfigurationReport, PluginRefusal, PluginReport, PluginState, PreviousVersion, RollbackError,
};

/// A set is published whole: another plugin of it was refused.
const HELD_BACK: &str = "set_refused";
/// A person put an earlier version in its place.
const ROLLED_BACK: &str = "rolled_back";
const WHEN_AGAIN: &str =
    "what the configuration asks for is taken up again when its file or its table changes";

/// What was last asked for, and what was refused of it.
#[derive(Default)]
pub(super) struct Standing {
    /// In the order of the configuration.
    desired: Vec<Desired>,
    refusals: BTreeMap<PluginKey, PluginRefusal>,
    /// What was last refused and since when, so that it is not logged again.
    logged: Option<(String, Timestamp)>,
    /// When and to what a person rolled back.
    rollbacks: BTreeMap<PluginKey, PluginRefusal>,
    /// How the configuration as a whole stands.
    pub(super) configuration: ConfigurationReport,
}

/// What the configuration asks for of one plugin.
struct Desired {
    key: PluginKey,
    /// None if the file cannot be read, or is not to be.
    digest: Option<String>,
    table: String,
    /// It is not to serve: that it does not is no refusal.
    off: bool,
}

impl Standing {
    /// The configuration asks for this.
    pub(super) fn desire(&mut self, options: &Options, digests: &BTreeMap<PluginKey, Digest>) {
        let provisioners =
            options.provisioners.iter().map(|table| (table.key(), &table.table, !table.enabled));
        let hooks =
            options.hooks.iter().map(|table| (table.key(), &table.table, table.mode == HookMode::Off));
        let desired = provisioners.chain(hooks).map(|(key, table, off)| {
            let digest = digests.get(&key).map(Digest::to_string);
            Desired { key, digest, table: table.clone(), off }
        });
        self.desired = desired.collect();
    }

    /// What the configuration asks for serves.
    pub(super) fn accepted(&mut self) {
        self.refusals.clear();
        self.logged = None;
    }

    /// Whether nothing of the configuration was refused when it was last looked at.
    pub(super) fn is_content(&self) -> bool {
        self.refusals.is_empty() && self.configuration.refusal.is_none()
    }

    /// What the configuration asks for was refused. True if that is news.
    pub(super) fn refused(&mut self, error: &Error, active: &Parts, at: Timestamp) -> bool {
        let text = error.to_string();
        let known = self.logged.take().filter(|(known, _)| *known == text);
        let news = known.is_none();
        let at = known.map_or(at, |(_, since)| since);
        self.logged = Some((text, at));
        self.refusals.clear();
        let Error::Refused(refusals) = error else { return news };
        for refusal in refusals {
            let digest = self.desired(&refusal.plugin).and_then(|desired| desired.digest.clone());
            let (code, message) = (refusal.error.code().to_owned(), refusal.to_string());
            let refusal_of = PluginRefusal { at, code, message, digest };
            self.refusals.entry(refusal.plugin.clone()).or_insert(refusal_of);
        }
        // The others are held back: a set is published whole.
        let culprits: Vec<&str> = refusals.iter().map(|refusal| refusal.plugin.name.as_str()).collect();
        self.hold_back(active, at, &format!("held back until {} can be loaded too", culprits.join(", ")));
        news
    }

    /// The configuration cannot be used at all: what it asked for last waits, with files that are new by now.
    pub(super) fn waits(&mut self, active: &Parts, at: Timestamp) {
        let held_back = |refusal: &PluginRefusal| refusal.code == HELD_BACK;
        let since = self.refusals.values().find(|refusal| held_back(refusal)).map_or(at, |known| known.at);
        self.refusals.retain(|_, refusal| !held_back(refusal));
        self.hold_back(active, since, "held back until the configuration can be used");
    }

    fn hold_back(&mut self, active: &Parts, at: Timestamp, message: &str) {
        for Desired { key, digest, table, off } in &self.desired {
            let serves = active
                .version(key)
                .is_some_and(|version| Some(version.digest) == *digest && version.table == *table);
            let was_rejected = active.rejected(key).is_some_and(|rejected| {
                Some(&rejected.digest) == digest.as_ref() && rejected.table == *table
            });
            if !self.refusals.contains_key(key) && !off && !serves && !was_rejected {
                let code = HELD_BACK.to_owned();
                let message = match key.kind {
                    PluginKind::Provisioner => message.to_owned(),
                    PluginKind::Hook => format!("{message}; a weaker mode holds already"),
                };
                let refusal = PluginRefusal { at, code, message, digest: digest.clone() };
                self.refusals.insert(key.clone(), refusal);
            }
        }
    }

    /// A person put the version of `digest` in the place of what the configuration asks for.
    pub(super) fn rolled_back(&mut self, key: &PluginKey, digest: &str, at: Timestamp) {
        let desired = self.desired(key).and_then(|desired| desired.digest.clone());
        let message = format!("it was rolled back to {digest}; {WHEN_AGAIN}");
        let refusal = PluginRefusal { at, code: ROLLED_BACK.to_owned(), message, digest: desired };
        self.rollbacks.insert(key.clone(), refusal);
    }

    /// The plugin that is meant by a name, and perhaps a kind.
    pub(super) fn find(&self, name: &str, kind: Option<PluginKind>) -> Result<PluginKey, RollbackError> {
        let named =
            |desired: &&Desired| desired.key.name == name && kind.is_none_or(|kind| kind == desired.key.kind);
        let mut found = self.desired.iter().filter(named).map(|desired| desired.key.clone());
        match (found.next(), found.next()) {
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => Err(RollbackError::Ambiguous(name.to_owned())),
            (None, _) => {
                let known = self.desired.iter().map(|desired| desired.key.name.clone()).collect();
                Err(RollbackError::Unknown { name: name.to_owned(), known })
            }
        }
    }

    fn desired(&self, key: &PluginKey) -> Option<&Desired> {
        self.desired.iter().find(|desired| desired.key == *key)
    }

    /// For people: what is asked for, what serves without being asked for any more, and what should.
    pub(super) fn report(
        &self,
        active: &Parts,
        owned: &(dyn Fn(&ProvisionerName) -> usize + Send + Sync),
    ) -> Vec<PluginReport> {
        let asked = self.desired.iter().map(|desired| desired.key.clone());
        let serving = active.versions().into_iter().map(|version| version.key());
        let lost = active.lost.iter().map(PluginVersion::key);
        let mut keys: Vec<PluginKey> = Vec::new();
        for key in asked.chain(serving).chain(lost) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys.into_iter().map(|key| self.report_one(active, owned, key)).collect()
    }

    fn report_one(
        &self,
        active: &Parts,
        owned: &(dyn Fn(&ProvisionerName) -> usize + Send + Sync),
        key: PluginKey,
    ) -> PluginReport {
        let stats = stats(active, &key);
        let serving = active.version(&key);
        let rolled_back =
            active.rejected(&key).map(|rejected| self.rollback(&key, rejected, serving.as_ref()));
        let refusal = self.refusals.get(&key).cloned().or(rolled_back);
        let quarantine = stats.and_then(|stats| stats.quarantine.report());
        let percentiles = stats.and_then(Stats::percentiles);
        let provisioner = key.provisioner_name();
        let desired = self.desired(&key);
        let is_off = desired.is_some_and(|desired| desired.off)
            || provisioner.as_ref().is_some_and(|name| active.disabled.contains(name));
        let is_retired = provisioner.as_ref().is_some_and(|name| active.retired.contains(name));
        let state = if quarantine.is_some() {
            PluginState::Quarantined
        } else if refusal.is_some() {
            PluginState::Refused
        } else if is_off {
            PluginState::Disabled
        } else if is_retired {
            PluginState::Retired
        } else {
            PluginState::Active
        };
        let previous = active.previous.iter().rev().filter(|version| version.key() == key);
        PluginReport {
            state,
            desired_digest: desired.and_then(|desired| desired.digest.clone()),
            active_generation: serving.as_ref().map(|serving| serving.generation),
            active_since: serving.as_ref().map(|serving| serving.since),
            active_digest: serving.map(|serving| serving.digest),
            last_refusal: refusal,
            quarantine,
            instances: provisioner.map(|name| owned(&name)),
            in_flight: stats.map_or(0, Stats::in_flight),
            previous: previous.map(previous_version).collect(),
            calls: stats.map_or(0, Stats::calls),
            p50: percentiles.map(|(median, _)| median),
            p99: percentiles.map(|(_, slowest)| slowest),
            kind: key.kind,
            name: key.name,
        }
    }

    /// Why what is desired does not serve. A restart remembers that it was rejected, but not when.
    fn rollback(
        &self,
        key: &PluginKey,
        rejected: &PluginVersion,
        serving: Option<&PluginVersion>,
    ) -> PluginRefusal {
        self.rollbacks.get(key).cloned().unwrap_or_else(|| PluginRefusal {
            at: serving.map_or(rejected.since, |serving| serving.since),
            code: ROLLED_BACK.to_owned(),
            message: format!("it was rolled back; {WHEN_AGAIN}"),
            digest: Some(rejected.digest.clone()),
        })
    }
}

fn previous_version(version: &PluginVersion) -> PreviousVersion {
    PreviousVersion { digest: version.digest.clone(), generation: version.generation, since: version.since }
}

fn stats<'parts>(active: &'parts Parts, key: &PluginKey) -> Option<&'parts Stats> {
    let guest = match key.kind {
        PluginKind::Provisioner => active.provisioner(&key.name).map(|built| &built.guest),
        PluginKind::Hook => active.hook(&key.name).map(|built| &built.guest),
    };
    guest.map(|guest| &*guest.stats)
}
