//! The folder of template files, with the last good template of each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{CatalogEntry, Options, Source, template_file};
use crate::domain::{ProvisionerName, Template, TemplateName, Timestamp};
use crate::runtime::document::{Complaint, Complaints, Document, Place, read_text};

/// What is known of the folder's files.
#[derive(Debug, Default)]
pub(super) struct Folder {
    files: BTreeMap<PathBuf, File>,
    /// What was wrong with the folder as a whole the last time.
    refused: Option<String>,
}

#[derive(Debug, Default)]
struct File {
    good: Option<(Arc<Template>, Timestamp)>,
    /// Why the file as it stands is refused.
    refused: Option<String>,
}

/// What reading a file came to.
type Reading = Result<Template, Complaints>;

impl Folder {
    /// Reads everything again. Answers with the complaints that were not there the last time.
    pub(super) fn reload(
        &mut self,
        options: &Options,
        provisioners: &BTreeSet<ProvisionerName>,
        now: Timestamp,
    ) -> Vec<Complaint> {
        let files = match list(options) {
            Ok(files) => files,
            // A folder that cannot be listed for a moment has not lost its files.
            Err(complaint) => return self.refuse_folder(complaint),
        };
        let mut fresh = Vec::new();
        let surplus = files.len().saturating_sub(options.max_templates);
        if surplus > 0 {
            let message = format!(
                "holds {} templates and only {} are allowed (templates.max_templates): the last {surplus} are left out",
                files.len(),
                options.max_templates
            );
            fresh.extend(self.refuse_folder(complaint(&options.dir, message)));
        } else {
            self.refused = None;
        }
        let readings: BTreeMap<PathBuf, Reading> = files
            .into_iter()
            .take(options.max_templates)
            .map(|file| {
                let reading = read(&file, options.max_file, provisioners);
                (file, reading)
            })
            .collect();
        self.files.retain(|file, _| readings.contains_key(file));
        let readings = self.settle_names(readings);
        for (path, reading) in readings {
            fresh.extend(self.files.entry(path).or_default().record(reading, now));
        }
        self.drop_overtaken();
        fresh
    }

    /// Every good template, by file.
    pub(super) fn entries(&self) -> impl Iterator<Item = CatalogEntry> + '_ {
        self.files.iter().filter_map(|(path, file)| {
            let (template, observed_at) = file.good.as_ref()?;
            Some(CatalogEntry {
                template: Arc::clone(template),
                source: Source::File(path.clone()),
                observed_at: *observed_at,
                error: file.refused.clone(),
            })
        })
    }

    fn refuse_folder(&mut self, complaint: Complaint) -> Vec<Complaint> {
        let message = Some(complaint.message.clone());
        if self.refused == message {
            return Vec::new();
        }
        self.refused = message;
        vec![complaint]
    }

    /// Refuses all but one of the files that want the same name: it stays with the file that had
    /// it, else it goes to the first by path.
    fn settle_names(&self, mut readings: BTreeMap<PathBuf, Reading>) -> BTreeMap<PathBuf, Reading> {
        let mut wanted: BTreeMap<TemplateName, Vec<PathBuf>> = BTreeMap::new();
        for (path, reading) in &readings {
            if let Ok(template) = reading {
                wanted.entry(template.name.clone()).or_default().push(path.clone());
            }
        }
        for (name, paths) in wanted {
            let had_it = |path: &&PathBuf| self.name_of(path) == Some(&name);
            let Some(winner) = paths.iter().find(had_it).or(paths.first()) else { continue };
            for loser in paths.iter().filter(|path| *path != winner) {
                let mut complaint = complaint(
                    loser,
                    format!("the template {:?} is already in {}", name.as_str(), winner.display()),
                );
                complaint.key = "name".to_owned();
                readings.insert(loser.clone(), Err(complaint.into()));
            }
        }
        readings
    }

    /// The last good one of a refused file may have lost its name to another file.
    fn drop_overtaken(&mut self) {
        let held: BTreeSet<TemplateName> = self
            .files
            .values()
            .filter(|file| file.refused.is_none())
            .filter_map(|file| Some(file.good.as_ref()?.0.name.clone()))
            .collect();
        for file in self.files.values_mut().filter(|file| file.refused.is_some()) {
            file.good.take_if(|(template, _)| held.contains(&template.name));
        }
    }

    fn name_of(&self, path: &Path) -> Option<&TemplateName> {
        Some(&self.files.get(path)?.good.as_ref()?.0.name)
    }
}

impl File {
    fn record(&mut self, reading: Reading, now: Timestamp) -> Vec<Complaint> {
        match reading {
            Ok(template) => {
                self.refused = None;
                // What did not change keeps its age.
                if self.good.as_ref().is_none_or(|(old, _)| **old != template) {
                    self.good = Some((Arc::new(template), now));
                }
                Vec::new()
            }
            Err(complaints) => {
                let text = Some(complaints.to_string());
                if self.refused == text {
                    return Vec::new();
                }
                self.refused = text;
                complaints.into_vec()
            }
        }
    }
}

/// The template files, by path. Hidden files are what editors leave behind.
fn list(options: &Options) -> Result<Vec<PathBuf>, Complaint> {
    let failed = |error: std::io::Error| complaint(&options.dir, format!("cannot be listed: {error}"));
    let mut files = Vec::new();
    for entry in fs::read_dir(&options.dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.extension().is_some_and(|extension| extension == "toml") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(file: &Path, max: u64, provisioners: &BTreeSet<ProvisionerName>) -> Reading {
    let text = read_text(file, max)?;
    let document = Document::parse(file, &text)?;
    let folder = file.parent().unwrap_or(Path::new("."));
    let base = fs::canonicalize(folder).map_err(|error| {
        complaint(file, format!("its folder {} cannot be found: {error}", folder.display()))
    })?;
    document.read(|root| template_file::read(root, &base, provisioners))
}

fn complaint(file: &Path, message: String) -> Complaint {
    Complaint { place: Place::File(Arc::new(file.to_path_buf()), None), key: String::new(), message }
}
