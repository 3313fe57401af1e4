//! The fake's containers: real `demo-server` processes.
//!
//! Podman knows what runs; the manager knows what it remembers. The quirks live in the
//! difference, so the two are kept apart here too. A container that no record points at
//! is an orphan.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::port;

/// An image that starts with this cannot be pulled.
pub(crate) const MISSING_IMAGE: &str = "missing";
/// What `podman run` exits with when it refuses: name in use, no such image, bad argument.
const REFUSED: u8 = 125;
/// What it exits with when the container was made but could not be started.
const NOT_STARTED: u8 = 126;
/// A test process that is killed cannot clean up; its workloads end by themselves after this.
const LEAK_BOUND: &str = "15m";

/// A process the fake runs as a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// The container's name, prefix included.
    pub name: String,
    /// The service name under which the manager knows it; `None` = an orphan.
    pub service: Option<String>,
    /// The process.
    pub pid: u32,
    /// Where its MCP server listens, without a path.
    pub url: String,
    /// What the create request asked for.
    pub environment: BTreeMap<String, String>,
}

impl Workload {
    /// True when the manager has lost it: no record points at it.
    pub fn is_orphan(&self) -> bool {
        self.service.is_none()
    }
}

/// What `podman run` is told.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) environment: BTreeMap<String, String>,
    /// Set when only one container may have it at a time.
    pub(crate) exclusive_port: Option<u16>,
}

#[derive(Debug)]
struct Container {
    id: String,
    run: Run,
    port: u16,
    process: Option<Child>,
    service: Option<String>,
    /// The proxy's name for it. The routes are kept in a file, so they outlive a restart.
    slug: Option<String>,
}

impl Container {
    fn is_running(&mut self) -> bool {
        matches!(self.process.as_mut().map(Child::try_wait), Some(Ok(None)))
    }
}

/// What the manager learns of a container.
#[derive(Debug, Clone)]
pub(crate) struct Inspection {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) image: String,
    pub(crate) port: u16,
    pub(crate) running: bool,
    pub(crate) slug: Option<String>,
    pub(crate) environment: BTreeMap<String, String>,
}

#[derive(Debug)]
pub(crate) struct Podman {
    server: PathBuf,
    containers: Mutex<BTreeMap<String, Container>>,
}

impl Podman {
    pub(crate) fn new(server: PathBuf) -> Self {
        Self { server, containers: Mutex::default() }
    }

    /// Makes and starts a container, or gives podman's exit status.
    pub(crate) fn run(&self, run: Run) -> Result<Inspection, u8> {
        let mut containers = self.lock();
        let good_name =
            |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
        if containers.contains_key(&run.name)
            || run.image.starts_with(MISSING_IMAGE)
            || run.environment.contains_key("")
            || !good_name(&run.name)
        {
            return Err(REFUSED);
        }
        let port_is_taken = run.exclusive_port.is_some_and(|wanted| {
            containers
                .values_mut()
                .any(|other| other.run.exclusive_port == Some(wanted) && other.is_running())
        });
        let port = port::free();
        let process = if port_is_taken { None } else { Some(self.spawn(&run, port)) };
        let name = run.name.clone();
        let container = Container { id: container_id(), run, port, process, service: None, slug: None };
        let container = containers.entry(name).or_insert(container);
        if port_is_taken { Err(NOT_STARTED) } else { Ok(inspection(container)) }
    }

    pub(crate) fn inspect(&self, name: &str) -> Option<Inspection> {
        self.lock().get_mut(name).map(inspection)
    }

    pub(crate) fn inspect_all(&self) -> Vec<Inspection> {
        self.lock().values_mut().map(inspection).collect()
    }

    /// Notes which record points at the container: bookkeeping for [`Workload::service`].
    pub(crate) fn set_service(&self, name: &str, service: Option<&str>) {
        if let Some(container) = self.lock().get_mut(name) {
            container.service = service.map(str::to_owned);
        }
    }

