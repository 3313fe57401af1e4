//! A tree back as text: what a table said, to be read again when its file says something else.

use std::collections::BTreeMap;
use std::path::Path;

use super::{Complaint, Document, Node, Table, Value};

impl Table<'_> {
    /// This table as a TOML document of its own: equal tables give equal text, however they were
    /// written.
    pub fn text(&self) -> String {
        let table: toml::Table =
            self.entries().map(|(key, node)| (key.clone(), to_toml(&node.value))).collect();
        table.to_string()
    }
}

impl Document {
    /// Parses a table's [text](Table::text) and puts it where it stood: at `path` of an otherwise empty
    /// document.
    pub fn of_table(file: &Path, text: &str, path: &[&str]) -> Result<Self, Complaint> {
        let mut document = Self::parse(file, text)?;
        for key in path.iter().rev() {
            document = document.within(key, |node| node);
        }
        Ok(document)
    }

    /// The same for a table of a list, `[[key]]`.
    pub fn of_item(file: &Path, text: &str, key: &str) -> Result<Self, Complaint> {
        let list = |node: Node| Node { place: node.place.clone(), value: Value::Array(vec![node]) };
        Ok(Self::parse(file, text)?.within(key, list))
    }

    /// Every value that is no table, by its whole key, as text. Of the sections that `wanted` wants.
    pub fn leaves(&self, wanted: impl Fn(&str) -> bool) -> BTreeMap<String, String> {
        let mut leaves = BTreeMap::new();
        if let Value::Table(sections) = &self.root.value {
            for (section, node) in sections.iter().filter(|(section, _)| wanted(section)) {
                gather(section, node, &mut leaves);
            }
        }
        leaves
    }

    fn within(self, key: &str, wrap: impl FnOnce(Node) -> Node) -> Self {
        let place = self.root.place.clone();
        let entries = BTreeMap::from([(key.to_owned(), wrap(self.root))]);
        Self { root: Node { value: Value::Table(entries), place } }
    }
}

fn gather(key: &str, node: &Node, leaves: &mut BTreeMap<String, String>) {
    match &node.value {
        Value::Table(entries) => {
            entries.iter().for_each(|(name, node)| gather(&format!("{key}.{name}"), node, leaves));
        }
        value => drop(leaves.insert(key.to_owned(), to_toml(value).to_string())),
    }
}

fn to_toml(value: &Value) -> toml::Value {
    match value {
        Value::Text(text) => toml::Value::String(text.clone()),
        Value::Integer(number) => toml::Value::Integer(*number),
        Value::Float(number) => toml::Value::Float(*number),
        Value::Boolean(boolean) => toml::Value::Boolean(*boolean),
        // It was parsed as one; if it cannot be written as one, its reader says so.
        Value::Datetime(text) => {
            text.parse().map_or_else(|_| toml::Value::String(text.clone()), toml::Value::Datetime)
        }
        Value::Array(items) => toml::Value::Array(items.iter().map(|item| to_toml(&item.value)).collect()),
        Value::Table(entries) => toml::Value::Table(
            entries.iter().map(|(key, node)| (key.clone(), to_toml(&node.value))).collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_says_the_same_when_it_is_read_again() {
        let text = "[p.x]\nb = 1\na = 'é\"'\nat = 1979-05-27\nf = 1.5\nl = [ { k = true }, 2 ]\n";
        let read = |document: &Document| {
            document.read(|root| {
                let text = root.tables("p", |_, table| {
                    for key in ["a", "b", "at", "f", "l"] {
                        table.any(key);
                    }
                    Some(table.text())
                });
                text.into_iter().next()
            })
        };
        let file = Path::new("x.toml");
        let first = read(&Document::parse(file, text).unwrap()).unwrap();
        let again = read(&Document::of_table(file, &first, &["p", "x"]).unwrap()).unwrap();
        assert_eq!(first, again);
        assert!(first.starts_with("a = "), "{first}");
    }
}
