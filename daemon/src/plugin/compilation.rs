//! Turns a component into machine code, in a process of its own.
//!
//! ```text
//! daemon ── component ──> stdin │ wharfinger compile │ stdout ── machine code ──> daemon
//!                                 memory and CPU limited, no environment
//! ```
//!
//! The compiler is built for trusted input: hostile bytes may make it hang, eat memory or panic. In a
//! process of its own that costs a refusal. The process gets its limits by itself, before it reads. It ends
//! with its daemon, however that ended: nobody else would end it.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Resource, Rlimit, Signal, getpid, getrlimit, kill_process, setrlimit};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::timeout;
use wasmtime::Engine;

use super::engine;
use super::options::LoadingOptions;
use crate::domain::format_duration;
use crate::runtime::document::format_size;

/// Bytes that are read of what the process complains about.
const MAX_COMPLAINT: u64 = 16 << 10;
/// The process compiles with so many threads at most: what serves needs the rest.
const THREADS: &str = "4";
/// The component does not compile (sysexits.h `EX_DATAERR`).
const REFUSED: u8 = 65;

/// Why a component was not compiled.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum CompileError {
    /// Its bytes are no good.
    #[error("{0}")]
    Refused(String),
    /// It took too much.
    #[error("{0}")]
    Limit(String),
    /// Nothing is known about it.
    #[error("it could not be compiled now: {0}")]
    Unavailable(String),
}

impl CompileError {
    pub(super) fn lost(error: JoinError) -> Self {
        Self::Unavailable(error.to_string())
    }

