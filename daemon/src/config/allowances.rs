//! What a configuration leaves to each plugin, read from the bare document.
//!
//! What only takes away must hold at once, whatever else is wrong in the file: so this is read without
//! checking anything, and knows no complaint. A key that is not what it should be takes nothing away.

use std::collections::BTreeMap;

use crate::domain::HookMode;
use crate::plugin::{Allowance, Allowances, Shown};
use crate::runtime::document::{Document, Node, Value};

pub(super) fn read(document: &Document) -> Allowances {
    let root = document.root();
    let provisioners = entries(root.get("provisioners"))
        .filter(|(_, node)| matches!(node.value, Value::Table(_)))
        .map(|(name, node)| (name.clone(), allowance(node)));
    let hooks = items(root.get("hooks")).filter_map(|node| match &node.get("name")?.value {
        Value::Text(name) => Some((name.clone(), mode(node))),
        _ => None,
    });
    Allowances { provisioners: provisioners.collect(), hooks: hooks.collect() }
}

fn allowance(node: &Node) -> Allowance {
    let process = match node.get("grants").map(|grants| &grants.value) {
        None => false,
        Some(Value::Array(items)) => items.iter().any(|item| is_text(item, "process")),
        Some(_) => true,
    };
    let upstreams = match node.get("upstreams").map(|upstreams| &upstreams.value) {
        None => Some(BTreeMap::new()),
        Some(Value::Table(upstreams)) => {
            let shown = |upstream: &Node| Shown {
                token: upstream.get("bearer_token").is_some(),
                certificate: upstream.get("client_cert_file").is_some(),
            };
            Some(upstreams.iter().map(|(name, upstream)| (name.clone(), shown(upstream))).collect())
        }
        Some(_) => None,
    };
    Allowance { enabled: is_enabled(node), process, upstreams }
}

fn mode(node: &Node) -> HookMode {
    if !is_enabled(node) {
        return HookMode::Off;
    }
    let modes = [HookMode::Audit, HookMode::Off];
    let written = |mode: &HookMode| node.get("mode").is_some_and(|node| is_text(node, mode.as_str()));
    modes.into_iter().find(written).unwrap_or(HookMode::Enforce)
}

fn is_enabled(node: &Node) -> bool {
    node.get("enabled").is_none_or(|enabled| !matches!(enabled.value, Value::Boolean(false)))
}

fn is_text(node: &Node, wanted: &str) -> bool {
    matches!(&node.value, Value::Text(text) if text == wanted)
}

fn entries(node: Option<&Node>) -> impl Iterator<Item = (&String, &Node)> {
    let table = node.and_then(|node| match &node.value {
        Value::Table(entries) => Some(entries),
        _ => None,
    });
    table.into_iter().flatten()
}

fn items(node: Option<&Node>) -> impl Iterator<Item = &Node> {
    let list = node.and_then(|node| match &node.value {
        Value::Array(items) => Some(items),
        _ => None,
    });
    list.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn what_is_wrong_takes_nothing_away_and_what_is_absent_does() {
        let text = "
            [provisioners.a]
            grants = 'process'
            upstreams = 7
            enabled = 'no'
            [provisioners.b]
            enabled = false
            upstreams.x.url = 'http://x'
            upstreams.y.bearer_token.env = 'T'
            [[hooks]]
            name = 'h'
            mode = 'audit'
            [[hooks]]
            name = 'i'
            mode = 9
            [[hooks]]
            enabled = false
            name = 'j'
        ";
        let allowances = read(&Document::parse(Path::new("x"), text).unwrap());
        let a = Allowance { enabled: true, process: true, upstreams: None };
        let shown = |token| Shown { token, certificate: false };
        let upstreams = BTreeMap::from([("x".to_owned(), shown(false)), ("y".to_owned(), shown(true))]);
        let b = Allowance { enabled: false, process: false, upstreams: Some(upstreams) };
        assert_eq!(allowances.provisioners, BTreeMap::from([("a".to_owned(), a), ("b".to_owned(), b)]));
        let modes = [("h", HookMode::Audit), ("i", HookMode::Enforce), ("j", HookMode::Off)];
        assert_eq!(allowances.hooks, modes.map(|(name, mode)| (name.to_owned(), mode)).into());
    }
}
