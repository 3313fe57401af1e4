//! Hands out the values of one table, and complains.

use std::collections::BTreeMap;

use super::nearest::nearest;
use super::tree::Sink;
use super::{Complaint, Node, Place, Value};

/// A table that is being read. Whatever key nobody asked for is complained about at its end.
#[derive(Debug)]
pub struct Table<'document> {
    sink: &'document Sink,
    place: &'document Place,
    /// None: there is no such table, or it is something else and was complained about.
    entries: Option<&'document BTreeMap<String, Node>>,
    /// It should be there and is something else: what it lacks is not worth a word.
    mute: bool,
    /// As the operator wrote it.
    path: String,
    /// The same with `*` for names of the operator's own.
    pattern: String,
    known: Vec<&'static str>,
}

impl<'document> Table<'document> {
    pub(super) fn root<T>(
        sink: &'document Sink,
        node: &'document Node,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        Self::enter(sink, &node.place, Some(node), String::new(), String::new(), read)
    }

    fn enter<T>(
        sink: &'document Sink,
        place: &'document Place,
        node: Option<&'document Node>,
        path: String,
        pattern: String,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let entries = match node.map(|node| &node.value) {
            Some(Value::Table(entries)) => Some(entries),
            _ => None,
        };
        let mute = node.is_some() && entries.is_none();
        let place = node.map_or(place, |node| &node.place);
        let mut table = Self { sink, place, entries, mute, path, pattern, known: Vec::new() };
        if let (true, Some(node)) = (mute, node) {
            table.push(
                &node.place,
                table.path.clone(),
                format!("is {}; a table is wanted", node.value.what()),
            );
        }
        let result = read(&mut table);
        table.complain_of_unknown();
        result
    }

    fn complain_of_unknown(&self) {
        for (key, node) in self.entries.into_iter().flatten() {
            if self.known.contains(&key.as_str()) {
                continue;
            }
            let hint = match nearest(key, self.known.iter().copied()) {
                Some(meant) => format!("did you mean {meant:?}?"),
                None => format!("known here: {}", self.known.join(", ")),
            };
            self.push(&node.place, self.key(key), format!("unknown key; {hint}"));
        }
    }

    fn push(&self, place: &Place, key: String, message: impl Into<String>) {
        let complaint = Complaint { place: place.clone(), key, message: message.into() };
        self.sink.complaints.borrow_mut().push(complaint);
    }

    fn key(&self, key: &str) -> String {
        join(&self.path, key)
    }

    fn know(&mut self, key: &'static str) -> Option<&'document Node> {
        self.known.push(key);
        self.sink.known.borrow_mut().insert(join(&self.pattern, key));
        self.entries?.get(key)
    }

    /// Complains about `key`, at its line if it is there, else at the table's.
    pub fn complain(&self, key: &str, message: impl Into<String>) {
        self.push(&self.place_of(key), self.key(key), message);
    }

    /// Complains about this table.
    pub fn complain_here(&self, message: impl Into<String>) {
        self.push(self.place, self.path.clone(), message);
    }

    /// Where `key` is written, or else this table.
    pub fn place_of(&self, key: &str) -> Place {
        self.entries.and_then(|entries| entries.get(key)).map_or(self.place, |node| &node.place).clone()
    }

    /// The key with its tables, as in complaints.
    pub fn key_of(&self, key: &str) -> String {
        self.key(key)
    }

    /// The operator's own names within the table `key`.
    pub fn names_in(&self, key: &str) -> Vec<String> {
        match self.entries.and_then(|entries| entries.get(key)).map(|node| &node.value) {
            Some(Value::Table(entries)) => entries.keys().cloned().collect(),
            _ => Vec::new(),
        }
    }

    /// Whether the key is written, whatever its value.
    pub fn has(&self, key: &str) -> bool {
        self.entries.is_some_and(|entries| entries.contains_key(key))
    }

    /// Knows a key only to say why it may not be here.
    pub fn refuse(&mut self, key: &'static str, why: &str) {
        if self.has(key) {
            self.known.push(key);
            self.complain(key, why);
        }
    }

    /// Everything that is written in it.
    pub fn entries(&self) -> impl Iterator<Item = (&'document String, &'document Node)> + use<'document> {
        self.entries.into_iter().flatten()
    }

