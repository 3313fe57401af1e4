//! What a configuration leaves to each plugin, read from the bare document.
//!
//! What only takes away must hold at once, whatever else is wrong in the file: so this is read without
//! checking anything, and knows no complaint. A key that is not what it should be takes nothing away.

use std::collections::BTreeMap;
use std::path::Path;

use crate::domain::HookMode;
use crate::plugin::{Allowance, Allowances, ClientCertificate, CredentialSource, Left, Shown};
use crate::runtime::document::{Document, Node, Value};

/// Paths start at `base`.
pub(super) fn read(document: &Document, base: &Path) -> Allowances {
    let root = document.root();
    let provisioners: BTreeMap<_, _> =
        entries(root.get("provisioners")).map(|(name, node)| (name.clone(), allowance(node, base))).collect();
    let hooks = items(root.get("hooks")).filter_map(|node| match &node.get("name")?.value {
        Value::Text(name) => Some((name.clone(), mode(node))),
        _ => None,
    });
    // Without any, the file may be cut short.
    let names_every_provisioner = !provisioners.is_empty();
    Allowances { provisioners, names_every_provisioner, hooks: hooks.collect() }
}

fn allowance(node: &Node, base: &Path) -> Allowance {
    if !matches!(node.value, Value::Table(_)) {
        return Allowance { enabled: true, process: true, upstreams: None };
    }
    let process = match node.get("grants").map(|grants| &grants.value) {
        None => false,
        Some(Value::Array(items)) => items.iter().any(|item| is_text(item, "process")),
        Some(_) => true,
    };
    let upstreams = match node.get("upstreams").map(|upstreams| &upstreams.value) {
        None => Some(BTreeMap::new()),
        Some(Value::Table(upstreams)) => {
            let shown = |upstream: &Node| Shown {
                token: upstream.get("bearer_token").map_or(Left::Nothing, |token| left_token(token, base)),
                certificate: left_certificate(upstream, base),
            };
            Some(upstreams.iter().map(|(name, upstream)| (name.clone(), shown(upstream))).collect())
        }
        Some(_) => None,
    };
    Allowance { enabled: is_enabled(node), process, upstreams }
}

fn left_token(token: &Node, base: &Path) -> Left<CredentialSource> {
    match (token.get("env").map(text), token.get("file").map(text)) {
        (Some(Some(variable)), None) => Left::This(CredentialSource::Variable(variable.to_owned())),
        (None, Some(Some(file))) => Left::This(CredentialSource::File(base.join(file))),
        _ => Left::Unclear,
    }
}

fn left_certificate(upstream: &Node, base: &Path) -> Left<ClientCertificate> {
    match (upstream.get("client_cert_file").map(text), upstream.get("client_key_file").map(text)) {
        (None, _) => Left::Nothing,
        (Some(Some(chain)), Some(Some(key))) => {
            Left::This(ClientCertificate { chain: base.join(chain), key: base.join(key) })
        }
        _ => Left::Unclear,
    }
}

fn text(node: &Node) -> Option<&str> {
    match &node.value {
        Value::Text(text) => Some(text),
        _ => None,
    }
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
    text(node) == Some(wanted)
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
            upstreams.z.bearer_token.file = 't'
            upstreams.z.client_cert_file = '/c'
            upstreams.z.client_key_file = 'k'
            upstreams.u.bearer_token = 7
            upstreams.u.client_cert_file = 'c'
            [provisioners]
            c = 7
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
        let allowances = read(&Document::parse(Path::new("x"), text).unwrap(), Path::new("/base"));
        let a = Allowance { enabled: true, process: true, upstreams: None };
        let none = Shown { token: Left::Nothing, certificate: Left::Nothing };
        let variable = Left::This(CredentialSource::Variable("T".to_owned()));
        let file = Left::This(CredentialSource::File("/base/t".into()));
        let certificate = Left::This(ClientCertificate { chain: "/c".into(), key: "/base/k".into() });
        let upstreams = [
            ("x", none.clone()),
            ("y", Shown { token: variable, ..none }),
            ("z", Shown { token: file, certificate }),
            ("u", Shown { token: Left::Unclear, certificate: Left::Unclear }),
        ];
        let upstreams = upstreams.map(|(name, shown)| (name.to_owned(), shown));
        let b = Allowance { enabled: false, process: false, upstreams: Some(upstreams.into()) };
        let all = [("a".to_owned(), a.clone()), ("b".to_owned(), b), ("c".to_owned(), a)];
        assert_eq!(allowances.provisioners, all.into());
        assert!(allowances.names_every_provisioner);
        let modes = [("h", HookMode::Audit), ("i", HookMode::Enforce), ("j", HookMode::Off)];
        assert_eq!(allowances.hooks, modes.map(|(name, mode)| (name.to_owned(), mode)).into());
        for cut in ["", "[provisioners]", "provisioners = 7", "[[hooks]]"] {
            let cut = read(&Document::parse(Path::new("x"), cut).unwrap(), Path::new("/base"));
            assert!(!cut.names_every_provisioner);
        }
    }
}
