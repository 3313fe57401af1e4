//! A strict reader of both text formats, for tests: it takes nothing that a scraper might refuse.

use std::collections::{BTreeMap, BTreeSet};

use super::TextFormat;

/// One line that is no comment.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) value: f64,
}

/// The samples that are declared together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Family {
    /// As in `# TYPE`.
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) samples: Vec<Sample>,
}

/// Reads and checks; panics with the line that is wrong.
pub(crate) fn read(text: &str, format: TextFormat) -> Vec<Family> {
    let text = match format {
        TextFormat::OpenMetrics => text.strip_suffix("# EOF\n").expect("it ends with # EOF"),
        TextFormat::Prometheus => text,
    };
    assert!(text.ends_with('\n') && !text.contains("# EOF"));
    let (mut families, mut help): (Vec<Family>, Option<String>) = (Vec::new(), None);
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, words) = rest.split_once(' ').expect(line);
            assert!(is_name(name) && !words.trim().is_empty() && help.is_none(), "{line}");
            assert!(!families.iter().any(|family| family.name == name), "declared twice: {line}");
            help = Some(name.to_owned());
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect(line);
            assert_eq!(help.take().as_deref(), Some(name), "TYPE without its HELP: {line}");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            families.push(Family { name: name.to_owned(), kind: kind.to_owned(), samples: Vec::new() });
        } else if let Some(rest) = line.strip_prefix("# UNIT ") {
            let (name, unit) = rest.split_once(' ').expect(line);
            assert!(format == TextFormat::OpenMetrics && name.ends_with(&format!("_{unit}")), "{line}");
        } else {
            let (family, sample) = (families.last_mut().expect(line), sample(line));
            let suffix = sample.name.strip_prefix(&family.name).expect(line);
            let suffixes: &[&str] = match (family.kind.as_str(), format) {
                ("histogram", _) => &["_bucket", "_sum", "_count"],
                ("counter", TextFormat::OpenMetrics) => &["_total"],
                _ => &[""],
            };
            assert!(suffixes.contains(&suffix), "{line}");
            assert!(family.kind != "counter" || sample.name.ends_with("_total"), "{line}");
            family.samples.push(sample);
        }
    }
    for family in &families {
        let mut seen = BTreeSet::new();
        for Sample { name, labels, value } in &family.samples {
            assert!(seen.insert((name, labels)), "twice: {name} {labels:?}");
            assert!(family.kind == "gauge" || *value >= 0.0, "{name} {labels:?}: {value}");
        }
        if family.kind == "histogram" {
            check_histogram(family);
        }
    }
    families
}

/// Buckets add up, and the last one is the count.
fn check_histogram(family: &Family) {
    let mut series: BTreeMap<_, Vec<(&str, f64, f64)>> = BTreeMap::new();
    for Sample { name, labels, value } in &family.samples {
        let mut labels = labels.clone();
        let bound = labels.remove("le").map_or(f64::NAN, |le| le.replace("+Inf", "inf").parse().unwrap());
        let part = name.strip_prefix(&family.name).unwrap();
        series.entry(labels).or_default().push((part, bound, *value));
    }
    for (labels, parts) in series {
        let of = |part: &str| parts.iter().filter(|(name, ..)| *name == part).collect::<Vec<_>>();
        let (buckets, counts) = (of("_bucket"), of("_count"));
        let context = format!("{} {labels:?}", family.name);
        assert!(buckets.windows(2).all(|two| two[0].1 < two[1].1 && two[0].2 <= two[1].2), "{context}");
        let last = buckets.last().unwrap();
        assert!(last.1.is_infinite() && counts.len() == 1 && of("_sum").len() == 1, "{context}");
        assert_eq!(last.2.to_bits(), counts[0].2.to_bits(), "{context}");
    }
}

fn sample(line: &str) -> Sample {
    let end = line.find(['{', ' ']).expect(line);
    let (name, rest) = line.split_at(end);
    assert!(is_name(name), "{line}");
    let (labels, value) = match rest.strip_prefix('{') {
        Some(rest) => labels(rest, line),
        None => (BTreeMap::new(), rest),
    };
    let value = value.strip_prefix(' ').expect(line);
    Sample { name: name.to_owned(), labels, value: value.parse().expect(line) }
}

/// `a="b",c="d"}` and what follows.
fn labels<'line>(mut rest: &'line str, line: &str) -> (BTreeMap<String, String>, &'line str) {
    let mut labels = BTreeMap::new();
    loop {
        let (name, quoted) = rest.split_once("=\"").expect(line);
        assert!(is_name(name) && !name.contains(':'), "{line}");
        let (mut value, mut characters) = (String::new(), quoted.char_indices());
        let end = loop {
            match characters.next().expect(line) {
                (at, '"') => break at,
                (_, '\\') => match characters.next().expect(line).1 {
                    'n' => value.push('\n'),
                    escaped @ ('\\' | '"') => value.push(escaped),
                    other => panic!("\\{other} in {line}"),
                },
                (_, other) => value.push(other),
            }
        };
        assert!(labels.insert(name.to_owned(), value).is_none(), "a label twice: {line}");
        match quoted.split_at(end + 1).1 {
            end if end.starts_with('}') => return (labels, end.trim_start_matches('}')),
            more => rest = more.strip_prefix(',').expect(line),
        }
    }
}

fn is_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'_' | b':');
    name.bytes().next().is_some_and(letter) && name.bytes().all(|byte| letter(byte) || byte.is_ascii_digit())
}
