use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::{Catalog, CatalogEntry, Options, Source};
use crate::domain::{
    Failure, FailureKind, HealthPolicy, Observation, OwnerId, PluginIdentity, ProvisionerName, Secrets,
    Target, Template, TemplateName, Timestamp,
};
use crate::extension::{
    CreateOrder, Creation, ExtensionSet, Extensions, LogsPage, LogsRequest, OwnedPage, Provisioner,
    ProvisionerEntry, ProvisionerStanding, Reach,
};
use crate::runtime::document::Complaints;
use crate::runtime::{Clock, Shutdown, Tasks};

/// Answers with what the test puts in.
#[derive(Default)]
struct Backend(Mutex<Option<Result<Vec<Template>, Failure>>>);

#[async_trait]
impl Provisioner for Backend {
    async fn templates(&self) -> Result<Vec<Template>, Failure> {
        let answer = self.0.lock().unwrap().clone();
        match answer {
            Some(answer) => answer,
            None => std::future::pending().await,
        }
    }

    async fn create(&self, _: &CreateOrder) -> Result<Creation, Failure> {
        unreachable!("the catalogue creates nothing")
    }

    async fn inspect(&self, _: &Target, _: &Secrets) -> Result<Observation, Failure> {
        unreachable!("the catalogue inspects nothing")
    }

    async fn destroy(&self, _: &Target, _: &Secrets) -> Result<bool, Failure> {
        unreachable!("the catalogue destroys nothing")
    }

    async fn owned(&self, _: OwnerId, _: Option<String>) -> Result<OwnedPage, Failure> {
        unreachable!("the catalogue looks for nothing")
    }

    async fn logs(&self, _: &Target, _: LogsRequest, _: &Secrets) -> Result<LogsPage, Failure> {
        unreachable!("the catalogue reads no logs")
    }

    fn reach(&self) -> Reach {
        Reach { reachable: None, since: None, in_flight: 0 }
    }
}

struct Set(Arc<ExtensionSet>);

impl Extensions for Set {
    fn current(&self) -> Arc<ExtensionSet> {
        Arc::clone(&self.0)
    }
}

#[derive(Default)]
struct TestClock(Mutex<i64>);

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(*self.0.lock().unwrap())
    }
}

struct World {
    folder: tempfile::TempDir,
    one: Arc<Backend>,
    two: Arc<Backend>,
    clock: Arc<TestClock>,
    tasks: Tasks,
    shutdown: Shutdown,
}

impl World {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Self {
            folder,
            one: Arc::default(),
            two: Arc::default(),
            clock: Arc::default(),
            tasks: Tasks::default(),
            shutdown: Shutdown::new(),
        }
    }

    fn start(&self) -> Result<Catalog, Complaints> {
        let entry = |name: &str, backend: &Arc<Backend>| {
            let name: ProvisionerName = name.parse().unwrap();
            let plugin = PluginIdentity { name: "test".to_owned(), digest: String::new() };
            let provisioner: Arc<dyn Provisioner> = backend.clone();
            let entry = ProvisionerEntry {
                name: name.clone(),
                plugin,
                identities: Vec::new(),
                standing: ProvisionerStanding::Serving,
                capabilities: Vec::new(),
                endpoints: Vec::new(),
                provisioner,
            };
            (name, entry)
        };
        let set = ExtensionSet {
            generation: 1,
            provisioners: BTreeMap::from([entry("one", &self.one), entry("two", &self.two)]),
            hooks: Vec::new(),
            default_provisioner: "two".parse().unwrap(),
        };
        let options = Options {
            dir: self.folder.path().to_path_buf(),
            refresh: Duration::from_secs(3_600),
            max_file: 1_024,
            max_templates: 5,
        };
        let (clock, shutdown) = (self.clock.clone(), self.shutdown.clone());
        Catalog::start(options, Arc::new(Set(Arc::new(set))), clock, &self.tasks, shutdown)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn complaints(&self) -> Vec<String> {
        let prefix = format!("{}/", self.folder.path().display());
        let all = self.start().err().unwrap().to_string();
        all.lines().map(|line| line.replace(&prefix, "")).collect()
    }
}

fn get(catalog: &Catalog, name: &str) -> Option<CatalogEntry> {
    catalog.get(&name.parse::<TemplateName>().unwrap())
}

