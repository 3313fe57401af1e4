//! `wharfinger plugin new`: a project of each language and kind builds, is loaded, and answers its own sample
//! requests. In Rust its tests pass too; in other languages it is built with the lines of its own README.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use wharfinger_tests::bin_path::{binary, wharfinger, workspace_root};
use wharfinger_tests::languages::is_there;

use super::author::{Said, plugin};

/// What the lines marked "once" of a README install.
struct Tools {
    language: &'static str,
    /// The file that pins their versions.
    pins: &'static str,
    /// What `cargo xtask plugins --all-languages` made of the same pins, in a folder of the language's own.
    installed: &'static str,
    /// Their name in a project.
    link: &'static str,
}

const PYTHON: Tools =
    Tools { language: "python", pins: "requirements.txt", installed: "venv", link: ".venv" };
const JAVASCRIPT: Tools = Tools {
    language: "javascript",
    pins: "package-lock.json",
    installed: "node_modules",
    link: "node_modules",
};

impl Tools {
    /// None: they were not installed, which is said.
    fn find(&self) -> Option<PathBuf> {
        let examples = workspace_root().join("examples/plugins").join(self.language);
        let pinned = fs::read(examples.join(self.pins)).unwrap();
        let is_it = |folder: &PathBuf| {
            folder.join(".installed").exists()
                && fs::read(folder.join(self.pins)).is_ok_and(|pins| pins == pinned)
        };
        let folders = fs::read_dir(workspace_root().join("target/languages")).ok();
        let found = folders.and_then(|folders| folders.map(|entry| entry.unwrap().path()).find(is_it));
        is_there(found.is_some(), &format!("what builds plugins in {}", self.language));
        found.map(|folder| folder.join(self.installed))
    }
}

/// A project that was made, and the plugin that was built from it.
struct Project {
    folder: PathBuf,
    file: PathBuf,
}

impl Project {
    /// Makes one and builds it with `build`.
    fn built(home: &Path, language: &str, kind: &str, build: impl FnOnce(&Path, &str) -> PathBuf) -> Self {
        let name = format!("scaffolded-{kind}");
        let folder = home.join(&name);
        let made = plugin(&["new", "--kind", kind, "--language", language, folder.to_str().unwrap()]);
        assert_eq!(made.code, Some(0), "{made:?}");
        let file = build(&folder, &name);
        Self { folder, file }
    }

