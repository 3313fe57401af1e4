//! The birth of a plugin: [`Artifact`] → [`Compiled`] → [`Linked`] → [`Checked`].
//!
//! Each step checks one more thing and can only be reached through the one before, so that nothing
//! that was not read whole, compiled, linked within its grants and asked who it is, can serve.
//!
//! ```text
//! file ── read, bounded; sha256; is it a component? ──> Artifact
//!      ── compiled, off the runtime, one at a time ───> Compiled   (kept by digest)
//!      ── imports granted? exports of its world? ─────> Linked
//!      ── describe, settings as its schema says,
//!         check-settings; no upstream ───────────────> Checked
//! ```

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use wasmtime::component::{Component, InstancePre, Linker};

use super::bindings::described::{DescribedPre, info};
use super::bindings::hook::HookPluginPre;
use super::bindings::provisioner::ProvisionerPluginPre;
use super::call::{Call, Guest};
use super::compilation::CompileError;
use super::compiler::Compiler;
use super::convert;
use super::digest::Digest;
use super::error::{Error, Subject};
use super::host::{Linkers, State};
use super::regular;
use super::schema;
use crate::domain::{Failure, FailureKind, Secrets, format_duration};

/// The interface that the grant `process` gives.
const PROCESS: &str = "wharfinger:plugin/process@";
/// Of each of the calls before a plugin goes live.
const FIRST_CALL: Duration = Duration::from_secs(5);
/// Bytes of a name or a version.
const MAX_WORD: usize = 128;
/// What a plugin may say it can do.
const MAX_CAPABILITIES: usize = 64;
/// What a plugin may say about settings that it takes, and bytes of each.
const MAX_WARNINGS: usize = 64;
const MAX_WARNING: usize = 1_024;

/// A file that is a component by its header.
#[derive(Clone)]
pub(super) struct Artifact {
    pub(super) subject: Subject,
    pub(super) digest: Digest,
    pub(super) bytes: Bytes,
}

impl Artifact {
    /// Reads the file, which may have `most` bytes. Blocks; the bytes are copied, since a file that is
    /// mapped could be cut short under us.
    pub(super) fn read(subject: Subject, most: usize) -> Result<Self, Error> {
        let unreadable = |source| Error::Unreadable { subject: subject.clone(), source };
        let file = regular::open(&subject.path).map_err(unreadable)?;
        let limit = u64::try_from(most).unwrap_or(u64::MAX);
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        // Said without reading gigabytes; what grows meanwhile is found below.
        if length > limit {
            return Err(Error::TooLarge { subject, limit: most });
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() > most {
            return Err(Error::TooLarge { subject, limit: most });
        }
        Self::from_bytes(subject, bytes)
    }

    pub(super) fn from_bytes(subject: Subject, bytes: Vec<u8>) -> Result<Self, Error> {
        let (found, remedy) = match bytes.get(..8) {
            Some([0, b'a', b's', b'm', _, _, 1, 0]) => {
                return Ok(Self { subject, digest: Digest::of(&bytes), bytes: bytes.into() });
            }
            Some([0, b'a', b's', b'm', ..]) => (
                "a core WebAssembly module",
                "build it for wasm32-wasip2, or make a component of it with `wasm-tools component new`",
            ),
            _ => ("something else", "build it, or correct the path in its table"),
        };
        Err(Error::NotAComponent { subject, found, remedy })
    }

    /// The whole file.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Compiles it, or takes what was compiled of the same bytes before.
    pub(super) async fn compile(&self, compiler: &Compiler) -> Result<Compiled, Error> {
        let subject = self.subject.clone();
        match compiler.component(&self.digest, self.bytes.clone()).await {
            Ok(component) => Ok(Compiled { subject, component }),
            Err(CompileError::Refused(reason)) => Err(Error::Invalid { subject, source: reason.into() }),
            Err(source) => Err(Error::NotCompiled { subject, source: source.into() }),
        }
    }
}

/// Machine code that nobody has linked.
pub(super) struct Compiled {
    subject: Subject,
    component: Component,
}

impl Compiled {
    /// Bytes of machine code.
    pub(super) fn code(&self) -> usize {
        let range = self.component.image_range();
        (range.end as usize).saturating_sub(range.start as usize)
    }

