//! The plugins of `examples/plugins`: in Python and in JavaScript.
//!
//! ```text
//! a language's folder ── copied ──> target/languages/NAME-hash/   its tools, installed once (venv, node_modules)
//!    └ a plugin's folder ── stamp equal? ── no: build there, checked ─ rename ─> target/test-plugins/NAME.wasm
//! ```
//!
//! The hash is that of the file that pins the tools, so that other versions are another folder. Everything is
//! built in the copy: the compilers leave things beside the sources.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use super::component::Component;
use super::stamp::Stamp;
use super::{announce, replace};
use crate::workspace::Workspace;
use crate::{debian, digest, program, tree};

/// A mirror may be slow; one of the compilers brings 340 MB with it.
const INSTALL: Duration = Duration::from_secs(900);
/// A quiet machine needs 10 s; one that does five other things needs minutes.
const BUILD: Duration = Duration::from_secs(600);
/// A folder of each language, and the world it is built for.
const KINDS: [(&str, &str); 2] = [("hook", "hook-plugin"), ("provisioner", "provisioner-plugin")];

/// A language, with what is asked of the machine for it.
struct Language {
    name: &'static str,
    /// The file that pins the tools' versions.
    pins: &'static str,
    /// What its plugins are built from, beside their own folders.
    shared: &'static [&'static str],
    /// Runs and ends well if the machine has what is needed.
    probe: &'static [&'static str],
    packages: &'static [&'static str],
    install: fn(&Path) -> Result<()>,
    build: fn(&Build<'_>) -> Result<()>,
}

/// One plugin's build.
struct Build<'a> {
    /// The language's folder, with its tools.
    tools: &'a Path,
    /// The plugin's folder in it.
    source: &'a Path,
    wit: &'a Path,
    world: &'a str,
    output: &'a Path,
}

const LANGUAGES: [Language; 2] = [
    Language {
        name: "python",
        pins: "requirements.txt",
        shared: &["wit", "xtask/src/plugins", "examples/plugins/python/requirements.txt"],
        probe: &["python3", "-c", "import ensurepip, venv"],
        packages: &["python3", "python3-venv"],
        install: install_python,
        build: build_python,
    },
    Language {
        name: "javascript",
        pins: "package-lock.json",
        shared: &[
            "wit",
            "xtask/src/plugins",
            "examples/plugins/javascript/build.mjs",
            "examples/plugins/javascript/package-lock.json",
        ],
        probe: &["npm", "--version"],
        packages: &["nodejs", "npm"],
        install: install_javascript,
        build: build_javascript,
    },
];

/// Builds them all into `target/test-plugins`, as far as their sources changed.
pub(crate) fn build_all(workspace: &Workspace) -> Result<()> {
    for language in &LANGUAGES {
        build(workspace, language).with_context(|| format!("the plugins in {}", language.name))?;
    }
    Ok(())
}

fn build(workspace: &Workspace, language: &Language) -> Result<()> {
    let folder = workspace.path("examples/plugins").join(language.name);
    let into = workspace.path("target/test-plugins");
    fs::create_dir_all(&into)?;
    let mut tools = None;
    for (kind, world) in KINDS {
        let output = into.join(format!("{}-{kind}.wasm", language.name));
        let stamp = Stamp::of(workspace, language.shared, &folder.join(kind), &output)?;
        if stamp.is_current() {
            continue;
        }
        let tools: &PathBuf = match &tools {
            Some(ready) => ready,
            None => tools.insert(language.tools(workspace, &folder)?),
        };
        let source = tools.join(kind);
        copy_anew(&folder.join(kind), &source)?;
        println!("plugins: building {}", workspace.shown(&folder.join(kind)));
        let made = tools.join(format!("{kind}.wasm"));
        let wit = workspace.path("wit/v0.1");
        (language.build)(&Build { tools, source: &source, wit: &wit, world, output: &made })?;
        let component = Component::check(fs::read(&made)?)
            .with_context(|| format!("{} is no plugin", workspace.shown(&folder.join(kind))))?;
        replace(&output, &component.bytes)?;
        stamp.write()?;
        announce(workspace, &output, &component);
    }
    Ok(())
}

