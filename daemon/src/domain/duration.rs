//! Durations as people write them, in TOML and in queries: `500ms`, `30s`, `5m`, `24h`.

use std::fmt;
use std::time::Duration;

/// Text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidDuration(pub String);

impl fmt::Display for InvalidDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is not a duration: write a whole number and a unit, such as 500ms, 30s, 5m or 24h",
            self.0
        )
    }
}

impl std::error::Error for InvalidDuration {}

/// Reads a duration. A bare number is refused: its unit would be a guess.
pub fn parse_duration(text: &str) -> Result<Duration, InvalidDuration> {
    let invalid = || InvalidDuration(text.chars().take(40).collect());
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().map_err(|_| invalid())?;
    let milliseconds = match &text[digits..] {
        "ms" => Some(number),
        "s" => number.checked_mul(1_000),
        "m" => number.checked_mul(60_000),
        "h" => number.checked_mul(3_600_000),
        _ => None,
    };
    // Beyond a century it is a mistake, and sums of timestamps stay far from overflow.
    let century = 100 * 366 * 24 * 3_600_000;
    milliseconds.filter(|&ms| ms <= century).map(Duration::from_millis).ok_or_else(invalid)
}

/// Writes a duration in its largest whole unit; less than a millisecond is dropped.
pub fn format_duration(duration: Duration) -> String {
    let ms = duration.as_millis();
    match ms {
        0 => "0s".to_owned(),
        _ if ms.is_multiple_of(3_600_000) => format!("{}h", ms / 3_600_000),
        _ if ms.is_multiple_of(60_000) => format!("{}m", ms / 60_000),
        _ if ms.is_multiple_of(1_000) => format!("{}s", ms / 1_000),
        _ => format!("{ms}ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_reads_back_what_it_prints() {
        for text in ["500ms", "30s", "5m", "24h", "0s"] {
            assert_eq!(format_duration(parse_duration(text).unwrap()), text);
        }
    }

    #[test]
    fn a_bare_number_has_no_unit_and_is_refused() {
        for text in ["", "30", "s", "-1s", "1.5s", "3 s", "1d", "99999999999999999999s", "999999999h"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }
}