    /// Whether it may compile another time.
    pub(super) const fn may_pass(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// How components are compiled.
pub(super) struct Compilation {
    program: Option<PathBuf>,
    memory: u64,
    time: Duration,
    small: bool,
}

impl Compilation {
    /// `small`: for an engine without a pool.
    pub(super) fn new(options: &LoadingOptions, small: bool) -> Self {
        let LoadingOptions { compiler, compile_memory, compile_time, .. } = options;
        Self { program: compiler.clone(), memory: *compile_memory, time: *compile_time, small }
    }

    /// Compiles `component` for `engine`.
    pub(super) async fn run(&self, engine: &Engine, component: Bytes) -> Result<Vec<u8>, CompileError> {
        let Some(program) = &self.program else {
            let engine = engine.clone();
            let compiled = spawn_blocking(move || engine.precompile_component(&component)).await;
            return compiled
                .map_err(CompileError::lost)?
                .map_err(|error| CompileError::Refused(format!("{error:#}")));
        };
        let mut command = Command::new(program);
        command
            .arg("compile")
            .args(["--memory", &self.memory.to_string()])
            // One more, which is rounding up: our own clock is the sharper limit.
            .args(["--seconds", &self.time.as_secs().saturating_add(1).to_string()])
            .env_clear()
            .env("RAYON_NUM_THREADS", THREADS)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        if self.small {
            command.arg("--small");
        }
        match timeout(self.time, self.ask(command, &component)).await {
            Ok(Ok((status, code, complaint))) => self.outcome(status, code, complaint),
            Ok(Err(error)) => Err(CompileError::Unavailable(error.to_string())),
            Err(_elapsed) => Err(self.too_much()),
        }
    }

    async fn ask(&self, mut command: Command, component: &[u8]) -> io::Result<(ExitStatus, Vec<u8>, String)> {
        let mut child = command.spawn()?;
        let closed = || io::Error::other("its pipes are closed");
        let mut stdin = child.stdin.take().ok_or_else(closed)?;
        let stdout = child.stdout.take().ok_or_else(closed)?;
        let stderr = child.stderr.take().ok_or_else(closed)?;
        let give = async {
            // A process that ended early has said why.
            let _ = stdin.write_all(component).await;
            drop(stdin);
        };
        let ((), code, complaint) =
            tokio::join!(give, read(stdout, self.memory), read(stderr, MAX_COMPLAINT));
        let status = child.wait().await?;
        Ok((status, code?, String::from_utf8_lossy(&complaint?).trim().to_owned()))
    }

    fn outcome(&self, status: ExitStatus, code: Vec<u8>, complaint: String) -> Result<Vec<u8>, CompileError> {
        match status.code() {
            Some(0) => Ok(code),
            // Where memory is short the compiler ends as it can: by a signal, a panic, or an error.
            Some(_) if complaint.contains("out of memory") => Err(self.too_much()),
            Some(exit) if exit == i32::from(REFUSED) => Err(CompileError::Refused(complaint)),
            // A panic of the compiler: the bytes' fault, as far as anybody can tell.
            Some(101) => Err(CompileError::Refused(format!("the compiler gave up: {complaint}"))),
            Some(_) => Err(CompileError::Unavailable(complaint)),
            // By a signal: out of time, or out of memory.
            None => Err(self.too_much()),
        }
    }

    fn too_much(&self) -> CompileError {
        CompileError::Limit(format!(
            "compiling it takes more than {} or {} of memory; if it is right that large, raise \
             plugins.compile_time or plugins.compile_memory",
            format_duration(self.time),
            format_size(self.memory),
        ))
    }
}

async fn read(from: impl AsyncRead + Unpin, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

/// What machine code must have been made for to run here.
pub(super) fn fingerprint(engine: &Engine) -> String {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The command `compile`: reads a component from standard input and writes its machine code to standard
/// output. `small`: for an engine that has little address space. Ends by a signal when it takes more
/// than `seconds`, also of CPU time on each of its threads, or `memory` bytes, and when nobody reads its
/// output any more.
pub fn compile(memory: u64, seconds: u64, small: bool) -> ExitCode {
    if let Err(error) = keep_watch(seconds) {
        return end(ExitCode::FAILURE, &format!("no thread can be started: {error}"));
    }
    let threads = THREADS.parse().unwrap_or(1);
    let limits = [
        (Resource::Core, 0),
        (Resource::As, memory),
        // A signal can be told from an error; the parent's clock is the sharper limit.
        (Resource::Cpu, seconds.saturating_mul(threads)),
    ];
    for (resource, most) in limits {
        if let Err(error) = lower(resource, most) {
            return end(ExitCode::FAILURE, &format!("the limits cannot be set: {error}"));
        }
    }
    let mut component = Vec::new();
    if let Err(error) = io::stdin().lock().read_to_end(&mut component) {
        return end(ExitCode::FAILURE, &format!("the component cannot be read: {error}"));
    }
    let engine = match engine::for_compiling(small) {
        Ok(engine) => engine,
        Err(error) => return end(ExitCode::FAILURE, &format!("{error:#}")),
    };
    match engine.precompile_component(&component) {
        Err(error) => end(ExitCode::from(REFUSED), &format!("{error:#}")),
        Ok(code) => match io::stdout().lock().write_all(&code) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => end(ExitCode::FAILURE, &error.to_string()),
        },
    }
}

/// Ends this process after so many seconds, or as soon as nobody is left to read its output: its daemon is
/// gone. The kernel's signal at a parent's death would come when the *thread* that started this process
/// ends, and never if that was over before it was asked for; a pipe knows neither fault.
fn keep_watch(seconds: u64) -> io::Result<()> {
    /// Bytes of its stack: it only waits.
    const STACK: usize = 64 << 10;
    let began = Instant::now();
    let watch = move || {
        while let Some(left) = Duration::from_secs(seconds).checked_sub(began.elapsed()) {
            let output = io::stdout();
            let wait = Timespec {
                tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
                tv_nsec: left.subsec_nanos().into(),
            };
            // Asked for nothing, it tells of nothing but that the other end is closed.
            match poll(&mut [PollFd::new(&output, PollFlags::empty())], Some(&wait)) {
                Err(rustix::io::Errno::INTR) => {}
                Ok(_) => break,
                // The time counts all the same.
                Err(_) => thread::sleep(left),
            }
        }
        // It cannot be held up, and the daemon tells it from an error. If it fails, nothing else helps.
        let _ = kill_process(getpid(), Signal::KILL);
    };
    thread::Builder::new().name("watch".to_owned()).stack_size(STACK).spawn(watch).map(drop)
}

/// Where a sharper limit was inherited, that one stays: it cannot be raised.
fn lower(resource: Resource, most: u64) -> rustix::io::Result<()> {
    let most = getrlimit(resource).maximum.map_or(most, |inherited| inherited.min(most));
    setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) })
}

fn end(code: ExitCode, why: &str) -> ExitCode {
    // The parent reads it; if it is gone, nobody does.
    let _ = io::stderr().lock().write_all(why.as_bytes());
    code
}
