//! Guests for tests: core WebAssembly in text, made a component by the interfaces of `wit/v0.1`.
//!
//! A guest answers every function with zeroes, which the canonical ABI reads as an empty success
//! (`created` without a workload, `absent`, `allow`, no pages), except `describe`. A test gives the
//! body of the function it is about.

use std::path::{Path, PathBuf};

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// A guest to be made.
pub(super) struct TestGuest {
    kind: &'static str,
    name: String,
    imports: &'static str,
    world: &'static str,
    items: String,
    bodies: Vec<(&'static str, String)>,
}

/// Answers with zeroes.
const EMPTY: &str = "i32.const 512";

impl TestGuest {
    pub(super) fn provisioner() -> Self {
        Self::new("provisioner")
    }

    pub(super) fn hook() -> Self {
        Self::new("hook")
    }

    fn new(kind: &'static str) -> Self {
        Self {
            kind,
            name: "test".to_owned(),
            imports: "",
            world: "",
            items: String::new(),
            bodies: Vec::new(),
        }
    }

    /// What it calls itself.
    pub(super) fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// The body of a function: it leaves the address of the answer.
    pub(super) fn body(mut self, function: &'static str, body: &str) -> Self {
        self.bodies.push((function, body.to_owned()));
        self
    }

    /// Imports: as core text, and as items of the world.
    pub(super) fn importing(mut self, core: &'static str, world: &'static str) -> Self {
        (self.imports, self.world) = (core, world);
        self
    }

    /// More items of its module: memories, tables, functions.
    pub(super) fn with(mut self, items: &str) -> Self {
        self.items += items;
        self
    }

    fn text(&self) -> String {
        let functions: &[(&str, &str)] = match self.kind {
            "hook" => &[("hook#review", "(param i32)")],
            _ => &[
                ("provisioner#templates", "(param i32 i32 i32 i32 i32)"),
                ("provisioner#create", "(param i32)"),
                ("provisioner#inspect", "(param i32)"),
                ("provisioner#destroy", "(param i32)"),
                ("provisioner#owned", "(param i32 i32 i32 i32 i32 i32 i32)"),
                ("provisioner#logs", "(param i32)"),
            ],
        };
        let info = [
            ("info#describe", "(param i32 i32 i32 i32)"),
            ("info#check-settings", "(param i32 i32 i32 i32)"),
        ];
        let mut text = format!("(module {} (memory (export \"memory\") 1) {}\n", self.imports, self.items);
        for (function, parameters) in info.iter().chain(functions) {
            let short = function.split('#').next_back().unwrap_or_default();
            let given = self.bodies.iter().find(|(name, _)| *name == short).map(|(_, body)| body.as_str());
            let body = given.unwrap_or(if short == "describe" { "i32.const 16" } else { EMPTY });
            let export = function.replace('#', "@0.1.0#");
            text +=
                &format!("(func (export \"wharfinger:plugin/{export}\") {parameters} (result i32) {body})\n");
        }
        // A description at 16: the answer's payload starts 8 bytes later. Texts are at 1024.
        let words = format!("{}1.0.0{}", self.name, self.kind);
        let (name, kind) = (self.name.len(), self.kind.len());
        let pointers = [1_024, name, 1_024 + name, 5, 1_029 + name, kind];
        let bytes: String = pointers
            .iter()
            .flat_map(|&number| u32::try_from(number).unwrap().to_le_bytes())
            .map(|byte| format!("\\{byte:02x}"))
            .collect();
        text += &format!("(data (i32.const 24) \"{bytes}\") (data (i32.const 1024) \"{words}\")\n");
        // Never frees: a call's sandbox is gone before that matters.
        text += "(global $free (mut i32) (i32.const 8192))
            (func (export \"cabi_realloc\") (param i32 i32 i32 i32) (result i32)
              (global.set $free (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
              (global.get $free)
              (global.set $free (i32.add (global.get $free) (local.get 3)))))";
        text
    }

    /// The component's bytes.
    pub(super) fn component(&self) -> Vec<u8> {
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit/v0.1");
        let mut resolve = Resolve::default();
        resolve.push_dir(wit).unwrap();
        resolve
            .push_str(
                "cli.wit",
                "package wasi:cli@0.2.6; interface environment { get-arguments: func() -> list<string>; }",
            )
            .unwrap();
        let kind = self.kind;
        let world = format!(
            "package test:guest; world guest {{ {} export wharfinger:plugin/info@0.1.0; \
             export wharfinger:plugin/{kind}@0.1.0; }}",
            self.world
        );
        let package = resolve.push_str("guest.wit", &world).unwrap();
        let world = resolve.select_world(&[package], Some("guest")).unwrap();
        let mut module = wat::parse_str(self.text()).unwrap();
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).unwrap();
        ComponentEncoder::default().validate(true).module(&module).unwrap().encode().unwrap()
    }

    /// Writes the component into `folder` and says where.
    pub(super) fn write(&self, folder: &Path, file: &str) -> PathBuf {
        let path = folder.join(file);
        std::fs::write(&path, self.component()).unwrap();
        path
    }
}

/// A guest that takes memory until it gets no more.
pub(super) const GROW_FOREVER: &str =
    "(loop $more (br_if $more (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) unreachable";

/// A guest that never comes back.
pub(super) const LOOP_FOREVER: &str = "(loop $again (br $again)) unreachable";
