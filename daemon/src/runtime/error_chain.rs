//! An error and its sources in one line.

use std::error::Error;
use std::fmt;

/// Displays `error: source: source of the source`. Our errors never repeat their source.
pub struct ErrorChain<'error>(pub &'error (dyn Error + 'static));

impl fmt::Display for ErrorChain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, f)?;
        let mut source = self.0.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            source = error.source();
        }
        Ok(())
    }
}
