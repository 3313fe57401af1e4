//! Where the database's bytes are, and how the library is given them.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Builder, Database, DatabaseError, StorageError};

use super::overlay::Overlay;

/// Can be opened again and again: a database that met a failing disk is of no more use.
pub(super) trait Medium: Send + Sync {
    /// To read and write. An empty medium becomes an empty database.
    fn open(&self, library: &Builder) -> Result<Database, DatabaseError>;

    /// To read. What the library writes, as it does when it repairs, is forgotten.
    fn view(&self, library: &Builder) -> Result<Database, DatabaseError>;
}

/// A file, which is there.
pub(super) struct FileMedium(PathBuf);

impl FileMedium {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    fn file(&self, options: &mut OpenOptions) -> Result<File, DatabaseError> {
        options.read(true).open(&self.0).map_err(|error| StorageError::Io(error).into())
    }
}

impl Medium for FileMedium {
    fn open(&self, library: &Builder) -> Result<Database, DatabaseError> {
        let file = self.file(OpenOptions::new().write(true))?;
        library.create_with_backend(FileBackend::new(file)?)
    }

    fn view(&self, library: &Builder) -> Result<Database, DatabaseError> {
        let file = self.file(&mut OpenOptions::new())?;
        let sheet = Overlay::new(FileBackend::new(file)?).map_err(StorageError::Io)?;
        library.create_with_backend(sheet)
    }
}
