//! `plugin new`: a project that builds as it is, with a small real rule and tests that pass.
//!
//! The files are those of `scaffold/LANGUAGE/KIND`, with `{{name}}` (the project's name), `{{module}}`
//! (the same as an identifier) and `{{sdk}}` (where the Rust SDK is) filled in, and `wit/`, the
//! contract it is made for.
//!
//! The SDK is on no registry. A Rust project depends on it by its path: the one of the checkout that
//! the command runs in, or `--sdk`.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::given::Kind;
use super::{Error, Outcome, Report};

/// Paths, and the files' content.
type Files = &'static [(&'static str, &'static str)];

macro_rules! files {
    ($folder:literal: $($file:literal),+ $(,)?) => {
        &[$(($file, include_str!(concat!($folder, "/", $file)))),+]
    };
}

const RUST_HOOK: Files =
    files!("scaffold/rust/hook": "Cargo.toml", "README.md", "request.json", "settings.json", "src/lib.rs");
const RUST_PROVISIONER: Files = files!(
    "scaffold/rust/provisioner": "Cargo.toml", "README.md", "calls.json", "settings.json", "src/lib.rs", "upstreams.json",
);
const PYTHON_HOOK: Files = files!(
    "scaffold/python/hook": "README.md", "app.py", "request.json", "requirements.txt", "settings.json",
);
const PYTHON_PROVISIONER: Files = files!(
    "scaffold/python/provisioner": "README.md", "app.py", "calls.json", "requirements.txt", "settings.json",
    "upstream.py", "upstreams.json",
);
const JAVASCRIPT_HOOK: Files = files!(
    "scaffold/javascript/hook": "README.md", "build.mjs", "package.json", "plugin.js", "request.json", "settings.json",
);
const JAVASCRIPT_PROVISIONER: Files = files!(
    "scaffold/javascript/provisioner": "README.md", "build.mjs", "calls.json", "package.json", "plugin.js",
    "settings.json", "upstream.js", "upstreams.json",
);
const WIT: Files = files!(
    "../../../wit/v0.1": "deps/clocks/clocks.wit", "deps/http/http.wit", "deps/io/io.wit", "hook.wit", "host.wit",
    "info.wit", "provisioner.wit", "types.wit", "worlds.wit",
);
/// What building leaves behind in any of the languages.
const IGNORED: &str = "/target\n/node_modules\n/.venv\n__pycache__\n*.wasm\n";

/// Names that Rust or the project itself needs.
const TAKEN: &str = "abstract alloc as async await become box break const continue core crate do dyn else enum extern \
    false final fn for gen if impl in let loop macro match mod move mut override priv proc-macro pub ref return self \
    serde serde-json static std struct super test trait true try type typeof union unsafe unsized use virtual where \
    wharfinger-plugin-sdk while yield";

/// See the module.
#[derive(Debug, Args)]
pub struct New {
    /// What the plugin is for.
    #[arg(long, value_enum)]
    kind: Kind,
    /// What it is written in.
    #[arg(long, value_enum)]
    language: Language,
    /// Where the SDK for Rust is: the folder `plugin-sdk` of a checkout of Wharfinger. Needed
    /// outside of one.
    #[arg(long, value_name = "DIR")]
    sdk: Option<PathBuf>,
    /// The project's folder, which is new or empty. The plugin is called as it is.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// What plugins are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Language {
    /// With the SDK.
    Rust,
    /// With componentize-py.
    Python,
    /// With jco.
    Javascript,
}

const fn files(kind: Kind, language: Language) -> Files {
    match (kind, language) {
        (Kind::Hook, Language::Rust) => RUST_HOOK,
        (Kind::Provisioner, Language::Rust) => RUST_PROVISIONER,
        (Kind::Hook, Language::Python) => PYTHON_HOOK,
        (Kind::Provisioner, Language::Python) => PYTHON_PROVISIONER,
        (Kind::Hook, Language::Javascript) => JAVASCRIPT_HOOK,
        (Kind::Provisioner, Language::Javascript) => JAVASCRIPT_PROVISIONER,
    }
}

impl New {
    pub(super) fn run(self) -> Result<Report, Error> {
        let name = name(&self.folder)?;
        let sdk = match self.language {
            Language::Rust => sdk(self.sdk.as_deref(), &self.folder)?,
            Language::Python | Language::Javascript => String::new(),
        };
        check_folder(&self.folder)?;
        let filled = |text: &str| {
            text.replace("{{name}}", &name)
                .replace("{{module}}", &name.replace('-', "_"))
                .replace("{{sdk}}", &sdk)
        };
        for (path, text) in files(self.kind, self.language) {
            write(&self.folder.join(path), &filled(text))?;
        }
        for (path, text) in WIT {
            write(&self.folder.join("wit").join(path), text)?;
        }
        write(&self.folder.join(".gitignore"), IGNORED)?;
        let folder = self.folder.display();
        let text =
            format!("{folder} is a plugin: {folder}/README.md says how to test, build, check and use it");
        Ok(Report { text, outcome: Outcome::Good })
    }
}

