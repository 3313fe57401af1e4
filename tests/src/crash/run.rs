//! Rounds: start, load, kill.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, RwLock, mpsc, watch};
use tokio::task::JoinSet;

use super::census::Census;
use super::check::check;
use super::client::Client;
use super::watcher::{self, Seen};
use super::wrong::Wrong;
use crate::bin_path;
use crate::daemon::TestDaemon;

const CLIENTS: usize = 4;
/// Everything is held against everything every so many rounds, and in the end.
const ROUNDS_PER_CHECK: u32 = 10;
/// A round lasts any time up to this; a start that is struck, any time up to that.
const LONGEST_ROUND: u64 = 600;
const LONGEST_START: u64 = 500;
/// Between two requests of a client, at most.
const PAUSE: u64 = 15;

/// What is to be done.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Kills.
    pub rounds: u32,
    /// Decides what is asked and when it is killed.
    pub seed: u64,
}

/// How it went.
#[derive(Debug, Default)]
pub struct Report {
    /// Kills.
    pub rounds: u32,
    /// Kills before the daemon was ready.
    pub in_start_up: u32,
    /// Servers that were killed.
    pub servers_killed: u32,
    /// Requests that were accepted.
    pub accepted: u64,
    /// Requests whose answer did not come.
    pub unanswered: u64,
    /// Events, each seen once and in order.
    pub events: u64,
    /// From a kill to the rest of everything, the start included, shortest first.
    pub rests: Vec<Duration>,
    /// What must not be, and where its data is.
    pub wrong: Option<(Wrong, PathBuf)>,
}

impl Report {
    /// The time that `percent` of all rests do not exceed.
    pub fn rest(&self, percent: usize) -> Duration {
        let last = self.rests.len().saturating_sub(1);
        self.rests.get((last * percent).div_ceil(100)).copied().unwrap_or_default()
    }
}

/// Runs it. `say` hears of the progress, a line at a time. The data stays where it is if something
/// is wrong.
pub async fn run(plan: Plan, mut say: impl FnMut(String)) -> Report {
    let mut daemon = prepare();
    say(format!("data in {}", daemon.dir().display()));
    let mut report = Report { rounds: plan.rounds, ..Report::default() };
    let mut harbour = Harbour::new(plan.seed);
    let ended = harbour.rounds(plan, &mut daemon, &mut report, &mut say).await;
    report.rests.sort_unstable();
    report.events = harbour.seen.last();
    for client in &harbour.clients {
        let client = client.lock().await;
        report.accepted += client.ledger.accepted;
        report.unanswered += client.ledger.unanswered;
    }
    match ended {
        Ok(()) => daemon.keep(false),
        Err(wrong) => report.wrong = Some((wrong, daemon.dir().to_owned())),
    }
    report
}

/// Quick to notice and to try again, so that much happens in a round.
fn prepare() -> TestDaemon {
    let server = bin_path::demo_server();
    let quick =
        format!("name = \"quick\"\nport = 8000\ncommand = [{server:?}]\n[health]\ninterval = \"1s\"\n");
    let broken = "name = \"broken\"\nport = 1\ncommand = [\"/bin/sh\", \"-c\", \"exit 7\"]\n";
    let config = format!(
        "[reconcile]\nsettle = \"500ms\"\n\
         [recovery]\nbase = \"50ms\"\ncap = \"500ms\"\nmax_attempts = {}\nstable_after = \"1s\"\n\
         [store]\nevents = 100000000\n",
        super::MAX_ATTEMPTS
    );
    let daemon = TestDaemon::builder().local().template("quick", &quick).template("broken", broken);
    let mut daemon = daemon.toml(&config).prepare();
    daemon.keep(true);
    daemon
}

/// The clients, and what they share.
struct Harbour {
    clients: Vec<Arc<Mutex<Client>>>,
    /// Closed while nothing may be asked.
    gate: Arc<RwLock<()>>,
    base: watch::Sender<Option<String>>,
    seen: Seen,
    wrong: mpsc::Receiver<Wrong>,
    random: fastrand::Rng,
    /// Ends with this.
    _tasks: JoinSet<()>,
}

