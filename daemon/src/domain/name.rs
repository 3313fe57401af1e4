//! Names, checked on construction: whoever holds one need not check again.

use std::fmt;
use std::str::FromStr;

use super::{InstanceId, OwnerId, shown};

/// A name that breaks its rule. Says which rule, so that the message needs no second look-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidName {
    /// What was to be named, for example "instance name".
    pub what: &'static str,
    /// The name as given, as far as it is shown.
    pub name: String,
    /// What is allowed.
    pub rule: &'static str,
}

impl InvalidName {
    fn new(what: &'static str, name: &str, rule: &'static str) -> Self {
        Self { what, name: shown(name), rule }
    }
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} is not allowed: {}", self.what, self.name, self.rule)
    }
}

impl std::error::Error for InvalidName {}

/// A DNS label (RFC 1123 section 2.1, RFC 1035 section 2.3.1), lower case.
const LABEL: &str = "1 to 63 characters of a-z, 0-9 and '-', first and last a letter or digit";

fn is_label(text: &str) -> bool {
    let inner = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    (1..=63).contains(&text.len())
        && text.as_bytes().iter().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

macro_rules! label {
    ($(#[$doc:meta])* $type:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $type {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                if is_label(text) { Ok(Self(text.to_owned())) } else { Err(InvalidName::new($what, text, LABEL)) }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

label!(
    /// Name of a template: a DNS label.
    TemplateName, "template name"
);
label!(
    /// Name of a provisioner, as its table in the configuration: a DNS label.
    ProvisionerName, "provisioner name"
);
label!(
    /// Name of a hook, as in the configuration: a DNS label.
    HookName, "hook name"
);

/// Name of an instance: a DNS label that is no UUID, so that an id and a name are never mixed up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceName(String);

impl InstanceName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InstanceName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if !is_label(text) {
            return Err(InvalidName::new("instance name", text, LABEL));
        }
        if text.parse::<InstanceId>().is_ok() {
            return Err(InvalidName::new("instance name", text, "a name must not look like a UUID"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for InstanceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a workload is called outside: chosen before it is made, stored in the intent, and the
/// same for the life of the instance. At most 52 characters, so that it fits every backend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkloadName(String);

impl WorkloadName {
    /// `wf-<owner8>-<id>`.
    pub fn of(owner: OwnerId, id: InstanceId) -> Self {
        Self(format!("wf-{}-{}", owner.short(), id.simple()))
    }

    /// The next name to use when this one is held by something of ours that can be neither
    /// inspected nor destroyed: `-2`, `-3`, … `-99`.
    pub fn successor(&self) -> Option<Self> {
        // The base is 3 + 8 + 1 + 32 characters; what follows is the suffix.
        const BASE: usize = 44;
        let base = self.0.get(..BASE)?;
        let number = match self.0.get(BASE..)?.strip_prefix('-') {
            None => 2,
            Some(digits) => digits.parse::<u8>().ok()? + 1,
        };
        (number <= 99).then(|| Self(format!("{base}-{number}")))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for WorkloadName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if is_label(text) && text.len() <= 52 && !text.contains("--") {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidName::new("workload name", text, "1 to 52 characters of a-z, 0-9 and single '-'"))
        }
    }
}

impl fmt::Display for WorkloadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_name_is_a_dns_label_and_no_uuid() {
        for good in ["a", "0", "weather", "a-b", "a--b", &"x".repeat(63)] {
            assert!(good.parse::<InstanceName>().is_ok(), "{good}");
        }
        let uuid = "01990000-0000-7000-8000-0000000000ff";
        for bad in ["", "-a", "a-", "A", "a_b", "a.b", "ä", &"x".repeat(64), uuid, &uuid.replace('-', "")] {
            assert!(bad.parse::<InstanceName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_workload_name_fits_every_backend_with_any_suffix() {
        let mut name = WorkloadName::of(OwnerId::from_u128(u128::MAX), InstanceId::from_u128(7));
        let mut count = 1;
        while let Some(next) = name.successor() {
            assert_eq!(next.as_str().parse(), Ok(next.clone()));
            name = next;
            count += 1;
        }
        assert_eq!((count, &name.as_str()[44..]), (99, "-99"));
    }
}