    /// Runs `wharfinger plugin WORDS[0] FILE WORDS[1..]`; words that end in `.json` are the project's files.
    fn plugin(&self, words: &[&str]) -> Said {
        let own = |word: &&str| match word.ends_with(".json") {
            true => self.folder.join(word).to_str().unwrap().to_owned(),
            false => (*word).to_owned(),
        };
        let mut words: Vec<String> = words.iter().map(own).collect();
        words.insert(1, self.file.to_str().unwrap().to_owned());
        plugin(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// A hook that allows its sample requests.
    fn reviews(&self) {
        let checked = self.plugin(&["check", "--settings", "settings.json"]);
        assert_eq!(checked.code, Some(0), "{checked:?}");
        assert!(checked.out.contains("hook \"scaffolded-hook\", version 0.1.0"), "{checked:?}");
        let said = self.plugin(&["run", "--settings", "settings.json", "--request", "request.json"]);
        assert_eq!(
            (said.code, &said.answers()[0]["answer"]["decision"]),
            (Some(0), &json!("allow")),
            "{said:?}"
        );
    }

    /// A provisioner that makes and clears away a workload, with the service that its sample plays.
    fn provisions(&self) {
        let checked = self.plugin(&["check", "--settings", "settings.json"]);
        assert_eq!(checked.code, Some(0), "{checked:?}");
        let words = [
            "run",
            "--settings",
            "settings.json",
            "--request",
            "calls.json",
            "--upstreams",
            "upstreams.json",
        ];
        let said = self.plugin(&words);
        assert_eq!(said.code, Some(0), "{said:?}");
        let answers = said.answers();
        assert_eq!(answers[0]["answer"]["outcome"], "created", "{said:?}");
        assert_eq!(answers[1]["answer"]["state"], "running", "{said:?}");
        assert_eq!(answers[2]["answer"]["gone"], true, "{said:?}");
        assert_eq!(answers[3]["answer"]["state"], "absent", "{said:?}");
        assert_eq!(
            answers[0]["upstreams_asked"][0]["body"]["image"], "registry.example/files:1.4",
            "{said:?}"
        );
        assert!(!said.out.contains("no secret"), "what was handed to the backend is shown: {said:?}");
    }
}

/// Proves that so many tests of the project pass, and builds it as `cargo xtask plugins FOLDER` does.
fn build_rust(folder: &Path, name: &str, passed: usize) -> PathBuf {
    // The versions that are here already: the test needs no network.
    fs::copy(workspace_root().join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
    let mut tests = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    tests
        .args(["test", "--offline"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", workspace_root().join("target/scaffolded"));
    let tests = Said::of(&tests.output().unwrap());
    assert_eq!(tests.code, Some(0), "{tests:?}");
    assert!(tests.out.contains(&format!("test result: ok. {passed} passed")), "{tests:?}");
    let built = Command::new(binary("xtask")).arg("plugins").arg(folder).output().unwrap();
    assert!(built.status.success(), "{:?}", Said::of(&built));
    workspace_root().join(format!("target/test-plugins/{name}.wasm"))
}

/// A hook and a provisioner in this language, built with the lines of their READMEs and with tools that are
/// installed already.
fn in_another_language(tools: &Tools) {
    let Some(installed) = tools.find() else { return };
    let build = |folder: &Path, name: &str| {
        symlink(&installed, folder.join(tools.link)).unwrap();
        build_as_told(folder, name)
    };
    let home = tempfile::tempdir().unwrap();
    Project::built(home.path(), tools.language, "hook", build).reviews();
    Project::built(home.path(), tools.language, "provisioner", build).provisions();
}

/// Runs what its README says under "Build", without what is done once.
fn build_as_told(folder: &Path, name: &str) -> PathBuf {
    let readme = fs::read_to_string(folder.join("README.md")).unwrap();
    let lines = readme.split("## Build\n\n```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let lines: Vec<&str> = lines.lines().filter(|line| !line.ends_with("# once")).collect();
    assert!(!lines.is_empty(), "{readme}");
    let built = Command::new("sh").args(["-ec", &lines.join("\n")]).current_dir(folder).output().unwrap();
    assert!(built.status.success(), "{lines:?}: {:?}", Said::of(&built));
    folder.join(format!("{name}.wasm"))
}

#[test]
fn a_new_hook_in_rust_builds_passes_its_tests_and_is_loaded() {
    let home = tempfile::tempdir().unwrap();
    let project = Project::built(home.path(), "rust", "hook", |folder, name| build_rust(folder, name, 3));
    project.reviews();

    let folder = project.folder.to_str().unwrap();
    let again = plugin(&["new", "--kind", "hook", "--language", "rust", folder]);
    assert_eq!(again.code, Some(78), "{again:?}");
    assert!(again.err.contains("is not empty"), "{again:?}");
}

#[test]
fn a_new_provisioner_in_rust_builds_passes_its_tests_and_makes_a_workload() {
    let home = tempfile::tempdir().unwrap();
    Project::built(home.path(), "rust", "provisioner", |folder, name| build_rust(folder, name, 4))
        .provisions();
}

#[test]
fn new_plugins_in_python_build_and_answer() {
    in_another_language(&PYTHON);
}

#[test]
fn new_plugins_in_javascript_build_and_answer() {
    in_another_language(&JAVASCRIPT);
}

#[test]
fn a_name_that_is_none_and_a_sdk_that_is_nowhere_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("No Crate");
    let said = plugin(&["new", "--kind", "hook", "--language", "rust", folder.to_str().unwrap()]);
    assert_eq!(said.code, Some(64), "{said:?}");
    assert!(said.err.contains("No Crate") && !folder.exists(), "{said:?}");

    let folder = home.path().join("labels");
    let mut elsewhere = Command::new(wharfinger());
    elsewhere
        .args(["plugin", "new", "--kind", "hook", "--language", "rust"])
        .arg(&folder)
        .current_dir(home.path());
    let said = Said::of(&elsewhere.output().unwrap());
    assert_eq!(said.code, Some(64), "{said:?}");
    assert!(said.err.contains("--sdk") && !folder.exists(), "{said:?}");
    elsewhere.arg("--sdk").arg(workspace_root().join("plugin-sdk"));
    assert_eq!(Said::of(&elsewhere.output().unwrap()).code, Some(0));
}
