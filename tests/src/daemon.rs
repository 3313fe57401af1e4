//! A daemon for one test: the release binary in a directory of its own.
//!
//! ```text
//!  <dir>/wharfinger.toml     written by the builder, or by the test
//!  <dir>/templates/*.toml
//!  <dir>/plugins/*.wasm      copied from the workspace's config/plugins
//!  <dir>/data/               the daemon's; kept over kill9() and start()
//!  <dir>/tmp/                its TMPDIR, by which its children are known
//!  <dir>/stdout.log, stderr.log
//! ```
//!
//! # Contract with the binary
//! `wharfinger serve --config FILE` prints `wharfinger listening on http://127.0.0.1:PORT`
//! on stdout when it is bound, and answers 200 on `/readyz` when it is of use.
//!
//! # Guarantees
//! When the handle is dropped the daemon and everything it left running are killed and the
//! directory is gone; when the test is failing then, the daemon's log is printed first.

mod answer;
mod builder;
mod frames;
mod leftovers;
mod waits;

pub use answer::Answer;
pub use builder::Builder;
pub use frames::{Frame, Frames};
pub use leftovers::Process;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::bin_path;

/// Compiling plugins on a busy machine is the slowest thing a start does.
const START_DEADLINE: Duration = Duration::from_secs(90);
/// Longer than any drain a test configures.
const STOP_DEADLINE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);
const LISTENING: &str = "wharfinger listening on ";

/// A daemon under test. All of its methods panic, with the log, when they cannot go on.
#[derive(Debug)]
pub struct TestDaemon {
    dir: TempDir,
    /// `None` = the release binary, looked for when it is started.
    program: Option<PathBuf>,
    environment: Vec<(String, String)>,
    http: reqwest::Client,
    child: Option<Child>,
    base: String,
    /// What earlier starts wrote to stdout.
    printed_before: usize,
}

impl TestDaemon {
    /// Sets up a daemon; nothing is configured but the server and the templates folder.
    pub fn builder() -> Builder {
        Builder::default()
    }