/// The folder's own name, if a crate and a table of the configuration can be called so.
fn name(folder: &Path) -> Result<String, Error> {
    // `.` has a name, too.
    let whole = if folder.file_name().is_some() {
        folder.to_owned()
    } else {
        folder.canonicalize().unwrap_or_default()
    };
    let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let usable = name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && name.len() <= 63
        && name.bytes().all(letters)
        && !TAKEN.split_whitespace().any(|taken| taken == name);
    if usable {
        return Ok(name);
    }
    Err(Error::Usage(format!(
        "a plugin cannot be called {name:?}: 1 to 63 characters of a-z, 0-9 and '-', first a letter, last none, and \
         no word of Rust; call the folder otherwise"
    )))
}

fn check_folder(folder: &Path) -> Result<(), Error> {
    let failed = |error| Error::Unusable(format!("{} cannot be used: {error}", folder.display()));
    match fs::read_dir(folder).map(Iterator::count) {
        Ok(0) => Ok(()),
        Ok(_) => Err(Error::Unusable(format!("{} is not empty: nothing was written", folder.display()))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            fs::create_dir_all(folder).map_err(failed)
        }
        Err(error) => Err(failed(error)),
    }
}

fn write(file: &Path, text: &str) -> Result<(), Error> {
    let written = file.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(file, text));
    written.map_err(|error| Error::Unusable(format!("{} cannot be written: {error}", file.display())))
}

/// The SDK's folder: the one that was named, or that of the checkout around `folder` or around us.
fn sdk(named: Option<&Path>, folder: &Path) -> Result<String, Error> {
    let found = match named {
        Some(named) => Some(named.to_owned()),
        None => [std::path::absolute(folder), std::env::current_dir()]
            .iter()
            .flatten()
            .flat_map(|place| place.ancestors())
            .map(|place| place.join("plugin-sdk"))
            .find(|place| is_sdk(place)),
    };
    let Some(found) = found else {
        return Err(Error::Usage(
            "the SDK for Rust is on no registry: run this in a checkout of Wharfinger, or name its folder \
             plugin-sdk with --sdk DIR"
                .to_owned(),
        ));
    };
    match found.canonicalize() {
        Ok(path) if is_sdk(&path) => Ok(path.to_string_lossy().replace('\\', "/")),
        _ => Err(Error::Usage(format!(
            "{} is not the SDK: the folder plugin-sdk of a checkout is",
            found.display()
        ))),
    }
}

fn is_sdk(folder: &Path) -> bool {
    fs::read_to_string(folder.join("Cargo.toml"))
        .is_ok_and(|manifest| manifest.contains("name = \"wharfinger-plugin-sdk\""))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_name_is_one_that_a_crate_and_a_table_can_have() {
        for good in ["short-names", "a", "x9", "/tmp/deep/labels"] {
            assert!(name(Path::new(good)).is_ok(), "{good}");
        }
        for bad in ["Short", "9x", "a_b", "a b", "-a", "a-", "fn", "while", "std", "serde", "ü", "/"] {
            assert!(matches!(name(Path::new(bad)), Err(Error::Usage(_))), "{bad}");
        }
    }

    fn given(files: Files) -> BTreeSet<PathBuf> {
        files.iter().map(|(path, _)| PathBuf::from(path)).collect()
    }

    fn there(home: &Path) -> BTreeSet<PathBuf> {
        let mut found = BTreeSet::new();
        let mut folders = vec![home.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    found.insert(path.strip_prefix(home).unwrap().to_owned());
                }
            }
        }
        found
    }

    #[test]
    fn the_contract_that_is_handed_out_is_the_published_one() {
        assert_eq!(given(WIT), there(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/v0.1")));
    }

    #[test]
    fn every_file_of_every_scaffold_is_handed_out() {
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/author/scaffold");
        for (kind, folder) in [(Kind::Hook, "hook"), (Kind::Provisioner, "provisioner")] {
            for (language, name) in
                [(Language::Rust, "rust"), (Language::Python, "python"), (Language::Javascript, "javascript")]
            {
                assert_eq!(
                    given(files(kind, language)),
                    there(&home.join(name).join(folder)),
                    "{name} {folder}"
                );
            }
        }
    }

    #[test]
    fn nothing_is_left_to_fill_in() {
        for kind in [Kind::Hook, Kind::Provisioner] {
            for language in [Language::Rust, Language::Python, Language::Javascript] {
                for (path, text) in files(kind, language) {
                    for rest in text.split("{{").skip(1) {
                        let known = ["name}}", "module}}", "sdk}}"].iter().any(|word| rest.starts_with(word));
                        assert!(known, "{language:?} {kind:?} {path}: {{{{{}", &rest[..rest.len().min(20)]);
                    }
                }
            }
        }
    }

    #[test]
    fn a_folder_that_is_not_empty_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine"), "x").unwrap();
        assert!(matches!(check_folder(folder.path()), Err(Error::Unusable(_))));
        assert!(check_folder(&folder.path().join("new")).is_ok());
    }
}