fn names(catalog: &Catalog) -> Vec<String> {
    catalog.list().iter().map(|entry| entry.template.name.to_string()).collect()
}

fn offered(name: &str, port: u16) -> Template {
    Template {
        name: name.parse().unwrap(),
        description: String::new(),
        icon: None,
        provisioner: None,
        image: None,
        command: Vec::new(),
        port,
        path: "/mcp".to_owned(),
        transport: "streamable-http".to_owned(),
        environment: BTreeMap::new(),
        labels: BTreeMap::new(),
        resources: BTreeMap::new(),
        health: HealthPolicy::default(),
        inputs: Vec::new(),
    }
}

/// Waits for what a task in the background does.
async fn until(what: impl Fn() -> bool) {
    for _ in 0..500 {
        if what() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen");
}

#[tokio::test]
async fn at_start_every_bad_file_is_told_with_all_that_is_wrong() {
    let bad = "
name = 'Bad Name'
port = 0
path = 'mcp'
transport = 'stdio'
provisioner = 'three'
command = []
ports = 1
[environment]
PORT = 1
'A B' = 'x'
WHARFINGER_OWNER = 'x'
[health]
interval = 5
[[inputs]]
name = 'X'
secret = true
default = 'x'
[[inputs]]
name = 'X'
default = 'c'
choices = ['a', 'b']
[[inputs]]
name = '1'
pattern = '('
format = 'date'
";
    let world = World::new(&[
        ("a.toml", "name = 'a'\nport = 1"),
        ("b.toml", "name = 'a'\nport = 1"),
        ("c.toml", bad),
        ("d.toml", &format!("name = 'd'\nport = 1\n{}", "#".repeat(1_024))),
        (".e.toml", "hidden"),
        ("f.txt", "something else"),
    ]);
    let folder = world.folder.path().display().to_string();
    let expected = [
        format!("b.toml: name: the template \"a\" is already in {folder}/a.toml").replace(&format!("{folder}/"), ""),
        "c.toml:2: name: template name \"Bad Name\" is not allowed: 1 to 63 characters of a-z, 0-9 and '-', first and last a letter or digit".to_owned(),
        "c.toml:3: port: 0 is not allowed: from 1 to 65535".to_owned(),
        "c.toml:4: path: \"mcp\" is not allowed: a path such as \"/mcp\", with one '/' first, without query".to_owned(),
        "c.toml:5: transport: \"stdio\" is not allowed: one of \"streamable-http\"".to_owned(),
        "c.toml:6: provisioner: \"three\" is not configured; there are: one, two".to_owned(),
        "c.toml:7: command: is empty: leave it out, or name a program".to_owned(),
        "c.toml:8: ports: unknown key; did you mean \"port\"?".to_owned(),
        "c.toml:10: environment.PORT: is a number; a text in quotes is wanted".to_owned(),
        "c.toml:11: environment.\"A B\": \"A B\" is no environment key: letters, digits and '_', no digit first".to_owned(),
        "c.toml:12: environment.WHARFINGER_OWNER: \"WHARFINGER_OWNER\" is not allowed: keys that begin with WHARFINGER_ are the daemon's own".to_owned(),
        "c.toml:14: health.interval: \"5\" is not a duration: write a whole number and a unit, such as 500ms, 30s, 5m or 24h".to_owned(),
        "c.toml:18: inputs[0].default: a secret has no default: it would be in this file for all to read".to_owned(),
        "c.toml:20: inputs[1].name: there is another input named \"X\"".to_owned(),
        "c.toml:21: inputs[1].default: \"c\" is not allowed here: it must be one of a, b".to_owned(),
        "c.toml:24: inputs[2].name: \"1\" is no environment key: letters, digits and '_', no digit first".to_owned(),
        "c.toml:25: inputs[2].pattern: \"(\" is not a regular expression: unclosed group".to_owned(),
        "c.toml:26: inputs[2].format: \"date\" is not allowed: one of \"string\", \"number\", \"boolean\", \"filepath\"".to_owned(),
        "d.toml: is larger than 1KiB, which is not allowed".to_owned(),
    ];
    assert_eq!(world.complaints(), expected);
}

#[tokio::test]
async fn a_bad_edit_is_refused_and_the_last_good_one_stays() {
    let world = World::new(&[("a.toml", "name = 'a'\nport = 1"), ("b.toml", "name = 'b'\nport = 1")]);
    let catalog = world.start().unwrap();
    *world.clock.0.lock().unwrap() = 7;
    world.write("a.toml", "name = 'a'\nprot = 2");
    world.write("b.toml", "name = 'b'\nport = 2");
    assert_eq!(catalog.read_files().len(), 2);
    assert_eq!(catalog.read_files(), [], "the same complaints are told once");
    let a = get(&catalog, "a").unwrap();
    assert_eq!((a.template.port, a.observed_at), (1, Timestamp(0)));
    assert!(a.error.unwrap().contains("did you mean \"port\"?"));
    let b = get(&catalog, "b").unwrap();
    assert_eq!((b.template.port, b.observed_at, b.error), (2, Timestamp(7), None));

    world.write("a.toml", "name = 'a'\nport = 3");
    fs::remove_file(world.folder.path().join("b.toml")).unwrap();
    catalog.reload();
    assert_eq!(names(&catalog), ["a"]);
    let a = get(&catalog, "a").unwrap();
    assert_eq!((a.template.port, a.error), (3, None));
}

#[tokio::test]
async fn a_name_stays_with_the_file_that_had_it() {
    let world = World::new(&[("b.toml", "name = 'x'\nport = 1"), ("c.toml", "name = 'y'\nport = 1")]);
    let catalog = world.start().unwrap();
    world.write("a.toml", "name = 'x'\nport = 2");
    catalog.reload();
    let x = get(&catalog, "x").unwrap();
    assert_eq!((x.template.port, x.source), (1, Source::File(world.folder.path().join("b.toml"))));

    // Two files change names with each other, and the third takes nothing from them.
    world.write("b.toml", "name = 'y'\nport = 3");
    world.write("c.toml", "name = 'z'\nport = 4");
    catalog.reload();
    assert_eq!(names(&catalog), ["x", "y", "z"]);
    assert_eq!(get(&catalog, "x").unwrap().template.port, 2);
    assert_eq!(get(&catalog, "y").unwrap().template.port, 3);
}

#[tokio::test]
async fn a_folder_that_is_gone_for_a_moment_loses_nothing() {
    let world = World::new(&[("a.toml", "name = 'a'\nport = 1")]);
    let catalog = world.start().unwrap();
    let (here, away) = (world.folder.path().to_path_buf(), world.folder.path().with_extension("away"));
    fs::rename(&here, &away).unwrap();
    let complaints = catalog.read_files();
    fs::rename(&away, &here).unwrap();
    assert_eq!(complaints.len(), 1);
    assert_eq!(names(&catalog), ["a"]);
    assert_eq!(catalog.read_files(), []);
}

#[tokio::test]
async fn an_edit_is_seen_without_being_told() {
    let world = World::new(&[("a.toml", "name = 'a'\nport = 1")]);
    let catalog = world.start().unwrap();
    world.write("b.toml", "name = 'b'\nport = 1");
    until(|| names(&catalog) == ["a", "b"]).await;
    world.shutdown.cancel();
    world.tasks.finished().await;
}

#[tokio::test]
async fn a_provisioners_templates_keep_their_age_when_it_stops_answering() {
    let world = World::new(&[("a.toml", "name = 'a'\nport = 1")]);
    *world.one.0.lock().unwrap() = Some(Ok(vec![offered("a", 2), offered("b", 2), offered("empty", 0)]));
    // `two` never answers: it holds up nobody.
    let catalog = world.start().unwrap();
    until(|| names(&catalog) == ["a", "b"]).await;
    assert_eq!(get(&catalog, "a").unwrap().template.port, 1, "the file wins");
    let b = get(&catalog, "b").unwrap();
    assert_eq!(b.source, Source::Provisioner("one".parse().unwrap()));
    assert_eq!(b.template.provisioner, Some("one".parse().unwrap()));
    assert!(b.error.unwrap().contains("1 of 3 templates were left out"));

    // Until `two` answers or times out, the round is not over; then a refresh starts the next.
    *world.clock.0.lock().unwrap() = 9;
    let mut state = catalog.lock();
    state.offers.record(
        "one".parse().unwrap(),
        Err(Failure::new(FailureKind::NotApplied, "down")),
        9,
        Timestamp(9),
    );
    state.offers.record("two".parse().unwrap(), Ok(vec![offered("b", 3)]), 9, Timestamp(9));
    catalog.publish(&state);
    drop(state);
    let b = get(&catalog, "b").unwrap();
    assert_eq!((b.template.port, b.observed_at), (3, Timestamp(9)), "the default provisioner wins");
    let mut state = catalog.lock();
    state.offers.record(
        "two".parse().unwrap(),
        Err(Failure::new(FailureKind::Unsupported, "none")),
        9,
        Timestamp(9),
    );
    catalog.publish(&state);
    drop(state);
    let b = get(&catalog, "b").unwrap();
    assert_eq!((b.template.port, b.observed_at), (2, Timestamp(0)));
    assert_eq!(b.error.as_deref(), Some("not_applied: down"));
}

#[tokio::test]
async fn a_swap_asks_again() {
    let world = World::new(&[]);
    *world.one.0.lock().unwrap() = Some(Ok(vec![offered("a", 2)]));
    *world.two.0.lock().unwrap() = Some(Ok(Vec::new()));
    let catalog = world.start().unwrap();
    until(|| names(&catalog) == ["a"]).await;
    *world.one.0.lock().unwrap() = Some(Ok(vec![offered("b", 2)]));
    catalog.refresh();
    until(|| names(&catalog) == ["b"]).await;
}

#[tokio::test]
async fn there_are_never_more_templates_than_allowed() {
    let file = |name: &str| (format!("{name}.toml"), format!("name = '{name}'\nport = 1"));
    let files: Vec<_> = ["a", "b", "c", "d", "e", "f"].map(file).into();
    let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let world = World::new(&files);
    assert!(world.complaints()[0].contains("only 5 are allowed"));
    fs::remove_file(world.folder.path().join("a.toml")).unwrap();
    let catalog = world.start().unwrap();
    *world.one.0.lock().unwrap() = Some(Ok(vec![offered("x", 2)]));
    catalog.refresh();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(names(&catalog), ["b", "c", "d", "e", "f"]);
}

#[test]
fn a_program_with_a_slash_is_relative_to_its_file() {
    let world = World::new(&[]);
    let read = |program: &str| {
        let text = format!("name = 'a'\nport = 1\ncommand = ['{program}', './x']");
        let document = crate::runtime::document::Document::parse(Path::new("a.toml"), &text).unwrap();
        let base = fs::canonicalize(world.folder.path()).unwrap();
        let template =
            document.read(|root| super::template_file::read(root, &base, &Default::default())).unwrap();
        assert_eq!(template.command[1], "./x");
        Path::new(&template.command[0])
            .strip_prefix(base.parent().unwrap())
            .map(Path::to_path_buf)
            .unwrap_or(template.command[0].clone().into())
    };
    assert_eq!(read("../bin/x"), Path::new("bin/x"));
    assert_eq!(read("/usr/bin/x"), Path::new("/usr/bin/x"));
    assert_eq!(read("npx"), Path::new("npx"));
}

#[test]
fn an_icon_is_a_small_picture_that_nobody_needs_to_fetch() {
    let read = |icon: &str| {
        let text = format!("name = 'a'\nport = 1\nicon = '{icon}'");
        let document = crate::runtime::document::Document::parse(Path::new("a.toml"), &text).unwrap();
        document.read(|root| super::template_file::read(root, Path::new("/"), &Default::default()))
    };
    let icon = "data:image/svg+xml;base64,PHN2Zy8+";
    assert_eq!(read(icon).unwrap().icon.as_deref(), Some(icon));
    let large = format!("data:image/png;base64,{}", "A".repeat(16 << 10));
    for bad in [
        "https://elsewhere.example/icon.png",
        "//elsewhere.example/icon.png",
        "icon.png",
        "data:text/html;base64,PHN2Zy8+",
        "data:image/svg+xml,<svg/>",
        "data:image/png;base64,",
        "data:image/png;base64,x\" onerror=",
        &large,
    ] {
        assert!(read(bad).unwrap_err().to_string().contains("icon"), "{bad}");
    }
}
