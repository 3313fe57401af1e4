//! The console: built by npm into `console/dist`, from where the daemon's build embeds it.
//!
//! ```text
//! sources and dist ── stamp equal? ── yes: nothing to do
//!    │ no
//!    └─> npm ci, if the lock changed ─> npm run build ─> stamp
//! ```

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;
use crate::{debian, digest, program, tree};

/// A mirror may be slow.
const INSTALL: Duration = Duration::from_secs(900);
/// A quiet machine needs 15 s.
const BUILD: Duration = Duration::from_secs(600);
/// Every browser test together.
const BROWSE: Duration = Duration::from_secs(1_800);
/// What the console is not built from: what npm and the build make, and the browser tests.
const NO_SOURCES: [&str; 4] = ["node_modules", "dist", "schema.ts", "e2e"];
const NEED_NODE: &str = "it needs Node.js (20.19 or a later 20, or 22.12 or newer) with its npm on the PATH";

/// Builds it, as far as its sources changed.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    build_with(workspace, get_node)
}

/// The same, for somebody who wants a daemon in any case: what keeps it from being built is said, and nothing
/// is installed on the machine for it.
pub(crate) fn build_if_possible(workspace: &Workspace) {
    let Err(error) = build_with(workspace, need_node) else { return };
    let what_now = if has_page(&workspace.path("console")) {
        "the daemon gets the one that console/dist has from before"
    } else {
        "the daemon does everything else, and says so on its page"
    };
    println!("console: NOT BUILT, {error:#}; {what_now}");
}

fn build_with(workspace: &Workspace, node: fn() -> Result<()>) -> Result<()> {
    let console = workspace.path("console");
    let (stamp, sources) = (workspace.path("target/console.stamp"), sources(&console)?);
    let then = fs::read_to_string(&stamp).ok();
    if then.is_some() && then == now(&console, &sources)? {
        return Ok(());
    }
    node()?;
    install(&console)?;
    println!("console: building");
    run(&console, "npm", &["run", "--silent", "build"], BUILD)?;
    let now = now(&console, &sources)?.context("the build of the console left no dist/index.html")?;
    fs::write(&stamp, now).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Types, style and logic of what was built.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let console = workspace.path("console");
    get_node()?;
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
    program::wait_for_group(&mut command, BROWSE)
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

/// The machine's Node.js, else Debian's.
fn get_node() -> Result<()> {
    if version("node").is_none() || version("npm").is_none() {
        debian::install("console", &["nodejs", "npm"])
            .with_context(|| format!("the console is not built, {NEED_NODE}"))?;
    }
    need_node()
}

/// An error says what the machine has instead.
fn need_node() -> Result<()> {
    let node = version("node").filter(|_| version("npm").is_some()).context(NEED_NODE)?;
    ensure!(is_new_enough(&node), "{NEED_NODE}, and this is {node}");
    Ok(())
}

fn version(program: &str) -> Option<String> {
    let answer = Command::new(program).arg("--version").output().ok()?;
    answer.status.success().then(|| String::from_utf8_lossy(&answer.stdout).trim().to_owned())
}

/// What Vite says it runs on: `^20.19.0 || >=22.12.0`.
fn is_new_enough(node: &str) -> bool {
    let mut numbers = node.trim_start_matches('v').split('.').map_while(|number| number.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    version >= (22, 12) || ((20, 19)..(21, 0)).contains(&version)
}

/// What the lock file names, once for each of its versions.
fn install(console: &Path) -> Result<()> {
    let lock = console.join("package-lock.json");
    let lock = fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    let wanted = digest::of(lock);
    let installed = console.join("node_modules/.installed");
    if fs::read_to_string(&installed).is_ok_and(|then| then == wanted) {
        return Ok(());
    }
    println!("console: installing what builds it (npm ci)");
    run(console, "npm", &["ci", "--no-audit", "--no-fund", "--silent"], INSTALL)
        .context("npm cannot install what builds it (does its registry answer?)")?;
    fs::write(&installed, wanted).with_context(|| format!("cannot write {}", installed.display()))
}

fn run(console: &Path, program: &str, words: &[&str], patience: Duration) -> Result<()> {
    program::wait_for(Command::new(program).args(words).current_dir(console), patience)
}

fn has_page(console: &Path) -> bool {
    console.join("dist/index.html").is_file()
}

/// How the sources stand, and every file that was made of them; none if there is no page.
fn now(console: &Path, sources: &str) -> Result<Option<String>> {
    if !has_page(console) {
        return Ok(None);
    }
    let dist = tree::hash([console.join("dist")], is_no_source)?;
    Ok(Some(format!("sources {sources}\ndist {dist}\n")))
}

/// A hash of every source, with its name.
fn sources(console: &Path) -> Result<String> {
    tree::hash([console], is_no_source)
}

fn is_no_source(name: &str) -> bool {
    NO_SOURCES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_vite_does_not_run_on_is_not_enough() {
        for enough in ["v20.19.0", "v20.20.2", "v22.12.0", "v24.1.0"] {
            assert!(is_new_enough(enough), "{enough}");
        }
        for too_old in ["v18.20.4", "v20.18.3", "v21.7.3", "v22.11.0", "", "node"] {
            assert!(!is_new_enough(too_old), "{too_old}");
        }
    }

    #[test]
    fn whatever_is_lost_from_the_built_console_is_noticed() {
        let console = std::env::temp_dir().join(format!("xtask-console-dist-{}", std::process::id()));
        let now = || now(&console, "sources").unwrap();
        fs::create_dir_all(console.join("dist/assets")).unwrap();
        assert_eq!(now(), None);
        for file in ["index.html", "assets/index.js", "assets/index.js.gz"] {
            let before = now();
            fs::write(console.join("dist").join(file), "one").unwrap();
            assert_ne!(now(), before, "{file}");
        }
        let before = now();
        fs::remove_file(console.join("dist/assets/index.js.gz")).unwrap();
        assert_ne!(now(), before);
        fs::remove_dir_all(&console).unwrap();
    }

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