    /// Links a hook.
    pub(super) fn link_hook(self, linkers: &Linkers) -> Result<Linked<HookPluginPre<State>>, Error> {
        for import in self.imports() {
            if import.starts_with(PROCESS) || import.starts_with("wasi:http/") {
                return Err(Error::NotForHooks { subject: self.subject, import });
            }
        }
        self.fill("hook-plugin", &linkers.hook, HookPluginPre::new)
    }

    /// Links a provisioner. `process`: it has that grant, or had it and is denied every call that needs it.
    pub(super) fn link_provisioner(
        self,
        linkers: &Linkers,
        process: bool,
    ) -> Result<Linked<ProvisionerPluginPre<State>>, Error> {
        let linker = if process { &linkers.process_provisioner } else { &linkers.provisioner };
        if let Some(import) =
            self.imports().into_iter().find(|import| import.starts_with(PROCESS) && !process)
        {
            return Err(Error::GrantMissing { subject: self.subject, import, grant: "process" });
        }
        self.fill("provisioner-plugin", linker, ProvisionerPluginPre::new)
    }

    /// What it imports. A linker would refuse what is not granted too, but without saying what to do.
    fn imports(&self) -> Vec<String> {
        let engine = self.component.engine();
        self.component.component_type().imports(engine).map(|(name, _)| name.to_owned()).collect()
    }

    /// Links it and checks that it fills its world.
    fn fill<Pre>(
        self,
        world: &'static str,
        linker: &Linker<State>,
        filled: impl FnOnce(InstancePre<State>) -> wasmtime::Result<Pre>,
    ) -> Result<Linked<Pre>, Error> {
        let Self { subject, component } = self;
        let pre = match linker.instantiate_pre(&component) {
            Ok(pre) => pre,
            Err(error) => return Err(Error::Unlinkable { subject, source: error.into() }),
        };
        match filled(pre.clone()).and_then(|filled| Ok((filled, DescribedPre::new(pre)?))) {
            Ok((pre, described)) => Ok(Linked { pre, described }),
            Err(error) => {
                let exports: Vec<String> = component
                    .component_type()
                    .exports(component.engine())
                    .map(|(name, _)| name.to_owned())
                    .collect();
                let exports = if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") };
                Err(Error::WrongWorld { subject, world, exports, source: error.into() })
            }
        }
    }
}

/// A component that fills its world and has not run yet. `Pre`: what instances of that world are made of.
pub(super) struct Linked<Pre> {
    pre: Pre,
    described: DescribedPre<State>,
}

/// What a plugin said about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Description {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) capabilities: Vec<String>,
    /// JSON Schema of its settings.
    pub(super) settings_schema: Option<String>,
    /// What it said about its settings and took them all the same.
    pub(super) warnings: Vec<String>,
}

/// A plugin that may serve.
pub(super) struct Checked<Pre> {
    pub(super) pre: Pre,
    pub(super) description: Description,
}

impl<Pre> Linked<Pre> {
    /// Asks it who it is and whether it takes its settings. `guest` must reach no upstream.
    pub(super) async fn check(self, guest: &Arc<Guest>) -> Result<Checked<Pre>, Error> {
        let mut description = self.describe(guest).await?;
        let mut told = match check_by_schema(guest, description.settings_schema.clone()).await {
            Ok(()) => Vec::new(),
            Err(Error::Settings { violations, .. }) => violations,
            Err(error) => return Err(error),
        };
        // Asked in any case, so that every bad key is told at once.
        let checked = self.check_settings(guest).await;
        if told.is_empty() {
            description.warnings = checked?;
            return Ok(Checked { pre: self.pre, description });
        }
        if let Err(Error::Settings { violations, .. }) = checked {
            for violation in violations {
                if !told.iter().any(|known| known.pointer == violation.pointer) {
                    told.push(violation);
                }
            }
        }
        Err(Error::settings(&guest.subject, told))
    }

