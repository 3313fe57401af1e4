//! Reads a file of bounded size.

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use super::{Complaint, Place, format_size};

/// The text of `file`, which may have `max` bytes.
pub fn read_text(file: &Path, max: u64) -> Result<String, Complaint> {
    let complain = |message: String| Complaint {
        place: Place::File(Arc::new(file.to_path_buf()), None),
        key: String::new(),
        message,
    };
    let open = std::fs::File::open(file).map_err(|error| complain(format!("cannot be read: {error}")))?;
    let mut bytes = Vec::new();
    open.take(max + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| complain(format!("cannot be read: {error}")))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > max {
        return Err(complain(format!("is larger than {}, which is not allowed", format_size(max))));
    }
    String::from_utf8(bytes).map_err(|_| complain("is not text in UTF-8".to_owned()))
}