    pub(crate) fn set_route(&self, name: &str, slug: &str) {
        if let Some(container) = self.lock().get_mut(name) {
            container.slug = Some(slug.to_owned());
        }
    }

    /// The port behind a slug.
    pub(crate) fn routed_port(&self, slug: &str) -> Option<u16> {
        let containers = self.lock();
        containers.values().find(|other| other.slug.as_deref() == Some(slug)).map(|container| container.port)
    }

    /// Asks the process to end, and kills it after `grace`.
    pub(crate) async fn stop(&self, name: &str, grace: Duration) {
        let deadline = tokio::time::Instant::now() + grace;
        if let Some(Container { process: Some(process), .. }) = self.lock().get_mut(name) {
            // A process that is gone already is as good as one that was told.
            let _ = kill_process(pid_of(process), Signal::TERM);
        }
        while self.inspect(name).is_some_and(|container| container.running) {
            if tokio::time::Instant::now() >= deadline {
                self.kill(name);
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Ends the process without asking; the container stays, stopped.
    pub(crate) fn kill(&self, name: &str) -> bool {
        self.lock().get_mut(name).is_some_and(|container| match &mut container.process {
            Some(process) => end(process),
            None => false,
        })
    }

    /// Takes the container away; false when there is none.
    pub(crate) fn remove(&self, name: &str) -> bool {
        match self.lock().remove(name) {
            Some(mut container) => {
                container.process.as_mut().map(end);
                true
            }
            None => false,
        }
    }

    /// Starts the process of a stopped container again.
    pub(crate) fn start(&self, name: &str) {
        if let Some(container) = self.lock().get_mut(name)
            && !container.is_running()
        {
            container.process = Some(self.spawn(&container.run, container.port));
        }
    }

    pub(crate) fn workloads(&self) -> Vec<Workload> {
        self.lock()
            .values_mut()
            .filter_map(|container| {
                container.is_running().then(|| Workload {
                    name: container.run.name.clone(),
                    service: container.service.clone(),
                    pid: container.process.as_ref().map_or(0, Child::id),
                    url: format!("http://127.0.0.1:{}", container.port),
                    environment: container.run.environment.clone(),
                })
            })
            .collect()
    }

    pub(crate) fn kill_all(&self) {
        for container in self.lock().values_mut() {
            container.process.as_mut().map(end);
        }
    }

    fn spawn(&self, run: &Run, port: u16) -> Child {
        Command::new(&self.server)
            // A container sees nothing of its host's environment.
            .env_clear()
            .env("DEMO_EXIT_AFTER", LEAK_BOUND)
            .envs(&run.environment)
            .env("HOST", "127.0.0.1")
            .env("PORT", port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", self.server.display()))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Container>> {
        // A panic elsewhere must not keep Drop from killing the processes.
        self.containers.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Drop for Podman {
    fn drop(&mut self) {
        self.kill_all();
    }
}

fn inspection(container: &mut Container) -> Inspection {
    Inspection {
        running: container.is_running(),
        id: container.id.clone(),
        name: container.run.name.clone(),
        image: container.run.image.clone(),
        port: container.port,
        slug: container.slug.clone(),
        environment: container.run.environment.clone(),
    }
}

/// Kills and reaps; false when it had ended before.
fn end(process: &mut Child) -> bool {
    let was_running = matches!(process.try_wait(), Ok(None));
    // Both fail only when the process has been reaped already.
    let _ = process.kill();
    let _ = process.wait();
    was_running
}

fn pid_of(process: &Child) -> Pid {
    Pid::from_child(process)
}

fn container_id() -> String {
    let part = unique();
    format!("{part:08x}").repeat(8)
}

/// A number not given before, scattered over 32 bits so that ids look as unlike as real ones.
pub(crate) fn unique() -> u32 {
    static COUNTER: AtomicU32 = AtomicU32::new(1);
    COUNTER.fetch_add(1, Ordering::Relaxed).wrapping_mul(2_654_435_761)
}
