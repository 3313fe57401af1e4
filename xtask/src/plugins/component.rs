//! A core module becomes a component, and is checked before anything is written.

use anyhow::{Context, Result, bail};
use wit_component::{ComponentEncoder, DecodedWasm};

/// A valid component of one of our worlds.
pub(super) struct Component {
    /// The file's content.
    pub(super) bytes: Vec<u8>,
    /// `hook` or `provisioner`.
    pub(super) kind: &'static str,
    /// What it asks of its host, sorted: our own interfaces, and packages of WASI.
    pub(super) imports: Vec<String>,
}

impl Component {
    /// Encodes and validates. Interfaces that the code never calls are not imported.
    pub(super) fn from_module(module: &[u8]) -> Result<Self> {
        let bytes = ComponentEncoder::default()
            .validate(true)
            .module(module)
            .and_then(|encoder| encoder.encode())
            .context("the module cannot be made a component")?;
        Self::check(bytes)
    }

    /// Takes what another compiler made.
    pub(super) fn check(bytes: Vec<u8>) -> Result<Self> {
        let DecodedWasm::Component(resolve, world) = wit_component::decode(&bytes)? else {
            bail!("the result is no component");
        };
        let world = &resolve.worlds[world];
        let exports: Vec<String> =
            world.exports.keys().map(|key| short(&resolve.name_world_key(key))).collect();
        let mut imports: Vec<String> =
            world.imports.keys().map(|key| short(&resolve.name_world_key(key))).collect();
        imports.sort();
        // One package, several interfaces.
        imports.dedup();
        Ok(Self { kind: kind(&exports, &imports)?, bytes, imports })
    }
}

/// What a daemon would refuse is refused here already, where its author sees it.
fn kind(exports: &[String], imports: &[String]) -> Result<&'static str> {
    let has = |name: &str| exports.iter().any(|export| export == name);
    if !has("info") {
        bail!("it does not export `info`: is export_provisioner! or export_hook! missing?");
    }
    match (has("provisioner"), has("hook")) {
        (true, false) => Ok("provisioner"),
        (false, true) => {
            let foreign = |name: &&String| name.starts_with("wasi:") || name.as_str() == "process";
            match imports.iter().find(foreign) {
                Some(import) => {
                    bail!("a hook has neither network nor processes, but this one uses `{import}`")
                }
                None => Ok("hook"),
            }
        }
        _ => bail!("it must export either `provisioner` or `hook`"),
    }
}

fn short(name: &str) -> String {
    let name = name.split('@').next().unwrap_or(name);
    // Of WASI the package is enough: other languages' compilers import most of its interfaces.
    let name = if name.starts_with("wasi:") { name.split('/').next().unwrap_or(name) } else { name };
    name.strip_prefix("wharfinger:plugin/").unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn names_are_shown_without_package_and_version() {
        assert_eq!(short("wharfinger:plugin/log@0.1.0"), "log");
        assert_eq!(short("wasi:http/types@0.2.6"), "wasi:http");
    }

    #[test]
    fn a_hook_with_a_network_is_refused() {
        assert_eq!(kind(&names(&["info", "hook"]), &names(&["log", "settings", "types"])).unwrap(), "hook");
        assert!(kind(&names(&["info", "hook"]), &names(&["wasi:http/types"])).is_err());
        assert!(kind(&names(&["info", "hook"]), &names(&["process"])).is_err());
    }

    #[test]
    fn a_component_of_no_kind_or_of_two_is_refused() {
        assert!(kind(&names(&["info"]), &[]).is_err());
        assert!(kind(&names(&["hook"]), &[]).is_err());
        assert!(kind(&names(&["info", "hook", "provisioner"]), &[]).is_err());
        assert_eq!(kind(&names(&["info", "provisioner"]), &names(&["process"])).unwrap(), "provisioner");
    }

    #[test]
    fn bytes_that_are_no_module_are_refused() {
        assert!(Component::from_module(b"no wasm").is_err());
    }
}