    /// The value as it stands.
    pub fn any(&mut self, key: &'static str) -> Option<&'document Node> {
        self.know(key)
    }

    /// A value of a kind; none if it is absent or wrong.
    pub fn optional<T>(
        &mut self,
        key: &'static str,
        kind: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<T> {
        let node = self.know(key)?;
        kind(&node.value).map_err(|message| self.push(&node.place, self.key(key), message)).ok()
    }

    /// A value of a kind, or `default`.
    pub fn or<T>(
        &mut self,
        key: &'static str,
        kind: impl FnOnce(&Value) -> Result<T, String>,
        default: T,
    ) -> T {
        self.optional(key, kind).unwrap_or(default)
    }

    /// A value of a kind; its absence is complained about.
    pub fn required<T>(
        &mut self,
        key: &'static str,
        kind: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<T> {
        if !self.has(key) && !self.mute {
            self.complain(key, "is required and missing");
        }
        self.optional(key, kind)
    }

    /// Every element of a list of a kind. Each wrong one is complained about.
    pub fn list<T>(
        &mut self,
        key: &'static str,
        kind: impl Fn(&Value) -> Result<T, String>,
    ) -> Option<Vec<T>> {
        let node = self.know(key)?;
        let Value::Array(items) = &node.value else {
            self.push(&node.place, self.key(key), format!("is {}; a list is wanted", node.value.what()));
            return None;
        };
        let one = |(index, item): (usize, &Node)| {
            let key = || format!("{}[{index}]", self.key(key));
            kind(&item.value).map_err(|message| self.push(&item.place, key(), message)).ok()
        };
        Some(items.iter().enumerate().filter_map(one).collect())
    }

    /// Every entry of a table whose keys are the operator's own. `key_rule` says what is wrong
    /// with a key.
    pub fn map<T>(
        &mut self,
        key: &'static str,
        key_rule: impl Fn(&str) -> Result<(), String>,
        kind: impl Fn(&Value) -> Result<T, String>,
    ) -> BTreeMap<String, T> {
        let Some(node) = self.know(key) else { return BTreeMap::new() };
        let Value::Table(entries) = &node.value else {
            self.push(&node.place, self.key(key), format!("is {}; a table is wanted", node.value.what()));
            return BTreeMap::new();
        };
        let mut map = BTreeMap::new();
        for (name, entry) in entries {
            let complain = |message: String| self.push(&entry.place, join(&self.key(key), name), message);
            let rule = key_rule(name).map_err(&complain);
            let value = kind(&entry.value).map_err(&complain);
            if let (Ok(()), Ok(value)) = (rule, value) {
                map.insert(name.clone(), value);
            }
        }
        map
    }

    /// A table within this one. It is read in any case, so that its defaults and its missing keys
    /// are found in one place.
    pub fn table<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Table<'document>) -> T) -> T {
        let node = self.entries.and_then(|entries| entries.get(key));
        self.known.push(key);
        let (path, pattern) = (self.key(key), join(&self.pattern, key));
        Self::enter(self.sink, self.place, node, path, pattern, read)
    }

    /// The same, only if it is written.
    pub fn optional_table<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Table<'document>) -> T,
    ) -> Option<T> {
        if self.has(key) {
            Some(self.table(key, read))
        } else {
            self.known.push(key);
            None
        }
    }

    /// Every table within a table whose keys are names of the operator's own. What `read` answers
    /// none for is left out; somebody must have complained about it.
    pub fn tables<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&str, &mut Table<'document>) -> Option<T>,
    ) -> Vec<T> {
        self.known.push(key);
        let Some(node) = self.entries.and_then(|entries| entries.get(key)) else { return Vec::new() };
        let Value::Table(entries) = &node.value else {
            self.push(&node.place, self.key(key), format!("is {}; a table is wanted", node.value.what()));
            return Vec::new();
        };
        let (path, pattern) = (self.key(key), join(&join(&self.pattern, key), "*"));
        let one = |(name, node): (&'document String, &'document Node)| {
            let path = join(&path, name);
            Self::enter(self.sink, &node.place, Some(node), path, pattern.clone(), |table| read(name, table))
        };
        entries.iter().filter_map(one).collect()
    }

    /// Every table of a list of tables (`[[key]]`).
    pub fn array<T>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Table<'document>) -> Option<T>,
    ) -> Vec<T> {
        self.known.push(key);
        let Some(node) = self.entries.and_then(|entries| entries.get(key)) else { return Vec::new() };
        let Value::Array(items) = &node.value else {
            let message = format!("is {}; a list of tables, [[{key}]], is wanted", node.value.what());
            self.push(&node.place, self.key(key), message);
            return Vec::new();
        };
        let (path, pattern) = (self.key(key), format!("{}[]", join(&self.pattern, key)));
        let one = |(index, node): (usize, &'document Node)| {
            let path = format!("{path}[{index}]");
            Self::enter(self.sink, &node.place, Some(node), path, pattern.clone(), &mut read)
        };
        items.iter().enumerate().filter_map(one).collect()
    }
}

/// `path.key`; the key in quotes if TOML would need them.
fn join(path: &str, key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '*';
    let key = if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { format!("{key:?}") };
    if path.is_empty() { key } else { format!("{path}.{key}") }
}