impl Harbour {
    fn new(seed: u64) -> Self {
        let (base, listening) = watch::channel(None);
        let (say_wrong, wrong) = mpsc::channel(CLIENTS + 1);
        let gate = Arc::new(RwLock::new(()));
        let mut random = fastrand::Rng::with_seed(seed);
        let seen = Seen::default();
        let mut tasks = JoinSet::new();
        let clients: Vec<_> =
            (0..CLIENTS).map(|number| Arc::new(Mutex::new(Client::new(number, random.u64(..))))).collect();
        for client in &clients {
            let work = ask_on(Arc::clone(client), Arc::clone(&gate), listening.clone(), random.fork());
            let say_wrong = say_wrong.clone();
            // Nobody listens any more when the run is over.
            tasks.spawn(async move { drop(say_wrong.send(work.await).await) });
        }
        let watching = watcher::watch(seen.clone(), listening);
        tasks.spawn(async move { drop(say_wrong.send(watching.await).await) });
        Self { clients, gate, base, seen, wrong, random, _tasks: tasks }
    }

    async fn rounds(
        &mut self,
        plan: Plan,
        daemon: &mut TestDaemon,
        report: &mut Report,
        say: &mut impl FnMut(String),
    ) -> Result<(), Wrong> {
        for round in 1..=plan.rounds {
            let killed = Instant::now();
            daemon.launch();
            let is_checked = round % ROUNDS_PER_CHECK == 0;
            if !is_checked && self.random.u8(..6) == 0 {
                self.sleep_up_to(LONGEST_START).await;
                report.in_start_up += 1;
            } else {
                daemon.until_ready().await;
                if is_checked {
                    let running = self.check(daemon, killed, report).await?;
                    say(format!(
                        "round {round:>4}: {running} run, {} events, at rest {:.1?} after the kill",
                        self.seen.last(),
                        report.rests.last().copied().unwrap_or_default()
                    ));
                }
                self.open(daemon);
                self.sleep_up_to(LONGEST_ROUND).await;
            }
            self.kill(daemon);
            let census = Census::take(daemon);
            census.judge()?;
            if self.random.u8(..4) == 0 {
                report.servers_killed += u32::from(census.kill_one(&mut self.random));
            }
            if let Ok(wrong) = self.wrong.try_recv() {
                return Err(wrong);
            }
        }
        let killed = Instant::now();
        daemon.start().await;
        self.check(daemon, killed, report).await?;
        self.kill(daemon);
        Ok(())
    }

    /// Holds everything against everything, while no client asks for anything.
    async fn check(
        &mut self,
        daemon: &TestDaemon,
        killed: Instant,
        report: &mut Report,
    ) -> Result<usize, Wrong> {
        let _closed = Arc::clone(&self.gate).write_owned().await;
        self.open(daemon);
        let mut clients = Vec::new();
        for client in &self.clients {
            clients.push(client.lock().await);
        }
        let rest = {
            let mut clients: Vec<&mut Client> = clients.iter_mut().map(|client| &mut **client).collect();
            check(daemon, &mut clients, &self.seen).await?
        };
        report.rests.push(rest.at - killed);
        self.wrong.try_recv().map_or(Ok(rest.running), Err)
    }

    fn open(&self, daemon: &TestDaemon) {
        self.base.send_replace(Some(daemon.url("")));
    }

    /// Requests are under way while it is killed.
    fn kill(&self, daemon: &mut TestDaemon) {
        daemon.kill9();
        self.base.send_replace(None);
    }

    async fn sleep_up_to(&mut self, longest: u64) {
        tokio::time::sleep(Duration::from_millis(self.random.u64(..longest))).await;
    }
}

/// Asks one thing after the other while there is a daemon and the gate is open. Ends only when
/// something is wrong.
async fn ask_on(
    client: Arc<Mutex<Client>>,
    gate: Arc<RwLock<()>>,
    mut base: watch::Receiver<Option<String>>,
    mut random: fastrand::Rng,
) -> Wrong {
    loop {
        let open = gate.read().await;
        let at = base.borrow_and_update().clone();
        match at {
            None => {
                drop(open);
                // Whoever sends lives as long as this works.
                let _ = base.changed().await;
            }
            Some(at) => {
                if let Err(wrong) = client.lock().await.turn(&at).await {
                    return wrong;
                }
                drop(open);
                tokio::time::sleep(Duration::from_millis(random.u64(..PAUSE))).await;
            }
        }
    }
}
