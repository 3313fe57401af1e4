//! What can be said of a component from its bytes alone: nothing of it is compiled, linked or run.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::{KnownCustom, Parser, Payload, ProducersSectionReader};

use super::error::Error;
use super::load::Artifact;
use crate::domain::PluginKind;

/// Names that are kept of one list; a file can hold millions.
const MAX_NAMES: usize = 1_000;
/// Characters of one name.
const MAX_NAME: usize = 256;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Anatomy {
    /// Bytes of the file.
    pub size: usize,
    /// `sha256:<hex>` of the file.
    pub digest: String,
    /// By its exports; none if it exports neither extension point, or both.
    pub kind: Option<PluginKind>,
    /// The versions of `wharfinger:plugin` that its exports name.
    pub wit_versions: Vec<String>,
    /// Interfaces it asks of its host.
    pub imports: Vec<String>,
    /// What it offers.
    pub exports: Vec<String>,
    /// Languages and tools that made it, as they wrote it: field, name, version.
    pub producers: Vec<(String, String, String)>,
    /// Custom sections, the nested ones too, with their bytes, summed by name.
    pub custom_sections: Vec<(String, usize)>,
    /// Bytes of each core module within.
    pub modules: Vec<usize>,
}

impl Anatomy {
    pub(super) fn of(artifact: &Artifact) -> Result<Self, Error> {
        Self::read(artifact)
            .map_err(|error| Error::Invalid { subject: artifact.subject.clone(), source: error.into() })
    }

    fn read(artifact: &Artifact) -> wasmparser::Result<Self> {
        let bytes = artifact.bytes();
        let mut anatomy = Self { size: bytes.len(), digest: artifact.digest.to_string(), ..Self::default() };
        let mut producers = BTreeSet::new();
        let mut sections = BTreeMap::new();
        let mut depth = 0_usize;
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::ModuleSection { unchecked_range, .. } => {
                    depth += 1;
                    keep(&mut anatomy.modules, unchecked_range.len());
                }
                Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentImportSection(imports) if depth == 0 => {
                    for import in imports {
                        keep(&mut anatomy.imports, word(import?.name.name));
                    }
                }
                Payload::ComponentExportSection(exports) if depth == 0 => {
                    for export in exports {
                        keep(&mut anatomy.exports, word(export?.name.name));
                    }
                }
                Payload::CustomSection(section) => {
                    let name = word(section.name());
                    if sections.len() < MAX_NAMES || sections.contains_key(&name) {
                        *sections.entry(name).or_insert(0) += section.data().len();
                    }
                    if let KnownCustom::Producers(fields) = section.as_known() {
                        let room = MAX_NAMES.saturating_sub(producers.len());
                        // One that cannot be read is listed among the sections and no more: what loads a
                        // component reads no custom section either.
                        producers.extend(made_by(fields).unwrap_or_default().into_iter().take(room));
                    }
                }
                _ => {}
            }
        }
        anatomy.custom_sections = sections.into_iter().collect();
        anatomy.producers = producers.into_iter().collect();
        anatomy.imports.sort();
        anatomy.kind = kind(&anatomy.exports);
        anatomy.wit_versions = versions(&anatomy.exports);
        Ok(anatomy)
    }
}

/// Field, name and version of each tool.
fn made_by(fields: ProducersSectionReader<'_>) -> wasmparser::Result<Vec<(String, String, String)>> {
    let mut tools = Vec::new();
    for field in fields {
        let field = field?;
        for value in field.values {
            let value = value?;
            keep(&mut tools, [field.name, value.name, value.version].map(word).into());
        }
    }
    Ok(tools)
}

/// A name that can be shown: the file may hold anything.
fn word(name: &str) -> String {
    let shown = |letter: char| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter };
    name.chars().take(MAX_NAME).map(shown).collect()
}

fn keep<T>(list: &mut Vec<T>, item: T) {
    if list.len() < MAX_NAMES {
        list.push(item);
    }
}

/// The interface and the version of `wharfinger:plugin/INTERFACE@VERSION`.
fn ours(export: &str) -> Option<(&str, &str)> {
    export.strip_prefix("wharfinger:plugin/")?.split_once('@')
}

fn kind(exports: &[String]) -> Option<PluginKind> {
    let has = |interface| exports.iter().filter_map(|export| ours(export)).any(|(name, _)| name == interface);
    match (has("hook"), has("provisioner")) {
        (true, false) => Some(PluginKind::Hook),
        (false, true) => Some(PluginKind::Provisioner),
        _ => None,
    }
}

fn versions(exports: &[String]) -> Vec<String> {
    let versions: BTreeSet<&str> =
        exports.iter().filter_map(|export| ours(export)).map(|(_, version)| version).collect();
    versions.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Subject;
    use crate::plugin::testing::TestGuest;

    fn anatomy(bytes: Vec<u8>) -> Result<Anatomy, Error> {
        let subject = Subject::file("some/guest.wasm".as_ref());
        Anatomy::of(&Artifact::from_bytes(subject, bytes)?)
    }

    #[test]
    fn a_component_tells_its_kind_by_its_exports() {
        let hook = anatomy(TestGuest::hook().component()).unwrap();
        assert_eq!(hook.kind, Some(PluginKind::Hook));
        assert_eq!(hook.wit_versions, ["0.1.0"]);
        assert!(hook.exports.iter().any(|name| name == "wharfinger:plugin/info@0.1.0"), "{hook:?}");
        let provisioner = anatomy(TestGuest::provisioner().component()).unwrap();
        assert_eq!(provisioner.kind, Some(PluginKind::Provisioner));
        assert!(!provisioner.modules.is_empty());
    }

    #[test]
    fn names_within_a_nested_component_are_not_the_plugins_own() {
        let text = r#"(component (component (import "inner" (func))) (import "outer" (func)))"#;
        let bytes = wat::parse_str(text).unwrap();
        assert_eq!(anatomy(bytes).unwrap().imports, ["outer"]);
    }

    #[test]
    fn a_custom_section_that_cannot_be_read_is_listed_and_is_no_error() {
        let whole = TestGuest::hook().component();
        let before = anatomy(whole.clone()).unwrap();
        for name in ["producers", "name", "component-name", "mine"] {
            let mut bytes = whole.clone();
            // A custom section: its id, its length, the length of its name, its name, and what is no
            // content of such a section.
            let length = u8::try_from(name.len()).unwrap();
            bytes.extend([0, 1 + length + 3, length]);
            bytes.extend(name.as_bytes());
            bytes.extend([0xff; 3]);
            let told = anatomy(bytes).unwrap();
            let size = |anatomy: &Anatomy| {
                let section = anatomy.custom_sections.iter().find(|(section, _)| section == name);
                section.map_or(0, |(_, size)| *size)
            };
            assert_eq!(size(&told), size(&before) + 3, "{name}");
            assert_eq!((told.kind, &told.producers), (before.kind, &before.producers), "{name}");
        }
    }

    #[test]
    fn a_file_that_was_cut_is_refused_wherever_it_was_cut() {
        let whole = TestGuest::hook().component();
        for end in (8..whole.len()).step_by(7) {
            // Cut between two sections it is a smaller component, and no plugin.
            if let Ok(anatomy) = anatomy(whole[..end].to_vec()) {
                assert_eq!(anatomy.kind, None, "cut at {end}");
            }
        }
    }
}
