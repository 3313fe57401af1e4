//! The console: built by npm into `console/dist`, from where the daemon's build embeds it.
//!
//! ```text
//! sources ── stamp equal? ── yes: nothing to do
//!    │ no
//!    └─> npm ci, if the lock changed ─> npm run build ─> compressed copies ─> stamp
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use crate::debian;
use crate::workspace::Workspace;

/// A mirror may be slow.
const INSTALL: Duration = Duration::from_secs(900);
/// A quiet machine needs 15 s.
const BUILD: Duration = Duration::from_secs(600);
/// Every browser test together.
const BROWSE: Duration = Duration::from_secs(1_800);
/// What the console is not built from: what npm and the build make, and the browser tests.
const NO_SOURCES: [&str; 4] = ["node_modules", "dist", "schema.ts", "e2e"];
const NEED_NPM: &str = "it needs Node.js 20.19 or newer with its npm on the PATH";

/// Builds it, as far as its sources changed.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let console = workspace.path("console");
    let (stamp, sources) = (workspace.path("target/console.stamp"), sources(&console)?);
    let page = console.join("dist/index.html");
    let is_built = |stamp: &Path| {
        let then = fs::read_to_string(stamp).ok()?;
        Some(then == now(&sources, &page)?)
    };
    if is_built(&stamp) == Some(true) {
        return Ok(());
    }
    install(&console)?;
    println!("console: building");
    run(&console, "npm", &["run", "--silent", "build"], BUILD)?;
    run(&console, "node", &["scripts/compress.mjs"], BUILD)?;
    let now = now(&sources, &page).context("the build of the console left no dist/index.html")?;
    fs::write(&stamp, now).with_context(|| format!("cannot write {}", stamp.display()))
}

/// The same, for somebody who wants a daemon in any case: without npm it says what will be missing.
pub(crate) fn build_if_possible(workspace: &Workspace) -> Result<()> {
    if has_npm() {
        return build(workspace);
    }
    println!("console: not built, {NEED_NPM}; the daemon does everything else, and says so on its page");
    Ok(())
}

/// Types, style and logic of what was built.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let console = workspace.path("console");
    install(&console)?;
    run(&console, "npm", &["run", "--silent", "check"], BUILD)?;
    run(&console, "npm", &["run", "--silent", "test"], BUILD)
}

/// The console in a browser, against the daemon that was built.
pub(crate) fn browse(workspace: &Workspace) -> Result<()> {
    let Some(chromium) = chromium()? else {
        println!(
            "console: SKIPPED, the browser tests need `chromium` on the PATH (Debian's package of that name)"
        );
        return Ok(());
    };
    let mut command = Command::new("npm");
    command
        .args(["run", "--silent", "e2e"])
        .current_dir(workspace.path("console"))
        .env("WHARFINGER_BIN", workspace.path("target/release/wharfinger"))
        .env("WHARFINGER_DEMO_SERVER", workspace.path("target/release/demo-server"))
        .env("WHARFINGER_CHROMIUM", chromium)
        .env("WHARFINGER_SHOTS", workspace.path("target/console-shots"));
    debian::wait_for(&mut command, BROWSE)
}

/// In CI it is installed, and missing it is a failure.
fn chromium() -> Result<Option<PathBuf>> {
    let found = on_path("chromium");
    if found.is_some() || std::env::var_os("CI").is_none() {
        return Ok(found);
    }
    debian::install("browser tests", &["chromium"]).context("the browser tests need chromium")?;
    on_path("chromium").context("chromium was installed and is not on the PATH").map(Some)
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn has_npm() -> bool {
    let version = Command::new("npm").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
}

/// What the lock file names, once for each of its versions.
fn install(console: &Path) -> Result<()> {
    if !has_npm() {
        debian::install("console", &["nodejs", "npm"])
            .with_context(|| format!("the console is not built, {NEED_NPM}"))?;
    }
    let lock = console.join("package-lock.json");
    let lock = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let wanted = hex(Sha256::new_with_prefix(lock));
    let installed = console.join("node_modules/.installed");
    if fs::read_to_string(&installed).is_ok_and(|then| then == wanted) {
        return Ok(());
    }
    println!("console: installing what builds it (npm ci)");
    run(console, "npm", &["ci", "--no-audit", "--no-fund", "--silent"], INSTALL)?;
    fs::write(&installed, wanted).with_context(|| format!("cannot write {}", installed.display()))
}

fn run(console: &Path, program: &str, words: &[&str], patience: Duration) -> Result<()> {
    debian::wait_for(Command::new(program).args(words).current_dir(console), patience)
}

/// How sources and page stand; none if there is no page.
fn now(sources: &str, page: &Path) -> Option<String> {
    let page = hex(Sha256::new_with_prefix(fs::read(page).ok()?));
    Some(format!("sources {sources}\npage {page}\n"))
}

/// A hash of every source, with its name.
fn sources(console: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    add(&mut hash, console)?;
    Ok(hex(hash))
}

fn add(hash: &mut Sha256, folder: &Path) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut paths: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if NO_SOURCES.contains(&name.as_str()) {
            continue;
        }
        hash.update(name.len().to_le_bytes());
        hash.update(&name);
        if path.is_dir() {
            add(hash, &path)?;
        } else {
            let content = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            hash.update(content.len().to_le_bytes());
            hash.update(content);
        }
    }
    Ok(())
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_source_makes_the_console_anew() {
        let console = std::env::temp_dir().join(format!("xtask-console-{}", std::process::id()));
        for folder in ["src/api", "dist", "node_modules", "e2e"] {
            fs::create_dir_all(console.join(folder)).unwrap();
        }
        let write = |file: &str, text: &str| fs::write(console.join(file), text).unwrap();
        write("src/main.tsx", "one");
        let before = sources(&console).unwrap();
        for made in ["dist/index.html", "node_modules/a.js", "e2e/create.ts", "src/api/schema.ts"] {
            write(made, "new");
            assert_eq!(sources(&console).unwrap(), before, "{made}");
        }
        for source in ["src/main.tsx", "src/api/keys.ts", "package.json", ".npmrc"] {
            let before = sources(&console).unwrap();
            write(source, "new");
            assert_ne!(sources(&console).unwrap(), before, "{source}");
        }
        fs::remove_dir_all(&console).unwrap();
    }
}
