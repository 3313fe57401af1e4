//! A database's file under a sheet of memory: what the library writes stays on the sheet, and the
//! file is left as it is.
//!
//! The library repairs a file while it opens it. So a file that may be damaged, foreign or newer is
//! looked at through a sheet first, and a file whose disk takes no writes is read through one.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Error, ErrorKind};
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use redb::StorageBackend;

/// What is copied from the file at once, when a part of it is written.
const BLOCK: usize = 4_096;

/// The bytes of `below`, with what was written since in their place.
pub(super) struct Overlay<B> {
    below: B,
    sheet: RwLock<Sheet>,
}

struct Sheet {
    len: u64,
    /// From here on nothing of `below` is seen: it was cut off.
    seen: u64,
    blocks: BTreeMap<u64, Box<[u8; BLOCK]>>,
}

impl<B: StorageBackend> Overlay<B> {
    pub(super) fn new(below: B) -> Result<Self, Error> {
        let len = below.len()?;
        Ok(Self { below, sheet: RwLock::new(Sheet { len, seen: len, blocks: BTreeMap::new() }) })
    }

    /// What is below, and nothing where that ends.
    fn read_below(&self, seen: u64, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let there = out.len().min(size(seen.saturating_sub(offset))?);
        out[there..].fill(0);
        if there == 0 { Ok(()) } else { self.below.read(offset, &mut out[..there]) }
    }
}

impl<B: StorageBackend> StorageBackend for Overlay<B> {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.sheet.read().unwrap_or_else(PoisonError::into_inner).len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let sheet = self.sheet.read().unwrap_or_else(PoisonError::into_inner);
        within(sheet.len, offset, out.len())?;
        self.read_below(sheet.seen, offset, out)?;
        for part in parts(offset, out.len())? {
            if let Some(block) = sheet.blocks.get(&part.block) {
                out[part.outside].copy_from_slice(&block[part.inside]);
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        let mut sheet = self.sheet.write().unwrap_or_else(PoisonError::into_inner);
        sheet.seen = sheet.seen.min(len);
        let (last, rest) = (len / BLOCK as u64, size(len % BLOCK as u64)?);
        sheet.blocks.split_off(&(last + 1));
        if let Some(block) = sheet.blocks.get_mut(&last) {
            block[rest..].fill(0);
        }
        sheet.len = len;
        Ok(())
    }

    fn sync_data(&self) -> Result<(), Error> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let mut sheet = self.sheet.write().unwrap_or_else(PoisonError::into_inner);
        within(sheet.len, offset, data.len())?;
        for part in parts(offset, data.len())? {
            if !sheet.blocks.contains_key(&part.block) {
                let mut block = Box::new([0; BLOCK]);
                self.read_below(sheet.seen, part.block * BLOCK as u64, block.as_mut_slice())?;
                sheet.blocks.insert(part.block, block);
            }
            if let Some(block) = sheet.blocks.get_mut(&part.block) {
                block[part.inside].copy_from_slice(&data[part.outside]);
            }
        }
        Ok(())
    }

    fn close(&self) -> Result<(), Error> {
        self.below.close()
    }
}

/// Where one block and a stretch of bytes meet.
struct Part {
    block: u64,
    inside: Range<usize>,
    outside: Range<usize>,
}

fn parts(offset: u64, len: usize) -> Result<impl Iterator<Item = Part>, Error> {
    let first = offset / BLOCK as u64;
    let skipped = size(offset % BLOCK as u64)?;
    Ok((first..).zip(0..(skipped + len).div_ceil(BLOCK)).map(move |(block, nth)| {
        let from = if nth == 0 { skipped } else { 0 };
        let to = BLOCK.min(skipped + len - nth * BLOCK);
        let start = nth * BLOCK + from - skipped;
        Part { block, inside: from..to, outside: start..start + to - from }
    }))
}

fn within(end: u64, offset: u64, len: usize) -> Result<(), Error> {
    let fits = offset.checked_add(len as u64).is_some_and(|stretch| stretch <= end);
    fits.then_some(()).ok_or_else(|| Error::from(ErrorKind::UnexpectedEof))
}

fn size(bytes: u64) -> Result<usize, Error> {
    usize::try_from(bytes).map_err(|_| Error::from(ErrorKind::FileTooLarge))
}

impl<B: fmt::Debug> fmt::Debug for Overlay<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Overlay").field("below", &self.below).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use redb::backends::InMemoryBackend;

    use super::*;

    #[test]
    fn it_reads_as_a_file_that_was_written_and_leaves_the_one_below_alone() {
        let mut random = fastrand::Rng::with_seed(7);
        let original: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(3 * BLOCK + 100).collect();
        let below = InMemoryBackend::new();
        below.set_len(original.len() as u64).unwrap();
        below.write(0, &original).unwrap();
        let (overlay, mut expected) = (Overlay::new(below).unwrap(), original.clone());
        for _ in 0..2_000 {
            if random.u8(..10) == 0 {
                let len = random.usize(..6 * BLOCK);
                overlay.set_len(len as u64).unwrap();
                expected.resize(len, 0);
            }
            let from = random.usize(..=expected.len());
            let len = random.usize(..=(expected.len() - from).min(2 * BLOCK + 7));
            let data: Vec<u8> = std::iter::repeat_with(|| random.u8(..)).take(len).collect();
            overlay.write(from as u64, &data).unwrap();
            expected[from..from + len].copy_from_slice(&data);
            let from = random.usize(..=expected.len());
            let mut seen = vec![0xee; random.usize(..=expected.len() - from)];
            overlay.read(from as u64, &mut seen).unwrap();
            assert_eq!(seen, &expected[from..from + seen.len()]);
            assert_eq!(overlay.len().unwrap(), expected.len() as u64);
        }
        assert!(overlay.read(expected.len() as u64, &mut [0]).is_err(), "nothing is past the end");
        let mut left = vec![0; original.len()];
        overlay.below.read(0, &mut left).unwrap();
        assert_eq!(left, original);
    }
}
