//! TOML → the `Options` of every part.
//!
//! ```text
//! file ──> Document ──> WHARFINGER__… variables ──> flags ──> sections ──> Options, or Complaints
//! ```
//!
//! Everything is checked here and only here: whoever holds an `Options` need not check again. All
//! complaints come at once, each with its place, its key and what is allowed. Relative paths start
//! at the file's folder (those of flags at the working directory, as everywhere on a command line).
//!
//! Knows the parts' `Options` and nothing else of them; opens no database, loads no plugin, reads no
//! credential: the `Options` say where one is.
//!
//! Every key, its default and its reason are in `config/wharfinger.toml`; a test holds that file
//! against this code.

mod allowances;
mod by_itself;
mod daemon;
mod endpoints;
mod hooks;
mod options;
mod overrides;
mod plugins;
mod provisioners;
mod sandbox;
mod server;
mod upstreams;

#[cfg(test)]
mod shipped_tests;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

pub use by_itself::ByItself;
pub use options::*;
pub use overrides::Overrides;

use crate::domain::PluginVersion;
use crate::plugin::{Allowances, StoredTable};
use crate::runtime::document::{Complaint, Complaints, Document, Place, Table};

/// No configuration is larger; a wrong path may be.
const MAX_FILE: u64 = 1 << 20;

/// The sections that take effect while the daemon runs.
const LIVE: [&str; 3] = ["provisioners", "hooks", "defaults"];

/// A configuration that can be used.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// For every part.
    pub options: Options,
    /// What can be used and should be looked at.
    pub warnings: Vec<Complaint>,
    /// Every file this was made from or names: the configuration itself, plugins, certificates and
    /// credentials. Templates are not among them. When one changes, load again.
    pub files: Vec<PathBuf>,
    /// What it leaves to each plugin.
    pub allowances: Allowances,
    /// Every key that is read at the start alone, with its value as text.
    pub fixed: BTreeMap<String, String>,
}

/// A configuration that cannot be used.
#[derive(Debug)]
pub struct Refused {
    /// Everything that is wrong with it.
    pub complaints: Complaints,
    /// What it leaves to each plugin all the same; none: it cannot be read.
    pub allowances: Option<Allowances>,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.complaints.fmt(f)
    }
}

/// Loads the configuration in `file`, overridden by the variables of `environment` whose names
/// begin with `WHARFINGER__`, then by `overrides`.
pub fn load(
    file: &Path,
    environment: impl Iterator<Item = (String, String)>,
    overrides: &Overrides,
) -> Result<Loaded, Refused> {
    load_with_known(file, environment, overrides).0
}

/// Reads the table of a plugin as it was stored when it was published.
pub fn stored_table(file: &Path, version: &PluginVersion) -> Result<StoredTable, Complaints> {
    plugins::read_stored(version, &mut Context::new(file))
}

/// This process's environment. A variable that is not UTF-8 can name no key and hold no value of
/// ours: it is left out.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
}

/// The same, with every key the code asked for.
fn load_with_known(
    file: &Path,
    environment: impl Iterator<Item = (String, String)>,
    overrides: &Overrides,
) -> (Result<Loaded, Refused>, BTreeSet<String>) {
    let environment: BTreeMap<String, String> = environment.collect();
    let (document, mut complaints) = match overridden(file, &environment, overrides) {
        Ok(read) => read,
        Err(complaint) => {
            let refused = Refused { complaints: complaint.into(), allowances: None };
            return (Err(refused), BTreeSet::new());
        }
    };
    let mut context = Context::new(file);
    let allowances = allowances::read(&document, &context.base);
    let fixed = document.leaves(|section| !LIVE.contains(&section));
    let (result, known) = document.read_with_known(|root| read(root, &mut context));
    let result = match result {
        Ok(options) => match Complaints::of(complaints) {
            None => Ok((options, context)),
            Some(complaints) => Err(complaints),
        },
        Err(more) => {
            complaints.extend(more.into_vec());
            Err(Complaints::of(complaints).unwrap_or_else(|| broken(file, "it cannot be used").into()))
        }
    };
    let result = match result {
        Ok((options, Context { warnings, files, .. })) => {
            Ok(Loaded { options, warnings, files, allowances, fixed })
        }
        Err(complaints) => Err(Refused { complaints, allowances: Some(allowances) }),
    };
    (result, known)
}

/// The document with all overrides in it, and what is wrong with these.
fn overridden(
    file: &Path,
    environment: &BTreeMap<String, String>,
    overrides: &Overrides,
) -> Result<(Document, Vec<Complaint>), Complaint> {
    let text = crate::runtime::document::read_text(file, MAX_FILE)?;
    let mut document = Document::parse(file, &text)?;
    let complaints = overrides::apply(&mut document, environment, overrides);
    Ok((document, complaints))
}

fn broken(file: &Path, message: impl Into<String>) -> Complaint {
    let place = Place::File(std::sync::Arc::new(file.to_path_buf()), None);
    Complaint { place, key: String::new(), message: message.into() }
}

/// What the sections need beside their tables, and what they leave behind beside their options.
struct Context {
    base: PathBuf,
    warnings: Vec<Complaint>,
    files: Vec<PathBuf>,
}

impl Context {
    fn new(file: &Path) -> Self {
        let absolute = std::path::absolute(file).ok();
        Self {
            base: absolute.and_then(|path| path.parent().map(Path::to_path_buf)).unwrap_or_default(),
            warnings: Vec::new(),
            files: vec![file.to_path_buf()],
        }
    }
}

/// All sections. Each is read whatever the others lack, so that no complaint hides another.
fn read(root: &mut Table<'_>, context: &mut Context) -> Option<Options> {
    let bulk = daemon::bulk(root);
    let rehearsal = daemon::rehearsal(root);
    let server = server::read(root, context, &bulk, &rehearsal);
    let telemetry = daemon::log(root);
    let reconciler = daemon::reconciler(root);
    let probe = daemon::probe(root);
    let catalog = daemon::templates(root, context);
    let store = daemon::store(root, &server.data_dir, &bulk, &rehearsal);
    let process = daemon::processes(root, &server.data_dir);
    let plugin = plugins::read(root, context, &server.data_dir);
    Some(Options {
        telemetry,
        api: server.api,
        service: server.service,
        reconciler,
        store,
        catalog,
        plugin: plugin?,
        process: process?,
        probe,
    })
}
