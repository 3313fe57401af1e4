//! Opening files whose paths the configuration names: regular ones, and nothing else.
//!
//! Opening a pipe waits until somebody writes, reading a device may never end, and opening some does
//! something to them. What is there is looked at first, by whatever links lead to it.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens `path` for reading. Never waits.
pub(super) fn open(path: &Path) -> io::Result<File> {
    check(&fs::metadata(path)?)?;
    open_at_once(path)
}

/// The same of something that took its place since.
fn open_at_once(path: &Path) -> io::Result<File> {
    let file =
        OpenOptions::new().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path)?;
    check(&file.metadata()?)?;
    Ok(file)
}

fn check(metadata: &Metadata) -> io::Result<()> {
    if metadata.is_file() {
        return Ok(());
    }
    let message = "it is a folder, a pipe, a socket or a device, and only regular files are read";
    Err(io::Error::new(io::ErrorKind::InvalidInput, message))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::fs::symlink;
    use std::sync::mpsc::sync_channel;
    use std::thread;
    use std::time::Duration;

    use rustix::fs::{CWD, Mode, mkfifoat};

    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    #[test]
    fn a_file_is_read_also_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "text").unwrap();
        symlink("file", &link).unwrap();
        for path in [file, link] {
            let mut text = String::new();
            open(&path).unwrap().read_to_string(&mut text).unwrap();
            assert_eq!(text, "text");
        }
    }

    #[test]
    fn what_is_no_file_is_refused_without_waiting_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, link) = (folder.path().join("pipe"), folder.path().join("link"));
        mkfifoat(CWD, &pipe, Mode::RUSR | Mode::WUSR).unwrap();
        symlink("pipe", &link).unwrap();
        for path in [pipe, link, folder.path().to_owned(), "/dev/zero".into()] {
            for opened in [open, open_at_once] {
                let (sender, receiver) = sync_channel(1);
                let asked = path.clone();
                // On a thread that may be left behind: who waits for a writer waits for ever.
                thread::spawn(move || sender.send(opened(&asked)));
                let refusal = receiver.recv_timeout(SOON).expect("nothing is waited for").unwrap_err();
                assert!(refusal.to_string().contains("only regular files are read"), "{path:?}: {refusal}");
            }
        }
    }
}
