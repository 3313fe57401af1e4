//! The handle.

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::end::End;
use super::folder::Folder;
use super::standing::{Standing, look};
use super::start::{Begin, Starter};
use super::{Child, Error, Options, OutputPage, Signal, SpawnRequest, marks, output, table};
use crate::domain::{OwnerId, Target};

/// A start is decided within this, or its outcome is unknown.
const START_WAIT: Duration = Duration::from_secs(10);

/// A supervisor writes down how its child ended within this, or nobody will. One that is still
/// there later waits for processes the child left behind.
const END_WAIT: Duration = Duration::from_secs(2);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Starts, finds and ends local children. Cheap to clone.
#[derive(Clone)]
pub struct Processes(Arc<Inner>);

struct Inner {
    options: Options,
    boot: String,
    starter: Starter,
}

impl Processes {
    /// Makes the folder if need be; readable for this user alone.
    pub fn new(mut options: Options) -> Result<Self, Error> {
        let failed = |path: &PathBuf| {
            let path = path.clone();
            move |source| Error::Io { path, source }
        };
        Folder::at(&options.dir).create().map_err(failed(&options.dir))?;
        // Supervisors get whole paths, whatever folder they work in.
        options.dir = options.dir.canonicalize().map_err(failed(&options.dir))?;
        let boot = table::boot_id().map_err(failed(&PathBuf::from("/proc")))?;
        Ok(Self(Arc::new(Inner { options, boot, starter: Starter::default() })))
    }

    /// Starts the child, or answers with the one that runs under this name with these marks.
    ///
    /// A child that ended at once was started all the same: the answer says that it does not
    /// run. One that runs under this name with other marks, or processes an ended one left
    /// behind, refuse the start.
    pub async fn spawn(&self, request: SpawnRequest) -> Result<Child, Error> {
        let request = Arc::new(request);
        let target = &request.target;
        let name = || target.name.clone();
        let start = Instant::now();
        let mut begun = false;
        let mut absent = false;
        loop {
            match self.look(target).await? {
                Standing::Running(child) if marks::same(&child.target, target) => return Ok(child),
                Standing::Running(child) => {
                    let (incarnation, instance) = (child.target.incarnation, child.target.instance);
                    let holder = format!("attempt {incarnation} of instance {instance} runs under this name");
                    return Err(Error::Occupied { name: name(), holder });
                }
                Standing::Ending(child) | Standing::Ended(child) if begun => return Ok(child),
                Standing::Refused { reason, permanent: true } if begun => {
                    return Err(Error::Invalid { name: name(), reason });
                }
                Standing::Refused { reason, .. } if begun => {
                    return Err(Error::NotStarted { name: name(), reason });
                }
                // A process between its execution and its environment would show neither lock
                // nor marks: what is absent is looked at twice.
                Standing::Absent if begun && absent => {
                    let reason = "its supervisor ended before it started anything".to_owned();
                    return Err(Error::NotStarted { name: name(), reason });
                }
                Standing::Absent if begun => absent = true,
                Standing::Absent | Standing::Ended(_) | Standing::Refused { .. } => {
                    begun = self.begin(Arc::clone(&request)).await? == Begin::Begun;
                    if !begun && start.elapsed() >= END_WAIT {
                        let holder = "the supervisor of an ended child waits for what it left behind".into();
                        return Err(Error::Occupied { name: name(), holder });
                    }
                }
                Standing::Starting | Standing::Ending(_) => {}
            }
            if start.elapsed() >= START_WAIT {
                return Err(Error::Undecided { name: name() });
            }
            sleep(PAUSE).await;
        }
    }

    /// The child of this name, dead or alive. One that was cleared away is none.
    pub async fn inspect(&self, target: &Target) -> Result<Option<Child>, Error> {
        let start = Instant::now();
        loop {
            match self.look(target).await? {
                Standing::Running(child) | Standing::Ended(child) => return Ok(Some(child)),
                Standing::Ending(child) if start.elapsed() >= END_WAIT => return Ok(Some(child)),
                Standing::Absent | Standing::Refused { .. } => return Ok(None),
                Standing::Starting if start.elapsed() >= START_WAIT => {
                    return Err(Error::Undecided { name: target.name.clone() });
                }
                Standing::Starting | Standing::Ending(_) => sleep(PAUSE).await,
            }
        }
    }

