//! Answers.

use std::fs::{self, Permissions};
use std::future::Future;
use std::io::{Error, ErrorKind};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

use super::socket;
use super::wire::{Answer, Question};
use crate::lifecycle::Lifecycle;
use crate::runtime::{ErrorChain, Shutdown, Tasks};

/// A question is a path and a few words.
const MAX_QUESTION: u64 = 16 << 10;
/// A question must have arrived within this, and an answer been taken.
const PATIENCE: Duration = Duration::from_secs(5);
/// While a copy is made, what it copies cannot be used again, and the file grows.
const LONGEST_BACKUP: Duration = Duration::from_secs(15 * 60);

/// The socket, as long as this lives.
#[derive(Debug)]
pub struct Control {
    path: PathBuf,
}

impl Control {
    /// Makes the socket and answers until `shutdown`. The data directory is this daemon's alone: a
    /// socket that is there is a dead one's.
    pub fn start(
        data_dir: &Path,
        lifecycle: Lifecycle,
        tasks: &Tasks,
        shutdown: Shutdown,
    ) -> Result<Self, Error> {
        let path = socket(data_dir);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        let control = Self { path };
        fs::set_permissions(&control.path, Permissions::from_mode(0o600))?;
        tasks.spawn("control", answer_all(listener, lifecycle, shutdown));
        Ok(control)
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // What stays is replaced by the next start.
        let _ = fs::remove_file(&self.path);
    }
}

async fn answer_all(listener: UnixListener, lifecycle: Lifecycle, shutdown: Shutdown) {
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let answered = match accepted {
            Ok((stream, _)) => answer(stream, &lifecycle, &shutdown).await,
            Err(error) => {
                // Mostly too many open files: they are closed in time.
                tokio::time::sleep(PATIENCE).await;
                Err(error)
            }
        };
        if let Err(error) = answered {
            tracing::warn!(error = %ErrorChain(&error), "a question on the control socket was not answered");
        }
    }
}

async fn answer(mut stream: UnixStream, lifecycle: &Lifecycle, shutdown: &Shutdown) -> Result<(), Error> {
    let (reader, mut writer) = stream.split();
    let mut reader = BufReader::new(reader.take(MAX_QUESTION));
    let mut line = String::new();
    timeout(PATIENCE, reader.read_line(&mut line)).await??;
    let answer = match serde_json::from_str(&line) {
        Ok(Question::Backup { to, replace }) => {
            let gone = async {
                // Nothing more is said: this is the end of the connection.
                let _ = reader.read_u8().await;
            };
            backup(lifecycle, to, replace, shutdown.child_token(), gone).await
        }
        Err(error) => Answer::Refused(format!("this is no question: {error}")),
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    timeout(PATIENCE, writer.write_all(&line)).await?
}

async fn backup(
    lifecycle: &Lifecycle,
    to: PathBuf,
    replace: bool,
    stop: Shutdown,
    gone: impl Future<Output = ()>,
) -> Answer {
    let copy = lifecycle.backup(to.clone(), replace, stop.clone());
    tokio::pin!(copy);
    let copied = tokio::select! {
        copied = &mut copy => copied,
        () = async { tokio::select! { () = gone => {}, () = tokio::time::sleep(LONGEST_BACKUP) => {} } } => {
            stop.cancel();
            copy.await
        }
    };
    match copied {
        Ok(backup) => {
            let (records, bytes) = (backup.records, backup.bytes);
            tracing::info!(to = %to.display(), records, bytes, "a backup was made");
            Answer::Backup { records, bytes }
        }
        Err(error) => {
            let why = ErrorChain(&error).to_string();
            tracing::warn!(to = %to.display(), error = why, "no backup was made");
            Answer::Refused(why)
        }
    }
}