    async fn describe(&self, guest: &Arc<Guest>) -> Result<Description, Error> {
        let pre = self.described.clone();
        let asked = guest.call(first_call("describe"), move |store| {
            Box::pin(async move {
                let query = info::DescriptionQuery {
                    host_version: env!("CARGO_PKG_VERSION").to_owned(),
                    extra: Vec::new(),
                };
                let plugin = pre.instantiate_async(&mut *store).await?;
                plugin.wharfinger_plugin_info().call_describe(store, &query).await
            })
        });
        let subject = &guest.subject;
        let said = asked.await.map_err(|failure| first_call_failed(subject, "describe", failure))?;
        description(subject, said).map_err(|reason| Error::Description { subject: subject.clone(), reason })
    }

    async fn check_settings(&self, guest: &Arc<Guest>) -> Result<Vec<String>, Error> {
        let pre = self.described.clone();
        let settings = guest.settings.to_string();
        let checked = guest.call(first_call("check-settings"), move |store| {
            Box::pin(async move {
                let check = info::SettingsCheck { settings, extra: Vec::new() };
                let plugin = pre.instantiate_async(&mut *store).await?;
                plugin.wharfinger_plugin_info().call_check_settings(store, &check).await
            })
        });
        let subject = guest.subject.clone();
        match checked.await {
            Ok(report) => {
                let warnings = report.warnings.iter().take(MAX_WARNINGS);
                Ok(warnings.map(|warning| convert::cut(warning, MAX_WARNING)).collect())
            }
            Err(failure) if failure.kind == FailureKind::Invalid && failure.violations.is_empty() => {
                Err(Error::Settings { subject, complaints: vec![failure.message], violations: Vec::new() })
            }
            Err(failure) if failure.kind == FailureKind::Invalid => {
                Err(Error::settings(&subject, failure.violations))
            }
            Err(failure) => Err(first_call_failed(&subject, "check-settings", failure)),
        }
    }
}

/// Off the runtime, since a schema may take a while, and in bounded time. What takes longer goes on to its
/// end, which its bounds see to, while nobody waits for it.
async fn check_by_schema(guest: &Guest, schema: Option<String>) -> Result<(), Error> {
    let (subject, settings) = (guest.subject.clone(), guest.settings.clone());
    let checked = spawn_blocking(move || schema::check(&subject, schema.as_deref(), &settings));
    let wrong = |reason: String| Error::Description { subject: guest.subject.clone(), reason };
    match timeout(FIRST_CALL, checked).await {
        Ok(Ok(checked)) => checked,
        Ok(Err(lost)) => Err(wrong(format!("its settings-schema cannot be worked with: {lost}"))),
        Err(_elapsed) => Err(wrong(format!(
            "its settings-schema takes more than {} to check settings by; make it smaller",
            format_duration(FIRST_CALL)
        ))),
    }
}

/// Calls before going live wait for nobody: they have a turn of their own.
fn first_call(function: &'static str) -> Call {
    Call {
        function,
        turns: Arc::new(Semaphore::new(1)),
        turns_key: "max_concurrent",
        timeout: FIRST_CALL,
        timeout_remedy: "what comes before a plugin goes live needs no backend and must be quick",
        secrets: Arc::new(Secrets::default()),
        has_effects: false,
    }
}

fn first_call_failed(subject: &Subject, function: &'static str, failure: Failure) -> Error {
    Error::FirstCall { subject: subject.clone(), function, source: Box::new(failure) }
}

fn description(subject: &Subject, said: info::Description) -> Result<Description, String> {
    let wanted = subject.kind_word();
    if said.kind != wanted {
        return Err(format!(
            "its kind is {:?}, but its table wants a {wanted}",
            convert::cut(&said.kind, MAX_WORD)
        ));
    }
    for (what, word) in [("name", &said.name), ("version", &said.version)] {
        if word.is_empty() || word.len() > MAX_WORD || word.chars().any(char::is_control) {
            return Err(format!("its {what} must have 1 to {MAX_WORD} bytes on one line"));
        }
    }
    let capabilities = said.capabilities;
    if capabilities.len() > MAX_CAPABILITIES || capabilities.iter().any(|word| word.len() > MAX_WORD) {
        return Err(format!("it has more than {MAX_CAPABILITIES} capabilities, or too long ones"));
    }
    let (name, version, settings_schema) = (said.name, said.version, said.settings_schema);
    Ok(Description { name, version, capabilities, settings_schema, warnings: Vec::new() })
}
