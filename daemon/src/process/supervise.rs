//! The supervisor: a process of its own that looks after one child and outlives the daemon.
//!
//! It is executed by the daemon and by nobody else: its order stands in memory behind standard
//! input, and standard output is the lock of the child's folder, held by the daemon and handed
//! over. It writes down who it is, starts the child in a group of its own, copies its output
//! into bounded files, adopts and reaps whatever the child leaves behind, and writes down the
//! exit code. It ends with its last descendant.

use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process_group};

use super::folder::{Folder, Lock};
use super::order::Order;
use super::output::{Lines, OutputWriter};
use super::record::{Record, Stage};
use super::table::{self, Identity};
use crate::runtime::{Clock as _, SystemClock};

/// What the child wrote last shall be readable before its end is known, if it can be had so soon.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Without descendants nobody should hold the pipes; somebody got them by other ways.
const PIPES_GRACE: Duration = Duration::from_secs(5);

/// The body of the hidden subcommand `supervise`: looks after one child, and outlives the
/// daemon. `folder` is the child's. Needs no runtime.
pub fn supervise(folder: &Path) -> ExitCode {
    match run(&Folder::at(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Standard error is a file in the folder; there is nobody else to tell.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(folder: &Folder) -> io::Result<()> {
    // Above the standard descriptors and closed on execution, so that no child inherits it.
    let descriptor = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdout(), 3)?;
    let lock = Lock::inherited(descriptor, folder)?
        .ok_or_else(|| io::Error::other("only the daemon starts supervisors"))?;
    let order = Order::read(io::stdin())?;
    // Nothing keeps the order in memory but this process, and only for a moment.
    rustix::stdio::dup2_stdin(File::open("/dev/null")?)?;
    rustix::process::setsid()?;
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    let supervisor = identity(rustix::process::getpid())?;
    let mut record = order.record.clone();
    record.stage = Stage::Starting { supervisor: Some(supervisor) };
    folder.write_record(&record)?;

    let output = Arc::new(Mutex::new(OutputWriter::new(folder.path(), order.max_output)));
    // A folder that was removed meanwhile has a new lock, and maybe a new supervisor.
    if !lock.is_of(folder)? {
        return Err(io::Error::other("the folder is gone"));
    }
    let child = match command(&order).spawn() {
        Ok(child) => child,
        Err(error) => {
            let reason = format!("{} cannot be executed: {error}", order.program.display());
            note(&output, &reason);
            record.stage = Stage::Refused { reason, permanent: is_permanent(&error) };
            return folder.write_record(&record);
        }
    };
    // Secrets are not kept longer than they are needed.
    drop(order);
    let leader = Pid::from_child(&child);
    attend(folder, record, supervisor, child, &output).inspect_err(|_| {
        // A child nobody knows of or listens to must not be.
        let _ = kill_process_group(leader, Signal::KILL);
    })
}

/// From the child's start to the end of its last descendant.
fn attend(
    folder: &Folder,
    mut record: Record,
    supervisor: Identity,
    mut child: Child,
    output: &Arc<Mutex<OutputWriter>>,
) -> io::Result<()> {
    let leader = Pid::from_child(&child);
    note(output, &format!("started as process {}", leader.as_raw_pid()));
    let (finished, readers) = sync_channel(2);
    if let Some(stdout) = child.stdout.take() {
        copy("stdout", stdout, Arc::clone(output), finished.clone())?;
    }
    if let Some(stderr) = child.stderr.take() {
        copy("stderr", stderr, Arc::clone(output), finished)?;
    }
    record.stage = Stage::Started { supervisor, leader: identity(leader)? };
    folder.write_record(&record)?;

    let readers = Readers(readers);
    while let Some((pid, status)) = reap()? {
        if pid == leader {
            readers.wait(LAST_WORDS);
            end(folder, &mut record, output, status);
        }
    }
    readers.wait(PIPES_GRACE);
    Ok(())
}

fn command(order: &Order) -> Command {
    let mut command = Command::new(&order.program);
    let (word, arguments) = order.command.split_first().map_or(("", &[][..]), |(word, rest)| (word, rest));
    command
        .arg0(word)
        .args(arguments)
        .env_clear()
        .envs(&order.environment)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    command
}

/// A process that was not reaped yet always has its line in the table.
fn identity(pid: Pid) -> io::Result<Identity> {
    table::process(pid.as_raw_pid())?
        .map(|process| process.identity)
        .ok_or_else(|| io::Error::other("a process is missing in the process table"))
}

/// Whether trying again cannot help.
fn is_permanent(error: &io::Error) -> bool {
    const PERMANENT: [Errno; 8] = [
        Errno::NOENT,
        Errno::ACCESS,
        Errno::NOEXEC,
        Errno::TOOBIG,
        Errno::NOTDIR,
        Errno::ISDIR,
        Errno::LOOP,
        Errno::INVAL,
    ];
    Errno::from_io_error(error).is_some_and(|errno| PERMANENT.contains(&errno))
}

/// The next descendant that ended; none when there is none left.
fn reap() -> io::Result<Option<(Pid, WaitStatus)>> {
    loop {
        match rustix::process::wait(WaitOptions::empty()) {
            Ok(Some(ended)) => return Ok(Some(ended)),
            Ok(None) | Err(Errno::INTR) => {}
            Err(Errno::CHILD) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
    }
}

fn end(folder: &Folder, record: &mut Record, output: &Mutex<OutputWriter>, status: WaitStatus) {
    let signal = status.terminating_signal();
    let exit_code = status.exit_status().or_else(|| signal.map(|signal| 128 + signal));
    note(
        output,
        &match (signal, exit_code) {
            (Some(signal), _) => format!("ended by signal {signal}"),
            (None, Some(code)) => format!("ended with exit code {code}"),
            (None, None) => "ended".to_owned(),
        },
    );
    if let Stage::Started { supervisor, leader } = record.stage {
        record.stage = Stage::Ended { supervisor, leader, exit_code };
        if let Err(error) = folder.write_record(record) {
            // Everybody sees that it ended; only how is lost.
            let _ = writeln!(io::stderr(), "the exit code cannot be written: {error}");
        }
    }
}

/// Writes a line of the supervisor's own.
fn note(output: &Mutex<OutputWriter>, text: &str) {
    let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
    output.write(SystemClock.now(), "supervisor", text);
    output.flush();
}

/// Copies a pipe into the output until everybody who could write to it is gone.
fn copy(
    source: &'static str,
    mut pipe: impl Read + Send + 'static,
    output: Arc<Mutex<OutputWriter>>,
    finished: SyncSender<()>,
) -> io::Result<()> {
    let work = move || {
        let mut lines = Lines::default();
        let mut chunk = vec![0; 64 << 10];
        loop {
            let read = match pipe.read(&mut chunk) {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(_) => 0,
            };
            let now = SystemClock.now();
            let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
            let mut write = |text: &str| output.write(now, source, text);
            if read == 0 {
                lines.finish(&mut write);
            } else {
                lines.push(&chunk[..read], &mut write);
            }
            output.flush();
            if read == 0 {
                break;
            }
        }
        let _ = finished.send(());
    };
    thread::Builder::new().name(source.to_owned()).spawn(work).map(drop)
}

/// Says when both pipes are read to their end: then no sender is left.
struct Readers(Receiver<()>);

impl Readers {
    fn wait(&self, longest: Duration) {
        let deadline = Instant::now() + longest;
        while self.0.recv_timeout(deadline.saturating_duration_since(Instant::now())).is_ok() {}
    }
}
