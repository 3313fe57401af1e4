//! One plugin by itself, loaded as the daemon loads it: for those who write plugins.
//!
//! Everything here goes the way of [`swap`](super::swap), step by step: the same reading, compiling,
//! linking, asking and limiting, the same errors. What differs is that there is no set, that upstreams
//! may answer from a [`Script`], and that there is no quarantine: whoever asks again wants to see what
//! the plugin does again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::anatomy::Anatomy;
use super::built::Built;
use super::error::{Error, Subject};
use super::ground::Ground;
use super::host::Script;
use super::load::Artifact;
use super::options::{HookOptions, LoadingOptions, ProvisionerOptions};
use super::stats::Stats;
use super::workshop::Workshop;
use crate::domain::BreakerPolicy;
use crate::extension::{Hook, Provisioner};
use crate::process::Processes;
use crate::runtime::{Metrics, SystemClock, Tasks};

/// See the module.
pub struct Workbench(Workshop);

/// A plugin that could serve.
pub struct Loaded<Extension: ?Sized> {
    /// Whom to ask.
    pub extension: Arc<Extension>,
    /// What it calls itself.
    pub name: String,
    /// For people.
    pub version: String,
    /// As it describes them.
    pub capabilities: Vec<String>,
    /// JSON Schema of its settings.
    pub settings_schema: Option<String>,
    /// What it said about its settings and took them all the same.
    pub warnings: Vec<String>,
    /// How long compiling took.
    pub compiling: Duration,
    /// Bytes of machine code.
    pub code: usize,
    stats: Arc<Stats>,
}

impl<Extension: ?Sized> Loaded<Extension> {
    fn new<Options>(built: Built<Options, Extension>, (compiling, code): (Duration, usize)) -> Self {
        let description = built.description;
        Self {
            extension: built.extension,
            name: description.name,
            version: description.version,
            capabilities: description.capabilities,
            settings_schema: description.settings_schema,
            warnings: description.warnings,
            compiling,
            code,
            stats: built.guest.stats.clone(),
        }
    }

    /// The most linear memory that one call took, in bytes.
    pub fn peak_memory(&self) -> usize {
        self.stats.peak_memory()
    }
}

impl Workbench {
    /// Starts the engine. Upstreams answer from `script`, if there is one.
    pub fn open(
        loading: &LoadingOptions,
        tasks: Tasks,
        processes: Processes,
        script: Option<Arc<Script>>,
    ) -> Result<Self, Error> {
        let ground = Ground { clock: Arc::new(SystemClock), tasks, processes, metrics: Metrics::default() };
        let never = BreakerPolicy { failures: u32::MAX, ..BreakerPolicy::default() };
        let mut workshop = Workshop::open(loading, never, ground)?;
        workshop.script = script;
        Ok(Self(workshop))
    }

    /// Loads a hook.
    pub async fn hook(&self, options: &HookOptions) -> Result<Loaded<dyn Hook>, Error> {
        let material = self.0.stock.read(options).await?;
        let compiled = self.compile(&material.artifact).await?;
        Ok(Loaded::new(self.0.hook(material).await?, compiled))
    }

    /// Loads a provisioner.
    pub async fn provisioner(&self, options: &ProvisionerOptions) -> Result<Loaded<dyn Provisioner>, Error> {
        let material = self.0.stock.read(options).await?;
        let compiled = self.compile(&material.artifact).await?;
        Ok(Loaded::new(self.0.provisioner(material).await?, compiled))
    }

    /// The compiler keeps what it made: building the plugin takes it from there.
    async fn compile(&self, artifact: &Artifact) -> Result<(Duration, usize), Error> {
        let began = Instant::now();
        let compiled = artifact.compile(&self.0.compiler).await?;
        Ok((began.elapsed(), compiled.code()))
    }
}

/// Reads a component's file and says what it is, without running it. Blocks.
pub fn inspect(path: &Path) -> Result<Anatomy, Error> {
    let max_file = LoadingOptions::in_dir(PathBuf::new()).max_file;
    Anatomy::of(&Artifact::read(Subject::file(path), max_file)?)
}
