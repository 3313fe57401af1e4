//! Writes a [`TestDaemon`]'s directory: configuration, templates, plugins.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::{TestDaemon, write_whole};
use crate::bin_path;
use crate::fake_manager::{Dialect, FakeManager};

/// Collects what a test's daemon is configured with. TOML text is taken as it is, so that a
/// test can write what is wrong as well.
#[derive(Debug, Default)]
#[must_use = "nothing is written until `start` or `prepare` is called"]
pub struct Builder {
    server: String,
    default_provisioner: Option<String>,
    provisioners: Vec<(String, String)>,
    hooks: Vec<String>,
    more: String,
    templates: Vec<(String, String)>,
    guests: Vec<String>,
    environment: Vec<(String, String)>,
    needed_plugins: Vec<&'static str>,
    program: Option<PathBuf>,
}

impl Builder {
    /// Lines for `[server]`, beside `listen` and `data_dir`.
    pub fn server(mut self, lines: &str) -> Self {
        self.server.push_str(lines);
        self.server.push('\n');
        self
    }

    /// A table `[provisioners.NAME]` with these lines. The first one becomes the default.
    pub fn provisioner(mut self, name: &str, lines: &str) -> Self {
        self.default_provisioner.get_or_insert_with(|| name.to_owned());
        self.provisioners.push((name.to_owned(), lines.to_owned()));
        self
    }

    /// `[defaults] provisioner`.
    pub fn default_provisioner(mut self, name: &str) -> Self {
        self.default_provisioner = Some(name.to_owned());
        self
    }

    /// A `[[hooks]]` entry with these lines.
    pub fn hook(mut self, lines: &str) -> Self {
        self.hooks.push(lines.to_owned());
        self
    }

    /// A file `templates/NAME.toml`.
    pub fn template(mut self, name: &str, text: &str) -> Self {
        self.templates.push((name.to_owned(), text.to_owned()));
        self
    }

    /// Text for the end of the configuration: any other tables.
    pub fn toml(mut self, text: &str) -> Self {
        self.more.push_str(text);
        self.more.push('\n');
        self
    }

    /// A variable of the daemon's environment.
    pub fn environment(mut self, key: &str, value: &str) -> Self {
        self.environment.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Another program in the daemon's place: for the harness's own tests.
    pub fn program(mut self, path: impl Into<PathBuf>) -> Self {
        self.program = Some(path.into());
        self
    }

    /// Copies the test plugin `target/test-plugins/NAME.wasm` to `plugins/NAME.wasm`.
    pub fn guest(mut self, name: &str) -> Self {
        self.guests.push(name.to_owned());
        self
    }

    /// The provisioner `local`, and a template `demo` that runs `demo-server` with it.
    pub fn local(mut self) -> Self {
        self.needed_plugins.push("local");
        let server = bin_path::demo_server();
        let demo = format!(
            "name = \"demo\"\ndescription = \"The demo server\"\nport = 8000\ncommand = [{}]\n",
            quoted(&server.display().to_string())
        );
        self.template("demo", &demo)
            .provisioner("local", "plugin = \"plugins/local.wasm\"\ngrants = [\"process\"]")
    }

    /// The provisioner `go-mcp-manager` with this fake behind it, and a template `demo`: in
    /// the image dialect from a file, in the templates dialect the fake's own.
    pub fn manager(mut self, manager: &FakeManager) -> Self {
        self.needed_plugins.push("go-mcp-manager");
        if manager.dialect() == Dialect::Image {
            let demo = "name = \"demo\"\nimage = \"registry.example/demo:1\"\nport = 8000\n";
            self = self.template("demo", demo);
        }
        let lines = format!(
            "plugin = \"plugins/go-mcp-manager.wasm\"\nupstreams.manager = {{ url = {} }}",
            quoted(&manager.url())
        );
        self.provisioner("go-mcp-manager", &lines)
    }

    /// The configuration this makes.
    pub fn config(&self) -> String {
        let mut text = format!("[server]\nlisten = \"127.0.0.1:0\"\ndata_dir = \"data\"\n{}\n", self.server);
        let mut add = |part: std::fmt::Arguments<'_>| text.write_fmt(part).expect("a string takes all");
        if let Some(name) = &self.default_provisioner {
            add(format_args!("[defaults]\nprovisioner = {}\n\n", quoted(name)));
        }
        for (name, lines) in &self.provisioners {
            add(format_args!("[provisioners.{name}]\n{lines}\n\n"));
        }
        for lines in &self.hooks {
            add(format_args!("[[hooks]]\n{lines}\n\n"));
        }
        add(format_args!("[templates]\ndir = \"templates\"\n\n{}", self.more));
        text
    }

    /// Writes the directory and starts nothing.
    ///
    /// # Panics
    /// When a plugin it needs has not been built, with the command that builds it.
    pub fn prepare(self) -> TestDaemon {
        let dir = tempfile::Builder::new()
            .prefix("wharfinger-test-")
            .tempdir()
            .expect("a temporary directory can be made");
        let root = dir.path();
        for folder in ["templates", "plugins", "tmp"] {
            fs::create_dir(root.join(folder)).expect("an empty directory takes a folder");
        }
        write_whole(&root.join("wharfinger.toml"), self.config().as_bytes());
        for (name, text) in &self.templates {
            write_whole(&root.join(format!("templates/{name}.toml")), text.as_bytes());
        }
        for plugin in shipped_plugins() {
            copy_into(&plugin, &root.join("plugins"));
        }
        for name in &self.needed_plugins {
            assert!(
                root.join(format!("plugins/{name}.wasm")).is_file(),
                "config/plugins/{name}.wasm is missing: `cargo xtask test` builds it before the tests"
            );
        }
        for name in &self.guests {
            copy_into(&test_plugin(name), &root.join("plugins"));
        }
        TestDaemon::new(dir, self.program, self.environment)
    }

    /// Writes the directory, starts the daemon and waits until it is ready.
    pub async fn start(self) -> TestDaemon {
        let mut daemon = self.prepare();
        daemon.start().await;
        daemon
    }
}

/// A TOML basic string; JSON's escapes are the same.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn shipped_plugins() -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(bin_path::workspace_root().join("config/plugins")) else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm"))
        .collect()
}

fn test_plugin(name: &str) -> PathBuf {
    let path = bin_path::test_plugin(name);
    assert!(path.is_file(), "{} is missing: `cargo xtask test` builds it before the tests", path.display());
    path
}

fn copy_into(file: &Path, folder: &Path) {
    let name = file.file_name().expect("a plugin is a file");
    fs::copy(file, folder.join(name))
        .unwrap_or_else(|error| panic!("cannot copy {}: {error}", file.display()));
}