    fn new(dir: TempDir, program: Option<PathBuf>, environment: Vec<(String, String)>) -> Self {
        // The environment's proxies are for the outside world, never for loopback.
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(120))
            .build()
            .expect("a client without TLS settings can be built");
        Self { dir, program, environment, http, child: None, base: String::new(), printed_before: 0 }
    }

    /// Starts it, again on the same directory when it had run before, and waits until it is ready.
    /// Its port is another one then.
    pub async fn start(&mut self) {
        self.launch();
        self.until_ready().await;
    }

    /// Starts it, and waits for nothing.
    pub fn launch(&mut self) {
        assert!(self.child.is_none(), "the daemon is running already");
        self.printed_before = self.stdout().len();
        self.spawn();
    }

    /// Waits until the daemon that was launched is ready.
    pub async fn until_ready(&mut self) {
        let deadline = Instant::now() + START_DEADLINE;
        loop {
            let stdout = self.stdout();
            let mut printed = stdout[self.printed_before..].split_inclusive('\n');
            // A line without its end is still being written.
            if let Some(url) =
                printed.find_map(|line| line.strip_prefix(LISTENING).filter(|url| url.ends_with('\n')))
            {
                self.base = url.trim().to_owned();
                break;
            }
            self.pause_in_start(deadline, "print where it listens").await;
        }
        loop {
            let ready = self.http.get(self.url("/readyz")).timeout(Duration::from_secs(5)).send().await;
            if ready.is_ok_and(|response| response.status() == StatusCode::OK) {
                return;
            }
            self.pause_in_start(deadline, "become ready").await;
        }
    }

    /// Starts it although it should refuse to run, and returns how it ended.
    pub async fn start_and_expect_exit(&mut self) -> ExitStatus {
        assert!(self.child.is_none(), "the daemon is running already");
        self.spawn();
        self.wait_for_exit(START_DEADLINE).await
    }

    /// Runs another subcommand on this directory's configuration to its end, such as `check-config`.
    pub fn run(&self, subcommand: &str) -> Output {
        let mut command = self.command();
        match subcommand {
            "serve" => panic!("serve does not end: use start"),
            _ => command.arg(subcommand).arg("--config").arg(self.config_path()),
        };
        command.output().unwrap_or_else(|error| panic!("cannot run wharfinger {subcommand}: {error}"))
    }

    /// Runs a subcommand on this directory's database to its end, such as `fsck`, with these arguments.
    pub fn run_on_data(&self, subcommand: &str, arguments: &[&OsStr]) -> Output {
        let mut command = self.command();
        command.arg(subcommand).arg("--config").arg(self.config_path()).args(arguments);
        command.output().unwrap_or_else(|error| panic!("cannot run wharfinger {subcommand}: {error}"))
    }

    /// The running daemon's process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(self.child.as_ref().expect("the daemon is running"))
    }

    /// Kills it at once, as a crash or the kernel would. What it started lives on.
    pub fn kill9(&mut self) {
        let mut child = self.child.take().expect("the daemon is running");
        child.kill().expect("a running child can be killed");
        child.wait().expect("a killed child can be waited for");
    }

    /// Asks it to stop (SIGTERM) and returns how it ended.
    pub async fn terminate(&mut self) -> ExitStatus {
        kill_process(self.pid(), Signal::TERM).expect("a running child can be signalled");
        self.wait_for_exit(STOP_DEADLINE).await
    }

    /// True while its process runs.
    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// The address of `path` at this daemon.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A request the test finishes itself, for its headers or odd bodies; see [`TestDaemon::send`].
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.http.request(method, self.url(path))
    }

    /// Sends a request and reads its whole answer.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        match request.send().await {
            Ok(response) => Answer::read(response).await,
            Err(error) => panic!("the daemon did not answer: {error:?}\n{}", self.log()),
        }
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// `POST path` with a JSON body.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// `POST path` without a body.
    pub async fn post_empty(&self, path: &str) -> Answer {
        self.send(self.request(Method::POST, path)).await
    }

    /// `DELETE path`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Opens a stream of server-sent events.
    pub async fn stream(&self, path: &str) -> Frames {
        Frames::of(self.request(Method::GET, path)).await
    }

    /// Opens one as a browser does that has seen this event last.
    pub async fn stream_after(&self, path: &str, last: u64) -> Frames {
        Frames::of(self.request(Method::GET, path).header("last-event-id", last)).await
    }

    /// Creates an instance and waits as long as the configured `default_wait`; the instance as it is then.
    pub async fn create(&self, name: &str, template: &str) -> Value {
        self.post("/mcp/instances", &json!({"name": name, "template": template})).await.expect(201)
    }

    /// Whether its directory outlives this handle, for somebody to look at.
    pub fn keep(&mut self, keep: bool) {
        self.dir.disable_cleanup(keep);
    }

    /// Whether this text is in the database. The daemon must not run: what it holds is not in the file yet.
    pub fn has_stored(&self, text: &str) -> bool {
        assert!(self.child.is_none(), "the daemon runs");
        let file = fs::read(self.dir().join("data/wharfinger.redb")).expect("the daemon has started before");
        file.windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// Every file of plugins' machine code, and which file it is: one that is made anew is another.
    pub fn machine_code(&self) -> BTreeMap<PathBuf, u64> {
        let entries = fs::read_dir(self.dir().join("data/plugins")).expect("the daemon has started before");
        let files = entries.map(|entry| entry.expect("a folder can be read").path());
        let code = files.filter(|path| path.extension().is_some_and(|extension| extension == "cwasm"));
        code.map(|path| (path.clone(), fs::metadata(&path).expect("it was listed").ino())).collect()
    }

    /// Its directory.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The configuration file.
    pub fn config_path(&self) -> PathBuf {
        self.dir().join("wharfinger.toml")
    }

    /// The configuration as it is written now.
    pub fn config(&self) -> String {
        fs::read_to_string(self.config_path()).expect("the configuration was written")
    }

    /// Replaces the configuration.
    pub fn write_config(&self, text: &str) {
        self.write_file("wharfinger.toml", text);
    }

    /// Writes or replaces a template; its name is the file's.
    pub fn write_template(&self, name: &str, text: &str) {
        self.write_file(&format!("templates/{name}.toml"), text);
    }

    /// Writes a file below the directory. It appears whole, as a careful editor would have it.
    pub fn write_file(&self, path: &str, content: impl AsRef<[u8]>) {
        write_whole(&self.dir().join(path), content.as_ref());
    }

    /// Everything it has written to stderr, earlier starts included.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir().join("stderr.log")).unwrap_or_default()
    }

    /// Everything it has written to stdout, earlier starts included.
    pub fn stdout(&self) -> String {
        fs::read_to_string(self.dir().join("stdout.log")).unwrap_or_default()
    }

    /// What it started that still runs, supervisors and workloads, whether or not it runs itself.
    pub fn processes(&self) -> Vec<Process> {
        let own = self.child.as_ref().map(Child::id);
        let all = leftovers::of(self.dir());
        all.into_iter().filter(|process| Some(process.pid) != own).collect()
    }

    /// Pids of the demo servers that carry this instance's mark.
    pub fn servers(&self, id: &str) -> Vec<u32> {
        let runs_it = |process: &Process| {
            process.command.first().is_some_and(|program| program.ends_with("demo-server"))
        };
        let marked = |process: &Process| {
            process.environment.iter().any(|(key, value)| key == "WHARFINGER_INSTANCE" && value == id)
        };
        let found = self.processes().into_iter().filter(|process| runs_it(process) && marked(process));
        found.map(|process| process.pid).collect()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(self.program.clone().unwrap_or_else(bin_path::wharfinger));
        command.current_dir(self.dir()).env("TMPDIR", self.dir().join("tmp")).stdin(Stdio::null());
        for (key, _) in std::env::vars_os() {
            if key.to_string_lossy().starts_with("WHARFINGER_") {
                command.env_remove(key);
            }
        }
        command.envs(self.environment.iter().map(|(key, value)| (key, value)));
        command
    }

    fn spawn(&mut self) {
        let mut command = self.command();
        command.arg("serve").arg("--config").arg(self.config_path());
        command.stdout(self.append("stdout.log")).stderr(self.append("stderr.log"));
        let child = command.spawn().unwrap_or_else(|error| panic!("cannot start wharfinger: {error}"));
        self.child = Some(child);
    }

    fn append(&self, name: &str) -> File {
        let path = self.dir().join(name);
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(&path)
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()))
    }

    async fn pause_in_start(&mut self, deadline: Instant, goal: &str) {
        let child = self.child.as_mut().expect("it was just spawned");
        if let Ok(Some(status)) = child.try_wait() {
            self.child = None;
            panic!("the daemon ended ({status}) before it could {goal}\n{}", self.log());
        }
        assert!(
            Instant::now() < deadline,
            "the daemon did not {goal} within {START_DEADLINE:?}\n{}",
            self.log()
        );
        tokio::time::sleep(POLL).await;
    }

    async fn wait_for_exit(&mut self, patience: Duration) -> ExitStatus {
        let deadline = Instant::now() + patience;
        loop {
            let child = self.child.as_mut().expect("the daemon was running");
            if let Some(status) = child.try_wait().expect("an own child can be waited for") {
                self.child = None;
                return status;
            }
            assert!(Instant::now() < deadline, "the daemon did not end within {patience:?}\n{}", self.log());
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for TestDaemon {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // Both fail only when it has ended already.
            let _ = child.kill();
            let _ = child.wait();
        }
        leftovers::kill(self.dir());
        if std::thread::panicking() {
            print_log(&self.stdout(), &self.log());
        }
    }
}

/// Writes beside the file and renames, so that a watcher never sees half of it.
fn write_whole(path: &Path, content: &[u8]) {
    let folder = path.parent().expect("a file lies in a folder");
    let complain = |error: std::io::Error| -> ! { panic!("cannot write {}: {error}", path.display()) };
    fs::create_dir_all(folder).unwrap_or_else(|error| complain(error));
    let mut file = tempfile::NamedTempFile::new_in(folder).unwrap_or_else(|error| complain(error));
    std::io::Write::write_all(&mut file, content).unwrap_or_else(|error| complain(error));
    file.persist(path).unwrap_or_else(|error| complain(error.error));
}

#[expect(clippy::print_stderr, reason = "a failing test shows what the daemon said")]
fn print_log(stdout: &str, stderr: &str) {
    eprintln!("--- the daemon's stdout\n{stdout}--- the daemon's stderr\n{stderr}---");
}
