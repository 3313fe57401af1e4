//! A disk that keeps its bytes in memory, and does what disks do at their worst.

use std::fmt;
use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

use redb::{Builder, Database, DatabaseError, StorageBackend, StorageError};

use crate::store::medium::Medium;
use crate::store::overlay::Overlay;

/// A disk writes this much as a whole, mostly.
const SECTOR: usize = 512;

/// Cheap to clone: the same disk.
#[derive(Clone, Default)]
pub(super) struct Disk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// What a power cut leaves for sure.
    synced: Vec<u8>,
    /// What it may leave, in part.
    unsynced: Vec<Change>,
    /// What is read.
    bytes: Vec<u8>,
    /// Writes, cuts and syncs so far.
    operations: usize,
    fault: Option<Fault>,
    lies: bool,
}

enum Change {
    Written(usize, Vec<u8>),
    Length(usize),
}

/// What goes wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    /// From this operation on.
    pub(super) at: usize,
    pub(super) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// One operation fails.
    Once(ErrorKind),
    /// Whatever changes something fails, until the disk is mended.
    Writes(ErrorKind),
    /// Nothing answers any more.
    PowerCut,
}

impl Disk {
    fn holding(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(State { synced: bytes.clone(), bytes, ..State::default() })))
    }

    /// The disk as a power cut leaves it: what was synced, and of what was not some, in parts.
    pub(super) fn after_power_cut(&self, random: &mut fastrand::Rng) -> Self {
        let state = self.state();
        let mut bytes = state.synced.clone();
        for change in &state.unsynced {
            match change {
                Change::Length(length) => {
                    if random.bool() {
                        bytes.resize(*length, 0);
                    }
                }
                Change::Written(offset, data) => {
                    let fate = random.u8(..3);
                    for (nth, sector) in data.chunks(SECTOR).enumerate() {
                        let kept = match fate {
                            0 => 0,
                            1 => sector.len(),
                            // Torn: any sector may be there or not, or in part.
                            _ => match random.u8(..3) {
                                0 => 0,
                                1 => sector.len(),
                                _ => random.usize(..sector.len()),
                            },
                        };
                        let start = (offset + nth * SECTOR).min(bytes.len());
                        // Past the end there is no file.
                        let end = (start + kept).min(bytes.len());
                        bytes[start..end].copy_from_slice(&sector[..end - start]);
                    }
                }
            }
        }
        Self::holding(bytes)
    }

    /// The disk as it is now, without its faults.
    pub(super) fn copy(&self) -> Self {
        Self::holding(self.state().bytes.clone())
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    pub(super) fn operations(&self) -> usize {
        self.state().operations
    }

    pub(super) fn fail(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    /// Whether the fault has struck.
    pub(super) fn struck(&self) -> bool {
        let state = self.state();
        state.fault.is_some_and(|fault| state.operations > fault.at)
    }

    pub(super) fn mend(&self) {
        self.state().fault = None;
    }

    /// From now on it says that it has synced, and has not.
    pub(super) fn lie(&self) {
        self.state().lies = true;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn change(&self, change: impl FnOnce(&mut State)) -> Result<(), Error> {
        let mut state = self.state();
        let number = state.operations;
        state.operations += 1;
        match state.fault {
            Some(Fault { at, what: What::Once(kind) }) if at == number => return Err(kind.into()),
            Some(Fault { at, what: What::Writes(kind) }) if at <= number => return Err(kind.into()),
            Some(Fault { at, what: What::PowerCut }) if at <= number => return Err(ErrorKind::Other.into()),
            _ => {}
        }
        change(&mut state);
        Ok(())
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.state().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let state = self.state();
        let dead = matches!(state.fault, Some(Fault { at, what: What::PowerCut }) if at < state.operations);
        let from = usize::try_from(offset).unwrap();
        match state.bytes.get(from..from + out.len()) {
            Some(bytes) if !dead => out.copy_from_slice(bytes),
            _ => return Err(ErrorKind::UnexpectedEof.into()),
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        let len = usize::try_from(len).unwrap();
        self.change(|state| {
            state.bytes.resize(len, 0);
            state.unsynced.push(Change::Length(len));
        })
    }

    fn sync_data(&self) -> Result<(), Error> {
        self.change(|state| {
            if !state.lies {
                state.synced.clone_from(&state.bytes);
                state.unsynced.clear();
            }
        })
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let from = usize::try_from(offset).unwrap();
        self.change(|state| {
            state.bytes[from..from + data.len()].copy_from_slice(data);
            state.unsynced.push(Change::Written(from, data.to_owned()));
        })
    }
}

impl Medium for Disk {
    fn open(&self, library: &Builder) -> Result<Database, DatabaseError> {
        library.create_with_backend(self.clone())
    }

    fn view(&self, library: &Builder) -> Result<Database, DatabaseError> {
        library.create_with_backend(Overlay::new(self.clone()).map_err(StorageError::Io)?)
    }
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").finish_non_exhaustive()
    }
}
