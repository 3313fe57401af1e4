//! A TOML document as a tree whose every value knows where it was written.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{Complaint, Complaints, Place, Table};

/// A value and where it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it was written.
    pub place: Place,
}

/// A TOML value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text in quotes.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number that is not written as a whole one.
    Float(f64),
    /// `true` or `false`.
    Boolean(bool),
    /// A date or a time, as it was written.
    Datetime(String),
    /// `[…]`, or a table in double brackets.
    Array(Vec<Node>),
    /// `{…}`, or a table in brackets.
    Table(BTreeMap<String, Node>),
}

impl Value {
    /// What it is, with its article.
    pub const fn what(&self) -> &'static str {
        match self {
            Self::Text(_) => "a text",
            Self::Integer(_) => "a number",
            Self::Float(_) => "a number with a fraction",
            Self::Boolean(_) => "true or false",
            Self::Datetime(_) => "a date or a time",
            Self::Array(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// A document that can be read.
#[derive(Debug, Clone)]
pub struct Document {
    pub(super) root: Node,
}

/// What a reading leaves behind beside its result.
#[derive(Debug, Default)]
pub(super) struct Sink {
    pub(super) complaints: RefCell<Vec<Complaint>>,
    /// Every key that was asked for, names of the operator's own as `*`.
    pub(super) known: RefCell<BTreeSet<String>>,
}

impl Document {
    /// Parses `text`, which `file` holds.
    pub fn parse(file: &Path, text: &str) -> Result<Self, Complaint> {
        let source = Source { file: Arc::new(file.to_path_buf()), text };
        match DeTable::parse(text) {
            Ok(table) => {
                let value = source.table(table.into_inner());
                Ok(Self { root: Node { value, place: Place::File(source.file, None) } })
            }
            Err(error) => {
                let start = error.span().map_or(0, |span| span.start);
                let (line, column) = source.position(start);
                Err(Complaint {
                    place: source.place(start),
                    key: String::new(),
                    message: format!("not TOML: {} (line {line}, column {column})", error.message()),
                })
            }
        }
    }

    /// Parses one value as it would stand behind a `=`, for overrides. Text that is no TOML value
    /// is taken as it is, so that nobody must quote within quotes.
    pub fn parse_override(text: &str, place: Place) -> Node {
        let value = DeValue::parse(text).ok().map_or_else(
            || Value::Text(text.to_owned()),
            |value| Source { file: Arc::new(PathBuf::new()), text }.value(value.into_inner()),
        );
        let mut node = Node { value, place: place.clone() };
        node.set_place(&place);
        node
    }

    /// Puts `node` at `path`, in the place of what is there. A segment finds a key whatever its
    /// case and with `_` for `-`, and an element of a list by its `name` or its number.
    pub fn set(&mut self, path: &[&str], node: Node) -> Result<(), Complaint> {
        let complain = |place: &Place, message: String| Complaint {
            place: place.clone(),
            key: path.join(".").to_lowercase(),
            message,
        };
        let place = node.place.clone();
        let mut here = &mut self.root;
        for (depth, segment) in path.iter().enumerate() {
            if segment.is_empty() {
                return Err(complain(&place, "a part of the key is empty".to_owned()));
            }
            here = match &mut here.value {
                Value::Table(entries) => {
                    let key = find_key(entries, segment);
                    let empty = Node { value: Value::Table(BTreeMap::new()), place: place.clone() };
                    entries.entry(key).or_insert(empty)
                }
                Value::Array(items) => match find_item(items, segment) {
                    Some(index) => &mut items[index],
                    None => {
                        let message = format!("the list has no element named or numbered {segment:?}");
                        return Err(complain(&place, message));
                    }
                },
                other => {
                    let message = format!(
                        "{} is {}, not a table",
                        path[..depth].join(".").to_lowercase(),
                        other.what()
                    );
                    return Err(complain(&place, message));
                }
            };
        }
        *here = node;
        Ok(())
    }

    /// What stands at the top, as it was written.
    pub const fn root(&self) -> &Node {
        &self.root
    }

    /// Reads the whole document. Answers with what `read` made if nobody complained.
    pub fn read<T>(&self, read: impl FnOnce(&mut Table<'_>) -> Option<T>) -> Result<T, Complaints> {
        self.read_with_known(read).0
    }

    /// The same, with every key that was asked for: tests hold the documentation against them.
    pub fn read_with_known<T>(
        &self,
        read: impl FnOnce(&mut Table<'_>) -> Option<T>,
    ) -> (Result<T, Complaints>, BTreeSet<String>) {
        let sink = Sink::default();
        let result = Table::root(&sink, &self.root, read);
        let known = sink.known.into_inner();
        let result = match (Complaints::of(sink.complaints.into_inner()), result) {
            (None, Some(result)) => Ok(result),
            (Some(complaints), _) => Err(complaints),
            (None, None) => Err(Complaints::from(Complaint {
                place: self.root.place.clone(),
                key: String::new(),
                message: "it cannot be used".to_owned(),
            })),
        };
        (result, known)
    }
}

impl Node {
    /// What stands under `key`, if this is a table that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            Value::Table(entries) => entries.get(key),
            _ => None,
        }
    }

    fn set_place(&mut self, place: &Place) {
        self.place = place.clone();
        match &mut self.value {
            Value::Array(items) => items.iter_mut().for_each(|item| item.set_place(place)),
            Value::Table(entries) => entries.values_mut().for_each(|entry| entry.set_place(place)),
            _ => {}
        }
    }
}

/// Environment variables know neither lower case nor `-`.
fn normal(key: &str) -> String {
    key.to_lowercase().replace('-', "_")
}

fn find_key(entries: &BTreeMap<String, Node>, segment: &str) -> String {
    let wanted = normal(segment);
    entries.keys().find(|key| normal(key) == wanted).cloned().unwrap_or_else(|| segment.to_lowercase())
}

fn find_item(items: &[Node], segment: &str) -> Option<usize> {
    let wanted = normal(segment);
    let named = |item: &Node| match &item.value {
        Value::Table(entries) => match entries.get("name").map(|name| &name.value) {
            Some(Value::Text(name)) => normal(name) == wanted,
            _ => false,
        },
        _ => false,
    };
    let number = || segment.parse().ok().filter(|&index: &usize| index < items.len());
    items.iter().position(named).or_else(number)
}

struct Source<'text> {
    file: Arc<PathBuf>,
    text: &'text str,
}

impl Source<'_> {
    /// Line and column, from 1.
    fn position(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    fn place(&self, offset: usize) -> Place {
        Place::File(Arc::clone(&self.file), Some(self.position(offset).0))
    }

    fn table(&self, table: DeTable<'_>) -> Value {
        let entry = |(key, value): (Spanned<_>, Spanned<DeValue<'_>>)| {
            // The key's place: a table's own begins wherever its first entry does.
            let place = self.place(key.span().start);
            let key: std::borrow::Cow<'_, str> = key.into_inner();
            (key.into_owned(), Node { value: self.value(value.into_inner()), place })
        };
        Value::Table(table.into_iter().map(entry).collect())
    }

    fn value(&self, value: DeValue<'_>) -> Value {
        match value {
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                // Too big for 64 bits: it is still a number, and out of every range.
                .map_or(Value::Float(f64::INFINITY), Value::Integer),
            DeValue::Float(number) => Value::Float(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(boolean) => Value::Boolean(boolean),
            DeValue::Datetime(datetime) => Value::Datetime(datetime.to_string()),
            DeValue::Array(items) => {
                let item = |item: Spanned<DeValue<'_>>| {
                    let place = self.place(item.span().start);
                    Node { value: self.value(item.into_inner()), place }
                };
                Value::Array(items.into_iter().map(item).collect())
            }
            DeValue::Table(table) => self.table(table),
        }
    }
}
