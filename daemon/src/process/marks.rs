//! The marks every child carries in its environment: whose it is, and which.
//!
//! The same pairs stand in the child's record, so that a child whose folder was lost is found
//! again in the process table with everything a caller needs to know of it.

use std::collections::BTreeMap;

use crate::domain::{OwnerId, Target};

const OWNER: &str = "WHARFINGER_OWNER";
const INSTANCE: &str = "WHARFINGER_INSTANCE";
const ATTEMPT: &str = "WHARFINGER_ATTEMPT";
const WORKLOAD: &str = "WHARFINGER_WORKLOAD";
const PORT: &str = "WHARFINGER_PORT";

/// Marks by variable name.
pub(super) type Marks = BTreeMap<String, String>;

/// The marks of a child.
pub(super) fn of(target: &Target, port: Option<u16>) -> Marks {
    let mut marks = BTreeMap::from([
        (OWNER.to_owned(), target.owner.to_string()),
        (INSTANCE.to_owned(), target.instance.to_string()),
        (ATTEMPT.to_owned(), target.incarnation.to_string()),
        (WORKLOAD.to_owned(), target.name.to_string()),
    ]);
    marks.extend(port.map(|port| (PORT.to_owned(), port.to_string())));
    marks
}

/// Puts the marks in the place of whatever a caller had under their names.
pub(super) fn force(environment: &mut BTreeMap<String, String>, marks: &Marks) {
    // A child without a port must not claim one.
    environment.remove(PORT);
    environment.extend(marks.iter().map(|(key, value)| (key.clone(), value.clone())));
}

/// Reads marks back; none if one is missing or makes no sense.
pub(super) fn read(marks: &Marks) -> Option<(Target, Option<u16>)> {
    let text = |key: &str| marks.get(key).map(String::as_str);
    let owner = text(OWNER).filter(|owner| owner.len() == 32)?;
    let target = Target {
        name: text(WORKLOAD)?.parse().ok()?,
        instance: text(INSTANCE)?.parse().ok()?,
        owner: OwnerId::from_u128(u128::from_str_radix(owner, 16).ok()?),
        incarnation: text(ATTEMPT)?.parse().ok()?,
        last_known: None,
    };
    Some((target, text(PORT).and_then(|port| port.parse().ok())))
}

/// The marks in a block of `KEY=value` entries that end in NUL, as the kernel shows it.
pub(super) fn find(block: &[u8]) -> Option<(Target, Option<u16>)> {
    let mut marks = Marks::new();
    for entry in block.split(|&byte| byte == 0) {
        let Some((key, value)) = std::str::from_utf8(entry).ok().and_then(|entry| entry.split_once('='))
        else {
            continue;
        };
        if [OWNER, INSTANCE, ATTEMPT, WORKLOAD, PORT].contains(&key) {
            marks.entry(key.to_owned()).or_insert_with(|| value.to_owned());
        }
    }
    read(&marks)
}

/// Whether two targets carry the same marks.
pub(super) fn same(one: &Target, other: &Target) -> bool {
    (&one.name, one.instance, one.owner, one.incarnation)
        == (&other.name, other.instance, other.owner, other.incarnation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{InstanceId, WorkloadName};

    fn target() -> Target {
        let (owner, instance) = (OwnerId::from_u128(0xab), InstanceId::from_u128(7));
        Target { name: WorkloadName::of(owner, instance), instance, owner, incarnation: 3, last_known: None }
    }

    #[test]
    fn marks_are_found_in_an_environment_block() {
        let mut block = b"PATH=/bin\0ODD\0\xff\xfe=x\0".to_vec();
        for (key, value) in of(&target(), Some(4711)) {
            block.extend_from_slice(format!("{key}={value}\0").as_bytes());
        }
        assert_eq!(find(&block), Some((target(), Some(4711))));
        assert_eq!(find(b"PATH=/bin\0WHARFINGER_OWNER=x\0"), None);
    }

    #[test]
    fn a_caller_cannot_forge_a_mark() {
        let mut environment = BTreeMap::from([
            (OWNER.to_owned(), "somebody".to_owned()),
            (PORT.to_owned(), "1".to_owned()),
            ("KEPT".to_owned(), "yes".to_owned()),
        ]);
        force(&mut environment, &of(&target(), None));
        assert_eq!(read(&environment), Some((target(), None)));
        assert_eq!(environment.get("KEPT").map(String::as_str), Some("yes"));
    }
}
