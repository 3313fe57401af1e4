//! A hook that is built to be tried: from its table, with another file or other settings.
//!
//! Guarantees: it passes every check that a hook which serves passed, has turns, limits and a timeout
//! of its own, as its table says, and is known to nobody but whoever asked for it. No file outside the
//! folder of the table's plugin is opened.

use std::path::{Component, Path, PathBuf};

use super::error::Error;
use super::options::HookOptions;
use super::workshop::Workshop;
use crate::domain::Violation;
use crate::extension::{Candidate, CandidateRefusal, HookEntry};
use crate::runtime::ErrorChain;

/// Builds what the hook of this table would be.
pub(super) async fn hook(
    workshop: &Workshop,
    table: HookOptions,
    candidate: Candidate,
) -> Result<HookEntry, CandidateRefusal> {
    let Candidate { plugin, settings } = candidate;
    let configured = table.plugin.clone();
    let found = tokio::task::spawn_blocking(move || match plugin {
        Some(name) => find(&configured, &name),
        None => Ok(configured),
    });
    let plugin = found.await.unwrap_or_else(|error| Err(error.to_string())).map_err(|message| {
        CandidateRefusal::Refused(vec![violation("/plugin".to_owned(), "invalid_plugin_file", message)])
    })?;
    let settings = settings.unwrap_or_else(|| table.settings.clone());
    let table = HookOptions { plugin, settings, ..table };
    let built = async { workshop.trial_hook(workshop.stock.read(&table).await?).await };
    built.await.map(|built| built.entry()).map_err(|error| CandidateRefusal::Refused(violations(error)))
}

/// The file of this name beside the configured one. Symlinks are followed, as volumes are made of
/// them, and must end in the same folder.
fn find(configured: &Path, name: &str) -> Result<PathBuf, String> {
    let mut parts = Path::new(name).components();
    let plain = matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name);
    if !plain || name.starts_with('.') || name.contains(['\\', '\0']) {
        return Err("a plain file name is wanted: no folder, no leading dot".to_owned());
    }
    let folder = configured.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let missing = || format!("there is no file {name:?} in the folder of the hook's plugin");
    let (Ok(folder), Ok(file)) = (folder.canonicalize(), folder.join(name).canonicalize()) else {
        return Err(missing());
    };
    if !file.starts_with(&folder) {
        return Err(format!("{name:?} leads out of the folder of the hook's plugin"));
    }
    if file.is_file() { Ok(file) } else { Err(missing()) }
}

/// What is wrong with the candidate, each with its place in it.
fn violations(error: Error) -> Vec<Violation> {
    let code = error.code();
    match error {
        Error::Settings { violations, .. } if !violations.is_empty() => violations
            .into_iter()
            .map(|Violation { pointer, code, message }| {
                let pointer = format!("/settings{pointer}");
                Violation { pointer, code, message }
            })
            .collect(),
        Error::Settings { .. } => {
            vec![violation("/settings".to_owned(), code, ErrorChain(&error).to_string())]
        }
        error => vec![violation("/plugin".to_owned(), code, ErrorChain(&error).to_string())],
    }
}

fn violation(pointer: String, code: &str, message: String) -> Violation {
    Violation { pointer, code: code.to_owned(), message }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn only_a_plain_name_of_a_file_in_the_same_folder_is_found() {
        let root = tempfile::tempdir().unwrap();
        let plugins = root.path().join("plugins");
        fs::create_dir_all(plugins.join("deeper")).unwrap();
        fs::write(root.path().join("outside.wasm"), "x").unwrap();
        for name in ["hook.wasm", ".hidden.wasm", "deeper/inner.wasm", "odd..name.wasm"] {
            fs::write(plugins.join(name), "x").unwrap();
        }
        symlink(root.path().join("outside.wasm"), plugins.join("out.wasm")).unwrap();
        symlink("../outside.wasm", plugins.join("up.wasm")).unwrap();
        symlink("nothing", plugins.join("dangling.wasm")).unwrap();
        // As a volume has it.
        symlink("deeper", plugins.join("..data")).unwrap();
        symlink("..data/inner.wasm", plugins.join("inner.wasm")).unwrap();

        let configured = plugins.join("hook.wasm");
        let real = plugins.canonicalize().unwrap();
        for (name, file) in [
            ("hook.wasm", "hook.wasm"),
            ("odd..name.wasm", "odd..name.wasm"),
            ("inner.wasm", "deeper/inner.wasm"),
        ] {
            assert_eq!(find(&configured, name), Ok(real.join(file)));
        }
        for name in [
            "",
            ".",
            "..",
            ".hidden.wasm",
            "..data",
            "deeper",
            "deeper/inner.wasm",
            "./hook.wasm",
            "hook.wasm/",
            "/hook.wasm",
            "../outside.wasm",
            "..\\outside.wasm",
            "hook.wasm\0",
            "out.wasm",
            "up.wasm",
            "dangling.wasm",
            "missing.wasm",
        ] {
            assert!(find(&configured, name).is_err(), "{name:?}");
        }
        let absolute = root.path().join("outside.wasm");
        assert!(find(&configured, absolute.to_str().unwrap()).is_err());
    }
}
