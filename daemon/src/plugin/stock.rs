//! What plugins are built of, and where it is kept: the operator's files, and the daemon's own copies.
//!
//! Makes [`Material`]; what becomes of it is the [`workshop`](super::workshop)'s business. Files are read
//! where waiting for a disk stops nobody.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::digest::Digest;
use super::error::{Error, Subject};
use super::host::{Credentials, Reachability, Upstreams, read_credentials};
use super::load::Artifact;
use super::material::{Material, PluginTable};
use super::options::ProvisionerOptions;
use super::warehouse::Warehouse;
use crate::domain::{PluginVersion, Taken};
use crate::runtime::Clock;

/// See the module.
pub(super) struct Stock {
    pub(super) warehouse: Arc<Warehouse>,
    /// Bytes of a component at most.
    pub(super) max_file: usize,
    pub(super) clock: Arc<dyn Clock>,
}

impl Stock {
    /// Reads the files that a table names.
    pub(super) async fn read<Options: PluginTable>(
        &self,
        options: &Options,
    ) -> Result<Material<Options>, Error> {
        let max_file = self.max_file;
        self.material(options, Taken::default(), move |subject| Artifact::read(subject, max_file)).await
    }

    /// Takes the component from the daemon's own copies instead; if its copy is lost and the file that the
    /// table names is the same to the byte, from there.
    pub(super) async fn restore<Options: PluginTable>(
        &self,
        options: &Options,
        version: &PluginVersion,
    ) -> Result<Material<Options>, Error> {
        let (warehouse, digest, max_file) = (self.warehouse.clone(), version.digest.clone(), self.max_file);
        let copy = move |subject: Subject| {
            let unusable = |reason: String| Error::Copy { subject: subject.clone(), reason };
            let digest = Digest::parse(&digest).ok_or_else(|| unusable("its digest is none".to_owned()))?;
            let lost = match warehouse.component(&digest) {
                Ok(bytes) => return Artifact::from_bytes(subject, bytes),
                Err(lost) => lost,
            };
            let file = Artifact::read(subject.clone(), max_file).ok().filter(|file| file.digest == digest);
            let same = file.ok_or_else(|| unusable(lost.to_string()))?;
            match warehouse.keep(&digest, &same.bytes) {
                Ok(()) => tracing::warn!(plugin = %subject, %lost, "its copy is made anew from its file"),
                Err(error) => tracing::error!(plugin = %subject, %error, "its copy cannot be made anew"),
            }
            Ok(same)
        };
        self.material(options, version.taken.clone(), copy).await
    }

    async fn material<Options: PluginTable>(
        &self,
        options: &Options,
        taken: Taken,
        artifact: impl FnOnce(Subject) -> Result<Artifact, Error> + Send + 'static,
    ) -> Result<Material<Options>, Error> {
        let (options, subject) = (options.clone(), options.subject());
        let read = move || {
            let credentials = options.credentials()?;
            Ok(Material { artifact: artifact(options.subject())?, options, taken, credentials })
        };
        let lost = |error: tokio::task::JoinError| Err(Error::Unreadable { subject, source: error.into() });
        spawn_blocking(read).await.unwrap_or_else(lost)
    }

    /// The credentials of what serves on, as its files are now, and what is wrong with those that cannot be
    /// used: they stay as they were in `known`.
    pub(super) async fn credentials(
        &self,
        options: &ProvisionerOptions,
        known: &BTreeMap<String, Credentials>,
    ) -> (BTreeMap<String, Credentials>, Vec<String>) {
        let (subject, upstreams, clock) = (options.subject(), options.upstreams.clone(), self.clock.clone());
        let read = move || {
            let mut trial = Upstreams::none(Reachability::new(&subject.name, clock));
            let read = upstreams.into_iter().map(|(upstream, granted)| {
                let now = read_credentials(&granted)
                    .and_then(|now| trial.grant(&upstream, &granted, &now).map(|()| now))
                    .map_err(|reason| Error::upstream(&subject, &upstream, reason).to_string());
                (upstream, now)
            });
            read.collect::<Vec<_>>()
        };
        let mut credentials = known.clone();
        credentials.retain(|upstream, _| options.upstreams.contains_key(upstream));
        let mut unusable = Vec::new();
        // What could not be asked for stays as it was, too.
        for (upstream, now) in spawn_blocking(read).await.unwrap_or_default() {
            match now {
                Ok(now) => {
                    credentials.insert(upstream, now);
                }
                Err(complaint) => unusable.push(complaint),
            }
        }
        (credentials, unusable)
    }

    /// Keeps the daemon's own copy of what serves.
    pub(super) async fn keep(&self, artifact: &Artifact) -> Result<(), Error> {
        let (warehouse, artifact) = (self.warehouse.clone(), artifact.clone());
        let keep = move || warehouse.keep(&artifact.digest, &artifact.bytes);
        let kept = spawn_blocking(keep).await.unwrap_or_else(|error| Err(error.into()));
        kept.map_err(|error| Error::Unstored { source: error.into() })
    }

    /// Forgets every component but these. What cannot be removed stays until another time.
    pub(super) async fn clear(&self, needed: BTreeSet<Digest>) {
        let warehouse = self.warehouse.clone();
        let cleared = spawn_blocking(move || warehouse.clear(&needed)).await;
        if let Err(error) = cleared.unwrap_or_else(|error| Err(error.into())) {
            tracing::warn!(%error, "old copies of plugins could not be removed");
        }
    }
}