    /// Every child that carries this owner's mark, dead or alive, but for those cleared away.
    /// One that is only being started is not there yet.
    pub async fn children(&self, owner: OwnerId) -> Result<Vec<Child>, Error> {
        self.blocking(move |inner| {
            inner.children(owner).map_err(|source| Error::Io { path: inner.options.dir.clone(), source })
        })
        .await
    }

    /// Signals every process of the child, its group first, and waits at most `grace` for their
    /// end. True: none is left, none is about to be started, and only the output is kept.
    /// Processes that appear meanwhile are signalled too.
    pub async fn signal(&self, target: &Target, signal: Signal, grace: Duration) -> Result<bool, Error> {
        let deadline = Instant::now() + grace;
        let folder = Folder::of(&self.0.options.dir, &target.name);
        let mut end = End::new(folder, target.clone(), self.0.boot.clone(), signal);
        let mut pause = PAUSE;
        loop {
            let gone;
            (end, gone) = self
                .blocking(move |_| {
                    let gone = end.round()?;
                    Ok((end, gone))
                })
                .await?;
            if gone {
                return Ok(true);
            }
            if timeout_at(deadline, sleep(pause)).await.is_err() {
                return Ok(false);
            }
            // A child that takes its time is not asked a hundred times a second.
            pause = (pause * 2).min(PAUSE * 10);
        }
    }

    /// What the child wrote, also after its end. Without a cursor the newest `max_bytes`.
    pub async fn logs(
        &self,
        target: &Target,
        cursor: Option<String>,
        max_bytes: u32,
    ) -> Result<OutputPage, Error> {
        let name = target.name.clone();
        let position = cursor
            .map(|cursor| {
                cursor.parse().map_err(|_| Error::Cursor { cursor: cursor.chars().take(40).collect() })
            })
            .transpose()?;
        self.blocking(move |inner| {
            let folder = Folder::of(&inner.options.dir, &name);
            output::page(folder.path(), position, max_bytes).map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => Error::NotFound { name },
                _ => Error::Io { path: folder.path().to_path_buf(), source },
            })
        })
        .await
    }

    async fn look(&self, target: &Target) -> Result<Standing, Error> {
        let (name, owner) = (target.name.clone(), target.owner);
        self.blocking(move |inner| {
            let folder = Folder::of(&inner.options.dir, &name);
            look(&folder, &name, owner, &inner.boot, None)
                .map_err(|source| Error::Io { path: folder.path().to_path_buf(), source })
        })
        .await
    }

    async fn begin(&self, request: Arc<SpawnRequest>) -> Result<Begin, Error> {
        self.blocking(move |inner| inner.starter.begin(&inner.options, &inner.boot, &request)).await
    }

    /// Files and the process table are read on a blocking thread. Once begun the work is done,
    /// also when the caller goes away.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let inner = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&inner)).await.unwrap_or(Err(Error::Interrupted))
    }
}

impl Inner {
    fn children(&self, owner: OwnerId) -> io::Result<Vec<Child>> {
        let marked = table::marked(&table::living()?)?;
        let mut names: HashSet<_> =
            Folder::all(&self.options.dir)?.into_iter().map(|(name, _)| name).collect();
        // Those whose folder was lost.
        names.extend(marked.iter().map(|found| found.target.name.clone()));
        let mut children = Vec::new();
        for name in names {
            let folder = Folder::of(&self.options.dir, &name);
            if let Standing::Running(child) | Standing::Ending(child) | Standing::Ended(child) =
                look(&folder, &name, owner, &self.boot, Some(&marked))?
                && child.target.owner == owner
            {
                children.push(child);
            }
        }
        children.sort_by(|one, other| one.target.name.cmp(&other.target.name));
        Ok(children)
    }
}