impl Language {
    /// The folder with the language's tools, which are installed if they are not there.
    fn tools(&self, workspace: &Workspace, folder: &Path) -> Result<PathBuf> {
        let pins = digest::of(fs::read(folder.join(self.pins))?);
        let tools = workspace.path(format!("target/languages/{}-{}", self.name, &pins[..8]));
        fs::create_dir_all(&tools)?;
        tree::copy_files(folder, &tools)?;
        let installed = tools.join(".installed");
        if !installed.exists() {
            self.need()?;
            println!("plugins: installing what builds plugins in {}", self.name);
            (self.install)(&tools)?;
            fs::write(&installed, "")?;
        }
        Ok(tools)
    }

    /// Makes sure that the machine has the language.
    fn need(&self) -> Result<()> {
        let works = Command::new(self.probe[0])
            .args(&self.probe[1..])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        if works {
            return Ok(());
        }
        debian::install("plugins", self.packages).with_context(|| {
            format!("`{}` must be on the PATH and work: install it and try again", self.probe.join(" "))
        })
    }
}

fn install_python(tools: &Path) -> Result<()> {
    run(tools, "python3", ["-m", "venv", "--clear", "venv"], INSTALL)?;
    let pip =
        ["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", "requirements.txt"];
    run(tools, "venv/bin/pip", pip, INSTALL)
}

fn build_python(build: &Build<'_>) -> Result<()> {
    let path = |path: &Path| path.as_os_str().to_owned();
    let mut words = vec!["-q".into(), "-d".into(), path(build.wit), "-w".into(), build.world.into()];
    words.push("componentize".into());
    if build.world.starts_with("hook") {
        // A hook needs nothing of a system: without a clock its verdict depends on the request alone.
        words.push("--stub-wasi".into());
    }
    words.extend(["-p".into(), path(build.source), "-o".into(), path(build.output), "app".into()]);
    run(build.tools, "venv/bin/componentize-py", words, BUILD)
}

fn install_javascript(tools: &Path) -> Result<()> {
    run(tools, "npm", ["ci", "--no-audit", "--no-fund", "--silent"], INSTALL)
}

fn build_javascript(build: &Build<'_>) -> Result<()> {
    let world = Path::new(build.world);
    let words = [Path::new("build.mjs"), build.source, world, build.wit, build.output];
    run(build.tools, "node", words, BUILD)
}

/// Runs a program of the folder, or of the machine, in the folder.
fn run<Word: AsRef<OsStr>>(
    folder: &Path,
    program: &str,
    words: impl IntoIterator<Item = Word>,
    patience: Duration,
) -> Result<()> {
    // A relative path would be looked up where we are, not where the program runs.
    let program = if program.contains('/') { folder.join(program) } else { program.into() };
    let mut command = Command::new(program);
    command.args(words).current_dir(folder);
    program::wait_for(&mut command, patience)
}

fn copy_anew(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to).with_context(|| format!("cannot clear {}", to.display()))?;
    }
    fs::create_dir_all(to)?;
    tree::copy_files(from, to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_example_is_of_a_known_language_and_kind() {
        let workspace = Workspace::here().unwrap();
        for language in &LANGUAGES {
            let folder = workspace.path("examples/plugins").join(language.name);
            assert!(folder.join(language.pins).is_file());
            let mut found: Vec<String> = fs::read_dir(&folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.is_dir())
                .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
                .filter(|name| name != "node_modules")
                .collect();
            found.sort();
            assert_eq!(found, KINDS.map(|(kind, _)| kind), "{}", language.name);
        }
    }

    #[test]
    fn what_a_new_project_is_given_is_what_the_examples_are_built_with() {
        let workspace = Workspace::here().unwrap();
        let examples = workspace.path("examples/plugins");
        let scaffold = workspace.path("daemon/src/author/scaffold");
        for (example, copy) in [
            ("python/requirements.txt", "python/hook/requirements.txt"),
            ("python/requirements.txt", "python/provisioner/requirements.txt"),
            ("python/provisioner/upstream.py", "python/provisioner/upstream.py"),
            ("javascript/build.mjs", "javascript/hook/build.mjs"),
            ("javascript/build.mjs", "javascript/provisioner/build.mjs"),
            ("javascript/provisioner/upstream.js", "javascript/provisioner/upstream.js"),
        ] {
            let [example, copy] = [examples.join(example), scaffold.join(copy)];
            assert_eq!(fs::read(&example).unwrap(), fs::read(&copy).unwrap(), "{}", copy.display());
        }
    }

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let error = run(Path::new("/"), "sleep", ["60"], Duration::from_millis(50)).unwrap_err();
        assert!(error.to_string().contains("did not end"), "{error}");
    }
}
