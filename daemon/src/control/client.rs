//! Asks. Blocks: for the command line.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use super::socket;
use super::wire::{Answer, Question};
use crate::lifecycle::Backup;

/// Why there is no answer, or no good one.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is nobody, or it went away.
    #[error("the data directory is in use, and no daemon answers at {}: try again when nothing else works on it", path.display())]
    NoAnswer {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It said no.
    #[error("the daemon refuses: {0}")]
    Refused(String),
}

/// Has the daemon of `data_dir` copy its database into `to`, which is absolute.
pub fn backup(data_dir: &Path, to: &Path, replace: bool) -> Result<Backup, Error> {
    let path = socket(data_dir);
    match ask(&path, &Question::Backup { to: to.to_owned(), replace }) {
        Ok(Answer::Backup { records, bytes }) => Ok(Backup { records, bytes }),
        Ok(Answer::Refused(why)) => Err(Error::Refused(why)),
        Err(source) => Err(Error::NoAnswer { path, source }),
    }
}

fn ask(path: &Path, question: &Question) -> io::Result<Answer> {
    let mut stream = UnixStream::connect(path)?;
    let mut line = serde_json::to_vec(question)?;
    line.push(b'\n');
    stream.write_all(&line)?;
    // As long as it works the daemon keeps the connection; if it dies, this ends.
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer)?;
    if answer.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(serde_json::from_str(&answer)?)
}
