//! A random walk of an operator who does to files whatever can be done to files, and kills the daemon
//! while it takes that up. `RELOADING_SEED=n` repeats one.
//!
//! ```text
//!  plain/one.wasm      written, renamed over, cut, deleted, with its folder
//!  volume/two.wasm     -> ..data/two.wasm, ..data -> ..N: as Kubernetes mounts it
//!  wharfinger.toml     settings of both, good and bad; also empty, and half
//!  plugins/naming.wasm of `gate`, which nobody touches: it must always hold
//! ```

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::Duration;

use rustix::process::{Signal, kill_process};
use wharfinger_tests::daemon::TestDaemon;

use super::reviews::{Reviews, Set};
use super::{SOON, reload};

const SEEDS: u64 = 5;
const STEPS: usize = 16;

/// Hooks are the end of the file, so that what is cut off is theirs.
const HOOKS: &str = "
[[hooks]]
name = \"one\"
plugin = \"plain/one.wasm\"
mode = \"audit\"
timeout = \"30s\"
settings = { pattern = \"^never$\", message = \"version 0\" }
[[hooks]]
name = \"gate\"
plugin = \"plugins/naming.wasm\"
timeout = \"30s\"
settings = { pattern = \"^good\" }
[[hooks]]
name = \"two\"
plugin = \"volume/two.wasm\"
mode = \"audit\"
timeout = \"30s\"
settings = { pattern = \"^never$\", message = \"version 0\" }
";

#[tokio::test]
async fn every_request_sees_one_whole_generation_whatever_becomes_of_the_files() {
    let one = std::env::var("RELOADING_SEED").ok();
    let seeds = match one.map(|seed| seed.parse().expect("RELOADING_SEED is a number")) {
        Some(seed) => seed..seed + 1,
        None => 0..SEEDS,
    };
    let (mut answers, mut sets) = (0, 0);
    for seed in seeds.clone() {
        eprintln!("seed {seed}");
        let reviews = Reviews::default();
        let http = reqwest::Client::builder().no_proxy().timeout(SOON).build().unwrap();
        let walk = async {
            let mut walk = Walk::begin(seed, &reviews, http.clone()).await;
            for _ in 0..STEPS {
                eprintln!("  {}", walk.step().await);
            }
            walk.end().await;
            reviews.end();
        };
        tokio::join!(
            walk,
            reviews.client(&http, "good-one"),
            reviews.client(&http, "good-two"),
            reviews.client(&http, "bad"),
        );
        eprintln!("{} answers, {} sets", reviews.answers.get(), reviews.sets());
        answers += reviews.answers.get();
        sets += reviews.sets();
    }
    // A walk in which nothing happens proves nothing.
    let walks = seeds.count();
    assert!(answers > 100 * walks && sets >= 2 * walks, "{answers} answers, {sets} sets");
}

/// What lies on the disk; none: what is there is no good.
#[derive(Debug, Clone, Copy)]
struct Disk {
    one: Option<u32>,
    two: Option<u32>,
    settings: Option<u32>,
}

impl Disk {
    fn set(self) -> Option<Set> {
        Some(Set { one: self.one?, two: self.two?, settings: self.settings? })
    }
}

struct Walk<'reviews> {
    daemon: TestDaemon,
    random: fastrand::Rng,
    reviews: &'reviews Reviews,
    http: reqwest::Client,
    disk: Disk,
    /// Of the last version of anything.
    number: u32,
    /// The configuration with version 0 of the settings.
    config: String,
}

impl<'reviews> Walk<'reviews> {
    async fn begin(seed: u64, reviews: &'reviews Reviews, http: reqwest::Client) -> Self {
        let daemon = TestDaemon::builder().local().toml(HOOKS).prepare();
        let config = daemon.config();
        let disk = Disk { one: Some(0), two: Some(0), settings: Some(0) };
        let random = fastrand::Rng::with_seed(seed);
        let mut walk = Self { daemon, random, reviews, http, disk, number: 0, config };
        walk.daemon.write_file("plain/one.wasm", reviews.component(0));
        walk.mount(&reviews.component(0));
        walk.daemon.start().await;
        walk.reviews.is_up(walk.daemon.url(""));
        walk
    }

    /// One thing that is done, in words.
    async fn step(&mut self) -> String {
        self.number += 1;
        let what = match self.random.u8(..15) {
            _ if self.disk.set().is_none() && self.random.u8(..3) == 0 => self.repair(),
            0 => self.write_in_place(),
            1 => self.write_in_two_halves().await,
            2 => self.rename_over(),
            3 => self.edit_as_editors_do().await,
            4 => self.write_what_is_there(),
            5 => self.cut(),
            6 => self.spoil(),
            7 => self.delete(),
            8 => self.make_the_folder_again().await,
            9 | 10 => self.swap_the_volume(),
            11 | 12 => self.write_settings(),
            13 => self.write_bad_settings(),
            _ => self.write_the_configuration_in_two_halves().await,
        };
        let then = match self.random.u8(..8) {
            0 | 1 => self.kill().await,
            2 => {
                reload(&self.daemon).await;
                "and asks for a look"
            }
            3 => {
                kill_process(self.daemon.pid(), Signal::HUP).unwrap();
                "and sends SIGHUP"
            }
            4 => "",
            _ => self.settle().await,
        };
        format!("{what} {then}: {:?}", self.disk)
    }

    /// Everything is repaired: it is taken up, also by the next daemon.
    async fn end(&mut self) {
        self.number += 1;
        self.disk = Disk { one: None, two: None, settings: None };
        self.repair();
        self.settle().await;
        self.kill().await;
        self.settle().await;
    }

    fn one(&self) -> PathBuf {
        self.daemon.dir().join("plain/one.wasm")
    }

    /// Something that takes a moment, or no time at all.
    async fn pause(&mut self) {
        let most = [0, 20, 150, 600][self.random.usize(..4)];
        tokio::time::sleep(Duration::from_millis(self.random.u64(..=most))).await;
    }

    /// The new version of `one`, whose folder is there.
    fn next_one(&mut self) -> Vec<u8> {
        fs::create_dir_all(self.daemon.dir().join("plain")).unwrap();
        self.disk.one = Some(self.number);
        self.reviews.component(self.number)
    }

    fn write_in_place(&mut self) -> &'static str {
        let bytes = self.next_one();
        fs::write(self.one(), bytes).unwrap();
        "writes one"
    }

    async fn write_in_two_halves(&mut self) -> &'static str {
        let bytes = self.next_one();
        let (begin, end) = bytes.split_at(self.random.usize(..bytes.len()));
        let mut file = File::create(self.one()).unwrap();
        file.write_all(begin).unwrap();
        self.pause().await;
        file.write_all(end).unwrap();
        "writes one in two halves"
    }

    fn rename_over(&mut self) -> &'static str {
        let bytes = self.next_one();
        self.daemon.write_file("plain/one.wasm", bytes);
        "renames over one"
    }

    async fn edit_as_editors_do(&mut self) -> &'static str {
        let bytes = self.next_one();
        let backup = self.one().with_extension("wasm~");
        // There may be nothing to keep.
        let _ = fs::rename(self.one(), &backup);
        self.pause().await;
        fs::write(self.one(), bytes).unwrap();
        let _ = fs::remove_file(backup);
        "moves one away and writes it"
    }

    /// What is no good is replaced.
    fn repair(&mut self) -> &'static str {
        if self.disk.one.is_none() {
            self.rename_over();
        }
        if self.disk.two.is_none() {
            self.disk.two = Some(self.number);
            self.mount(&self.reviews.component(self.number));
        }
        if self.disk.settings.is_none() {
            self.write_settings();
        }
        "repairs"
    }

    fn write_what_is_there(&mut self) -> &'static str {
        if let Ok(bytes) = fs::read(self.one()) {
            self.daemon.write_file("plain/one.wasm", bytes);
        }
        "writes one as it is"
    }

    fn cut(&mut self) -> &'static str {
        if let Ok(file) = File::options().write(true).open(self.one()) {
            let length = file.metadata().unwrap().len();
            // Not so late that all of the code is left.
            file.set_len(self.random.u64(..=length / 2)).unwrap();
            self.disk.one = None;
        }
        "cuts one"
    }

    fn spoil(&mut self) -> &'static str {
        let bad: [&[u8]; 3] = [b"no component", b"\0asm\x01\0\0\0", b"\0asm\x0d\0\x01\0and nothing good"];
        let bad = bad[self.random.usize(..3)];
        self.daemon.write_file("plain/one.wasm", bad);
        self.disk.one = None;
        "spoils one"
    }

    fn delete(&mut self) -> &'static str {
        // It may be gone already.
        let _ = fs::remove_file(self.one());
        self.disk.one = None;
        "deletes one"
    }

    async fn make_the_folder_again(&mut self) -> &'static str {
        // It may be gone already.
        let _ = fs::remove_dir_all(self.daemon.dir().join("plain"));
        self.pause().await;
        let bytes = self.next_one();
        self.pause().await;
        fs::write(self.one(), bytes).unwrap();
        "makes the folder of one again"
    }

    fn swap_the_volume(&mut self) -> &'static str {
        let good = self.random.u8(..4) > 0;
        let bytes = if good { self.reviews.component(self.number) } else { b"\0asm\x0d\0\x01\0".to_vec() };
        self.mount(&bytes);
        self.disk.two = good.then_some(self.number);
        "swaps the volume of two"
    }

    /// As the kubelet does: a new folder, the link to it renamed over the old one, the old folder removed.
    fn mount(&self, content: &[u8]) {
        let volume = self.daemon.dir().join("volume");
        let folder = format!("..{}", self.number);
        fs::create_dir_all(volume.join(&folder)).unwrap();
        fs::write(volume.join(&folder).join("two.wasm"), content).unwrap();
        let before = fs::read_link(volume.join("..data")).ok();
        symlink(&folder, volume.join("..data_tmp")).unwrap();
        fs::rename(volume.join("..data_tmp"), volume.join("..data")).unwrap();
        match before {
            Some(before) => fs::remove_dir_all(volume.join(before)).unwrap(),
            None => symlink("..data/two.wasm", volume.join("two.wasm")).unwrap(),
        }
    }

    /// The configuration with the new version of the settings.
    fn next_config(&self) -> String {
        self.config.replace("version 0", &format!("version {}", self.number))
    }

    fn write_settings(&mut self) -> &'static str {
        self.disk.settings = Some(self.number);
        self.daemon.write_config(&self.next_config());
        "writes settings"
    }

    fn write_bad_settings(&mut self) -> &'static str {
        self.disk.settings = None;
        let config = self.next_config();
        let (begin, end) = config.split_at(config.rfind("^never$").unwrap());
        self.daemon.write_config(&format!("{begin}{}", end.replace("^never$", "(")));
        "writes bad settings"
    }

    /// Half of it is no TOML, and none of it is no configuration: what is half and good is read as it is.
    async fn write_the_configuration_in_two_halves(&mut self) -> &'static str {
        self.disk.settings = Some(self.number);
        let config = self.next_config();
        let last = config.rfind("settings").unwrap() + "settings = {".len();
        let at = if self.random.bool() { 0 } else { self.random.usize(last..config.rfind('}').unwrap()) };
        let (begin, end) = config.split_at(at);
        let mut file = File::create(self.daemon.config_path()).unwrap();
        file.write_all(begin.as_bytes()).unwrap();
        self.pause().await;
        file.write_all(end.as_bytes()).unwrap();
        "writes the configuration in two halves"
    }

    /// Kills the daemon in whatever it is doing, starts it, and sometimes kills it while it starts.
    async fn kill(&mut self) -> &'static str {
        self.pause().await;
        self.reviews.goes_down();
        self.daemon.kill9();
        if self.random.u8(..3) == 0 {
            self.daemon.launch();
            self.pause().await;
            self.daemon.kill9();
        }
        self.daemon.start().await;
        self.reviews.is_up(self.daemon.url(""));
        "and kills the daemon"
    }

    /// Waits until what lies on the disk serves, or is refused.
    async fn settle(&mut self) -> &'static str {
        let Some(wanted) = self.disk.set() else {
            self.daemon
                .until("/mcp/plugins", |body| {
                    body["plugins"].as_array().unwrap().iter().any(|one| one["state"] == "refused")
                })
                .await;
            return "and sees it refused";
        };
        let serves = async || self.reviews.ask(&self.http, "good-walk").await == Some(wanted);
        self.daemon.eventually(&format!("{wanted:?} serves"), serves).await;
        "and sees it serve"
    }
}
