//! Identifiers: of instances and bulks, of this installation, and of commits.

use std::fmt;
use std::str::FromStr;

/// Text that is no UUID in its hyphenated or simple form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a UUID")
    }
}

impl std::error::Error for InvalidId {}

macro_rules! uuid {
    ($(#[$doc:meta])* $type:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(u128);

        impl $type {
            /// From the 128 bits of a UUID.
            pub const fn from_u128(bits: u128) -> Self {
                Self(bits)
            }

            /// The 128 bits, most significant first.
            pub const fn as_u128(self) -> u128 {
                self.0
            }

            /// 32 hexadecimal digits.
            pub fn simple(self) -> String {
                format!("{:032x}", self.0)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hyphenated(self.0))
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $type {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                bits(text).map(Self)
            }
        }
    };
}

uuid!(
    /// Of an instance: a UUID (RFC 9562) of version 7, so ids sort by creation time.
    InstanceId
);
uuid!(
    /// Of a bulk: a UUID of version 7.
    BulkId
);

/// As RFC 9562 writes it. Without the formatter: an id is written for every hook and every answer.
fn hyphenated(bits: u128) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in bits.to_be_bytes().into_iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 0xf] {
            text.push(char::from(b"0123456789abcdef"[usize::from(digit)]));
        }
    }
    text
}

fn bits(text: &str) -> Result<u128, InvalidId> {
    let hex = match text.len() {
        32 => text.to_owned(),
        36 if [8, 13, 18, 23].iter().all(|&at| text.as_bytes()[at] == b'-') => text.replace('-', ""),
        _ => return Err(InvalidId),
    };
    if hex.len() != 32 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(InvalidId);
    }
    u128::from_str_radix(&hex, 16).map_err(|_| InvalidId)
}

/// This installation's id: the mark on everything it makes. Drawn once, when the store is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OwnerId(u128);

impl OwnerId {
    /// From 128 random bits.
    pub const fn from_u128(bits: u128) -> Self {
        Self(bits)
    }

    /// The 128 bits.
    pub const fn as_u128(self) -> u128 {
        self.0
    }

    /// The first eight hexadecimal digits, as used in workload names.
    pub fn short(self) -> String {
        format!("{:032x}", self.0)[..8].to_owned()
    }
}

impl fmt::Display for OwnerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// One counter for the whole store: each committed event takes the next number, from 1.
/// A record's revision is the number of its last event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Revision(pub u64);

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_what_it_prints() {
        let id = InstanceId::from_u128(0x0199_0000_0000_7000_8000_0000_0000_00ff);
        assert_eq!(id.to_string(), "01990000-0000-7000-8000-0000000000ff");
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.simple().parse(), Ok(id));
    }

    #[test]
    fn what_is_no_uuid_is_refused() {
        for text in
            ["", "weather", "01990000-0000-7000-8000-0000000000fg", "+1990000000070008000000000000ff0"]
        {
            assert_eq!(text.parse::<InstanceId>(), Err(InvalidId), "{text}");
        }
    }
}
