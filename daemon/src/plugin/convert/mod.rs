//! Between the words of `wit/` and those of `domain`, in both directions.
//!
//! What comes from a guest is not believed: every string has a bound, every list too, secret values
//! of the call are replaced, and an answer that breaks the contract is refused rather than repaired.
//! Texts for people are the exception: they are cut, because a failure with a long message is still
//! that failure.

mod answer;
mod question;
mod target;
mod template;

use std::collections::BTreeMap;

use crate::domain::Secrets;

pub(super) use self::answer::{
    creation, failure, logs_page, observation, owned_page, templates_page, verdict,
};
pub(super) use self::question::{create_call, review_call};
pub(super) use self::target::{owner, target_from_guest, target_to_guest};

/// Bytes of one string that means something.
const MAX_TEXT: usize = 16 << 10;
/// Bytes of one text for people.
const MAX_PROSE: usize = 4 << 10;
/// Entries of one list of pairs.
const MAX_PAIRS: usize = 256;
/// Workloads or templates of one page.
const MAX_PAGE: usize = 1_000;
/// Lines of one page of output.
const MAX_LINES: usize = 20_000;
/// Violations or warnings of one answer.
const MAX_REMARKS: usize = 100;

/// What an answer does that the contract forbids, for the plugin's author.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken(pub(super) String);

impl Broken {
    fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// A string that means something: refused when it is too long.
fn text(secrets: &Secrets, what: &str, text: &str) -> Result<String, Broken> {
    if text.len() > MAX_TEXT {
        return Err(Broken::new(format!("{what} has {} bytes, {MAX_TEXT} are allowed", text.len())));
    }
    Ok(secrets.redact(text).into_owned())
}

fn optional_text(secrets: &Secrets, what: &str, value: Option<&str>) -> Result<Option<String>, Broken> {
    value.map(|value| text(secrets, what, value)).transpose()
}

/// A text for people: cut when it is too long. Secrets go first, so that none is cut in two.
fn prose(secrets: &Secrets, text: &str) -> String {
    cut(&secrets.redact(text), MAX_PROSE)
}

/// `text` with at most `limit` bytes, and a mark where it was cut.
pub(super) fn cut(text: &str, limit: usize) -> String {
    match text.len() <= limit {
        true => text.to_owned(),
        false => format!("{}…", &text[..text.floor_char_boundary(limit)]),
    }
}

fn remarks(secrets: &Secrets, remarks: &[String]) -> Vec<String> {
    remarks.iter().take(MAX_REMARKS).map(|remark| prose(secrets, remark)).collect()
}

fn bounded<T>(what: &str, list: &[T], limit: usize) -> Result<(), Broken> {
    match list.len() <= limit {
        true => Ok(()),
        false => Err(Broken::new(format!("{what} has {} entries, {limit} are allowed", list.len()))),
    }
}

fn pairs(
    secrets: &Secrets,
    what: &str,
    pairs: &[(String, String)],
) -> Result<BTreeMap<String, String>, Broken> {
    bounded(what, pairs, MAX_PAIRS)?;
    pairs.iter().map(|(key, value)| Ok((text(secrets, what, key)?, text(secrets, what, value)?))).collect()
}

fn to_pairs(map: &BTreeMap<String, String>) -> Vec<(String, String)> {
    map.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_cut_between_characters_and_text_is_refused() {
        let secrets = Secrets::default();
        assert!(prose(&secrets, &"é".repeat(MAX_PROSE)).len() <= MAX_PROSE + '…'.len_utf8());
        assert!(text(&secrets, "id", &"x".repeat(MAX_TEXT + 1)).is_err());
    }
}
