//! Sizes as people write them in TOML: `256KiB`, `64MiB`.

use std::fmt;

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// Text that is no size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidSize(pub String);

impl fmt::Display for InvalidSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a size: write a whole number and a unit, such as 512B, 256KiB, 64MiB or 1GiB",
            self.0
        )
    }
}

impl std::error::Error for InvalidSize {}

/// Reads a size in bytes. A bare number is refused, and so are `K` and `MB`: their unit would be
/// a guess.
pub fn parse_size(text: &str) -> Result<u64, InvalidSize> {
    let invalid = || InvalidSize(text.chars().take(40).collect());
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| invalid())?;
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(invalid)?;
    number.checked_mul(*factor).ok_or_else(invalid)
}

/// Writes a size in its largest whole unit.
pub fn format_size(bytes: u64) -> String {
    let fits = |factor: u64| bytes != 0 && bytes.is_multiple_of(factor);
    let (unit, factor) = UNITS.into_iter().find(|&(_, factor)| fits(factor)).unwrap_or(("B", 1));
    format!("{}{unit}", bytes / factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_reads_back_what_it_prints() {
        for text in ["0B", "512B", "256KiB", "64MiB", "3GiB", "1025B"] {
            assert_eq!(format_size(parse_size(text).unwrap()), text);
        }
    }

    #[test]
    fn a_size_without_an_exact_unit_is_refused() {
        for text in ["", "64", "64M", "64MB", "1.5MiB", "-1B", "64 MiB", "64mib", "99999999999GiB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }
}
