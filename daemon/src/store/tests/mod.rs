//! What the store promises when the disk does not.
